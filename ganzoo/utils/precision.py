"""The precision in which Keras builds a model; importing this needs no TensorFlow."""

from contextlib import contextmanager

from ganzoo.utils.options import check_known

DTYPES = ("float32", "mixed_bfloat16", "float64")
_NO_FLOAT16 = ("mixed_float16", "float16")
_WHY_NOT = (
    "float16 needs a scaled loss, which leaves out the steps that overflow: a run "
    "would not resume exactly, and under several replicas Keras looks for the "
    "overflow on the first alone. Use mixed_bfloat16, which needs none."
)


def checked(dtype: str | None) -> str:
    """Returns a name of `DTYPES`: `dtype`, or Keras' policy where that is None.

    Raises:
        ValueError: another dtype.
    """
    if dtype is None:
        import keras

        dtype = keras.config.dtype_policy().name
    if dtype in _NO_FLOAT16:
        raise ValueError(f"{_WHY_NOT} Received: dtype={dtype!r}.")
    check_known("dtype", [dtype], DTYPES)
    return dtype


@contextmanager
def policy(dtype: str):
    """Lets Keras build in `dtype` within the block."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
