"""Sources of batches: data sets, generators and `keras.utils.PyDataset`."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import keras
import numpy as np
import tensorflow as tf

from ganzoo.data.batch_spec import as_array, as_dict

SOURCES = (tf.data.Dataset, keras.utils.PyDataset, Iterator)
EMPTY = "The data set is empty; training needs a batch."
Failed = Callable[[Exception], object]


def as_dataset(
    x, y=None, *, failed: Failed = lambda error: None, **steps: int | None
) -> tf.data.Dataset | None:
    """Returns a source as a data set of batches; None if `x` is no source.

    A `PyDataset` is read in one thread. A generator serves for one pass.

    Args:
        x: the source.
        y: labels, which only arrays may have next to them.
        failed: is told an error of a generator or `PyDataset`, or a batch of another
            form, which TensorFlow replaces by an error of its own.
        **steps: number of batches to take, by the name of the argument.

    Raises:
        ValueError: a source without a batch, labels next to a source, or a source
            that does not end, or may not, without a number of steps.
    """
    if not isinstance(x, SOURCES):
        return None
    if y is not None:
        raise ValueError(
            "Labels are a part of the batches, (x, y), where these are given. "
            f"Received: {type(x).__name__}, and y."
        )
    if None in steps.values() and _is_endless(x):
        raise ValueError(
            f"Batches without an end need {', '.join(steps)}=, the number to take. "
            f"Received none, and {type(x).__name__}."
        )
    if isinstance(x, tf.data.Dataset):
        return x
    if isinstance(x, keras.utils.PyDataset):
        count = x.num_batches
        start = [x[0]] if count != 0 else []
        dataset = _of_batches(lambda: _epoch(x), start, failed)
        size = tf.data.INFINITE_CARDINALITY if count is None else count
        return dataset.apply(tf.data.experimental.assert_cardinality(size))
    start = list(itertools.islice(x, 1))
    return _of_batches(lambda: itertools.chain(_drained(start), x), start, failed)


def first_and_all(
    dataset: tf.data.Dataset, samples: int = 1
) -> tuple[list, tf.data.Dataset]:
    """Returns the first batches of a data set, none if it is empty, and the data set.

    A data set that does not tell its length may serve for one pass only. Its first
    pass continues after the batches that were taken, so it is not started twice.

    Args:
        dataset: batches.
        samples: samples that the first batches hold together, if there are that many.
    """
    batches, start, count = dataset.as_numpy_iterator(), [], 0
    # At most half of a known number: a source that ends believes that an epoch does.
    known = int(dataset.cardinality())
    most = max(1, known // 2) if known > 0 else None
    for batch in itertools.islice(batches, most):
        start.append(batch)
        count += max((1, *np.shape(tf.nest.flatten(batch)[0])[:1]))
        if count >= samples:
            break
    if not start or dataset.cardinality() != tf.data.UNKNOWN_CARDINALITY:
        return start, dataset
    passes = iter([itertools.chain(start, batches)])
    return start, tf.data.Dataset.from_generator(
        lambda: next(passes, None) or dataset.as_numpy_iterator(),
        output_signature=dataset.element_spec,
    )


def _is_endless(x) -> bool:
    """True if a source has no end, or does not tell: a generator."""
    if isinstance(x, tf.data.Dataset):
        return bool(x.cardinality() == tf.data.INFINITE_CARDINALITY)
    return isinstance(x, Iterator) or x.num_batches is None


def _epoch(data: keras.utils.PyDataset):
    indices = itertools.count() if data.num_batches is None else range(data.num_batches)
    for index in indices:
        yield data[index]
    data.on_epoch_end()


def _of_batches(
    make: Callable[[], Iterable], start: list, failed: Failed
) -> tf.data.Dataset:
    """Makes a data set of the batches of `make()`, in the form of the first one."""
    if not start:
        raise ValueError(EMPTY)
    signature = {
        key: tf.TensorSpec(
            array.shape and (None, *array.shape[1:]), tf.as_dtype(array.dtype)
        )
        for key, array in _arrays(start[0]).items()
    }

    def batches():
        try:
            for batch in make():
                arrays = _arrays(batch)
                _check_form(arrays, signature)
                yield arrays
        except Exception as error:
            failed(error)
            raise

    return tf.data.Dataset.from_generator(batches, output_signature=signature)


def _check_form(arrays, signature):
    """Refuses a batch that TensorFlow would reject or cast to the form of the first."""
    fits = arrays.keys() == signature.keys() and all(
        spec.shape.is_compatible_with(arrays[key].shape)
        and np.can_cast(arrays[key].dtype, spec.dtype.as_numpy_dtype, "same_kind")
        for key, spec in signature.items()
    )
    if not fits:
        first, later = (
            ", ".join(
                f"{key} {v.dtype.name} {tuple(v.shape)}" for key, v in form.items()
            )
            for form in (signature, arrays)
        )
        raise ValueError(
            "All batches must have the keys, dtypes and shapes of the first one, apart "
            f"from its length: {first}. Received: {later}."
        )


def _arrays(batch) -> dict[str, np.ndarray]:
    return {key: as_array(key, values) for key, values in as_dict(batch).items()}


def _drained(start: list):
    """Yields the batches of a list once, and takes them out."""
    while start:
        yield start.pop(0)
