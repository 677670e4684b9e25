"""Door: the one place that checks and converts the data of a model."""

import numpy as np
import tensorflow as tf

from ganzoo.data.batch_spec import BatchSpec, as_dict
from ganzoo.data.pipeline import stream_of, without_autotune
from ganzoo.utils.options import check_whole


class Door:
    """Checks arrays as a whole, and data sets batch by batch.

    The batches of a data set arrive while TensorFlow runs. It turns the error of a
    refused batch into its own or, with several replicas, takes it for the end of the
    data. As a context manager, a door raises the `ValueError` instead.

    Args:
        spec: batch layout of the model, see `BatchSpec`.

    Attributes:
        refusal: the `ValueError` of a refused batch, None if there is none.
    """

    def __init__(self, spec: BatchSpec):
        self.spec = spec
        self.refusal = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self.refusal is not None and isinstance(error, tf.errors.OpError):
            raise self.refusal from None

    def arrays(self, x, y=None, batch_size=1, jitter=None) -> dict[str, np.ndarray]:
        """Checks the arrays of `fit` and `evaluate`; returns them by batch key.

        uint8 samples stay uint8, floats become Keras' floatx, and whole numbers int32.

        Args:
            x: samples, or a dict of arrays by batch key, or (x, y).
            y: labels (N,) or (N, 1).
            batch_size: at most the number of samples of the main stream; other streams
                may be shorter, since they are repeated.
            jitter: a `Jitter`, if it cuts images to the model's shape.

        Raises:
            ValueError: invalid data; the message has the allowed and the received.
        """
        check_whole(1, batch_size=batch_size)
        named = as_dict(x if y is None else (x, y))
        self.spec.check_keys(named, made_of=named)
        arrays = {key: np.asanyarray(array) for key, array in named.items()}
        for key, array in arrays.items():
            self.spec.entry(key).check_dtype(key, array)
        sizes = {key: len(array) for key, array in arrays.items()}
        for stream in {stream_of(key) for key in sizes}:
            _check_equal({k: n for k, n in sizes.items() if stream_of(k) == stream})
        if sizes["real"] < batch_size:
            raise ValueError(
                "Fewer samples than a batch: at least one full batch is needed, so "
                f"lower batch_size. Received: {sizes['real']} samples, "
                f"batch_size={batch_size}."
            )
        _check_filled(sizes)
        for key, array in (jitter.cut(arrays) if jitter else arrays).items():
            self.spec.entry(key).check_shape(key, array)
        for key, array in arrays.items():
            self.spec.entry(key).check_values(key, array)
        return {k: self.spec.entry(k).convert(array) for k, array in arrays.items()}

    def full_batches(self, dataset) -> tuple[dict, tf.data.Dataset]:
        """Returns the first batch, and all batches with as many samples.

        A smaller batch repeats its own samples: otherwise, a replica or D step could
        get an empty part, with a mean of NaN.
        """
        with self:
            first = next(iter(self.dataset(dataset)), None)
        if first is None:
            raise ValueError("The data set is empty; training needs a batch.")
        return first, self.dataset(dataset, len(first["real"]))

    def dataset(self, dataset: tf.data.Dataset, size=None) -> tf.data.Dataset:
        """Maps a data set to dicts, with each batch checked as arrays are.

        Args:
            dataset: data set of batches x, (x, label), or dicts by batch key.
            size: number of samples for each batch, see `full_batches`; None keeps the
                batches' sizes.

        Raises:
            ValueError: missing keys, or values other than dense tensors.
        """
        specs = as_dict(dataset.element_spec)
        self.spec.check_keys(specs)
        keys = [key for key in specs if key in self.spec.entries]
        entries = {key: self.spec.entries[key] for key in keys}
        _check_dense({key: specs[key] for key in keys})
        dtypes = [entries[key].dtype(specs[key].dtype.as_numpy_dtype) for key in keys]

        def check(*values):
            try:
                return self._checked(dict(zip(keys, values, strict=True)), size)
            except ValueError as error:
                self.refusal = error
                raise

        def admit(*element):
            batch = as_dict(element[0] if len(element) == 1 else element)
            values = tf.numpy_function(check, [batch[key] for key in keys], dtypes)
            for key, value in zip(keys, values, strict=True):
                value.set_shape(entries[key].static_shape(specs[key].shape))
                batch[key] = value
            if size is None:
                return batch
            rows = tf.range(size) % tf.shape(batch["real"])[0]
            return {key: tf.gather(value, rows) for key, value in batch.items()}

        return without_autotune(dataset.map(admit))

    def _checked(self, batch, size):
        """Checks the arrays of one batch; returns them in the order of its keys."""
        arrays = {
            key: self.spec.entries[key].checked(key, array)
            for key, array in batch.items()
        }
        sizes = {key: len(array) for key, array in arrays.items()}
        _check_equal(sizes)
        _check_filled(sizes)
        if size is not None and sizes["real"] > size:
            raise ValueError(
                f"The first batch had {size} samples; later ones may have fewer, not "
                f"more. Received: {sizes['real']}."
            )
        return list(arrays.values())


def _check_equal(sizes):
    if len(set(sizes.values())) > 1:
        raise ValueError(
            "Arrays of different lengths; all must have one entry a sample. "
            f"Received: {sizes}."
        )


def _check_filled(sizes):
    empty = [key for key, n in sizes.items() if not n]
    if empty:
        raise ValueError(f"Every array needs a sample. Received none of: {empty}.")


def _check_dense(specs):
    for key, spec in specs.items():
        if not isinstance(spec, tf.TensorSpec):
            raise ValueError(
                f"Values of {key!r} must be dense tensors. "
                f"Received: {type(spec).__name__}."
            )
