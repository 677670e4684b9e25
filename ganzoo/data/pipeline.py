"""From arrays to an infinite stream of batches whose order is a pure function.

Batch `s` depends on the seed and on `s` alone, so a run resumes at any step at no cost
and the number of replicas does not change what is seen.
"""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from ganzoo.data import mismatched_captions
from ganzoo.data.dataset import check_finite
from ganzoo.data.jitter import Jitter

# Streams beside the main one: their own length, hence their own order. By key, what
# the seed is changed by.
_STREAMS = {"labeled": 0x5EED, "labeled_label": 0x5EED, "unpaired": 0xA11}


def batches(
    arrays: dict[str, np.ndarray],
    batch_size: int,
    *,
    seed: int,
    start: int = 0,
    jitter: Jitter | None = None,
) -> tf.data.Dataset:
    """Returns an infinite data set of dicts with the keys of `arrays`.

    Position `i = step * batch_size + j` of the stream is sample
    `index_shuffle(i % n, seed=[seed, i // n])`: every epoch of `n` samples is a new
    permutation. `labeled` and `labeled_label` follow an order of their own, and
    `unpaired` does. Beside `caption` comes `mismatched`: the caption of a sample that
    has another one.

    Args:
        arrays: arrays of equal length within a stream. An in-memory
            array is kept as one tensor; an `np.memmap` is read row by row.
        batch_size: samples a batch, static in the element's shape.
        seed: decides the order.
        start: index of the first batch.
        jitter: random crops and flips of the images, new in each batch.
    """
    # On the CPU, where tf.data runs: a captured GPU tensor would be copied each step.
    with tf.device("CPU:0"):
        readers = {key: _reader(array) for key, array in arrays.items()}

    streams = {stream_of(key): len(array) for key, array in arrays.items()}

    others = {}
    if "caption" in arrays and "mismatched" not in arrays:
        others["mismatched"] = mismatched_captions.chooser(arrays["caption"], seed)

    def batch(step):
        rows = {
            fold: _order(step, batch_size, n, seed ^ fold)
            for fold, n in streams.items()
        }
        made = {key: read(rows[stream_of(key)]) for key, read in readers.items()}
        for key, choose in others.items():
            made[key] = readers["caption"](choose(rows[stream_of(key)], step))
        return jitter(made, seed, step, stream_of) if jitter else made

    options = tf.data.Options()
    # Its thread delays the end of `fit` by up to half the run's duration.
    options.autotune.enabled = False
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    stream = tf.data.Dataset.counter(start).map(batch).prefetch(2)
    return stream.with_options(options)


def stream_of(key: str) -> int:
    """The stream of a key: what changes the seed of its order; 0 is the main one."""
    return _STREAMS.get(key, 0)


def _order(step: tf.Tensor, batch_size: int, n: int, seed: int) -> tf.Tensor:
    """Returns the `(batch_size,)` sample indices of batch `step`."""
    position = step * batch_size + tf.range(batch_size, dtype=tf.int64)
    epoch, index = position // n, position % n
    # index_shuffle is vectorised over the index but not over the seed, so shuffle for
    # each epoch that a batch can touch (two, unless n < batch_size), then pick.
    touched = (n + batch_size - 2) // n + 1
    shuffled = [
        tf.random.experimental.index_shuffle(
            index,
            seed=tf.stack([tf.constant(seed, tf.int64), epoch[0] + k]),
            max_index=tf.constant(n - 1, tf.int64),
        )
        for k in range(touched)
    ]
    return tf.gather(tf.stack(shuffled, axis=1), epoch - epoch[0], batch_dims=1)


def _reader(array: np.ndarray):
    """Returns a function from indices `(B,)` to the rows of `array`."""
    if not isinstance(array, np.memmap):
        resident = tf.convert_to_tensor(array)
        return lambda rows: tf.gather(resident, rows)

    def read(rows):
        order = np.argsort(rows)  # ascending offsets: the disk reads forward
        out = np.empty((len(rows), *array.shape[1:]), array.dtype)
        out[order] = array[rows[order]]
        return out

    def read_rows(rows):
        out = tf.numpy_function(read, [rows], array.dtype, stateful=False)
        return tf.ensure_shape(out, (*rows.shape, *array.shape[1:]))

    return read_rows


def to_arrays(
    x: np.ndarray | dict[str, np.ndarray], y: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Returns the dict of arrays behind `fit(x, y)`.

    Args:
        x: samples, or a dict of arrays by batch key. uint8 stays uint8; floats become
            Keras' floatx (float32 by default).
        y: integer labels `(N,)` or `(N, 1)`, stored as `label`.

    Raises:
        ValueError: samples of another dtype, or labels that are not integers.
    """
    arrays = dict(x) if isinstance(x, dict) else {"real": x}
    if y is not None:
        arrays["label"] = y
    return {key: _CONVERT.get(key, _samples)(key, arrays[key]) for key in arrays}


def _samples(key: str, array: np.ndarray) -> np.ndarray:
    array = np.asanyarray(array)
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "f":
        return array.astype(keras.config.floatx(), copy=False)
    raise ValueError(
        f"Unfit dtype of {key!r}; allowed: uint8 in 0..255, or float. "
        f"Received: {array.dtype}."
    )


def _labels(key: str, array: np.ndarray) -> np.ndarray:
    array = np.asanyarray(array)
    n = array.size
    if array.dtype.kind not in "iu" or array.shape not in ((n,), (n, 1)):
        raise ValueError(
            f"Unfit labels {key!r}; allowed: integers of shape (N,) or (N, 1). "
            f"Received: {array.dtype} of shape {array.shape}."
        )
    return array.reshape(-1).astype(np.int32, copy=False)


def _tokens(key: str, array: np.ndarray) -> np.ndarray:
    array = np.asanyarray(array)
    if array.dtype.kind not in "iu" or array.ndim != 2:
        raise ValueError(
            f"Unfit captions {key!r}; allowed: tokens, integers of shape (N, T), see "
            f"`model.tokens`. Received: {array.dtype} of shape {array.shape}."
        )
    return array.astype(np.int32, copy=False)


_CONVERT = {
    "label": _labels,
    "labeled_label": _labels,
    "caption": _tokens,
    "mismatched": _tokens,
}


def check_arrays(
    arrays: dict[str, np.ndarray],
    *,
    batch_size: int,
    value_range: tuple[float, float] | None,
) -> None:
    """Raises ValueError unless `arrays` can be trained on.

    Args:
        arrays: what `to_arrays` returned.
        batch_size: no more than the number of samples of the main stream (others may
            be shorter: they are repeated).
        value_range: closed range of float samples; None allows any.
    """
    sizes = {key: len(array) for key, array in arrays.items()}
    for stream in {stream_of(key) for key in sizes}:
        received = {key: n for key, n in sizes.items() if stream_of(key) == stream}
        if len(set(received.values())) > 1:
            raise ValueError(
                "Arrays of different lengths; all must have one entry a sample. "
                f"Received: {received}."
            )
    if sizes["real"] < batch_size:
        raise ValueError(
            "Fewer samples than a batch: at least one full batch is needed, so lower "
            f"batch_size. Received: {sizes['real']} samples, batch_size={batch_size}."
        )
    empty = [key for key, n in sizes.items() if not n]
    if empty:
        raise ValueError(f"Every array needs a sample. Received none of: {empty}.")
    for key, array in arrays.items():
        check_finite(array, where=repr(key))
        if array.dtype.kind == "f" and value_range is not None:
            _check_range(key, array, value_range)


def _check_range(key: str, array: np.ndarray, value_range: tuple[float, float]) -> None:
    low, high = float(array.min()), float(array.max())
    if low < value_range[0] or high > value_range[1]:
        raise ValueError(
            f"Values of {key!r} lie outside the model's value_range; scale them to "
            f"[{value_range[0]:g}, {value_range[1]:g}] or pass uint8 in 0..255. "
            f"Received: [{low:g}, {high:g}]."
        )


def as_dict(data) -> dict:
    """Names what a data set yields: a dict as it is, x, (x,) or (x, label)."""
    if isinstance(data, Mapping):
        if "real" not in data:
            raise ValueError(
                "A batch needs the key 'real', the samples that D should accept. "
                f"Received the keys: {', '.join(data)}."
            )
        return dict(data)
    parts = data if isinstance(data, tuple | list) else (data,)
    if len(parts) > 2:
        raise ValueError(
            "A batch is x, (x, label) or a dict. "
            f"Received a tuple of {len(parts)} (sample weights are not supported)."
        )
    return dict(zip(("real", "label"), parts, strict=False))


def check_labels(batch: Mapping, count: int, lowest: int) -> None:
    """Refuses missing labels, and those outside lowest .. count - 1.

    Args:
        batch: with `label`, or `labeled_label`.
        count: number of labels; 0 where they do not matter.
        lowest: -1 where samples may be unlabelled, else 0.

    Raises:
        ValueError: what is allowed, what was received.
    """
    if not count:
        return
    unlabelled = ", -1 for unlabelled" if lowest < 0 else ""
    allowed = f"0 to {count - 1}{unlabelled}"
    keys = batch.keys() & {"label", "labeled_label"}
    if not keys:
        raise ValueError(
            f"This model needs a label of each sample ({allowed}): fit(x, y). "
            f"Received the keys: {', '.join(batch)}."
        )
    for key in keys:
        labels = np.asarray(batch[key])
        if labels.min() < lowest or labels.max() >= count:
            raise ValueError(
                f"Labels {key!r} must be from {allowed}. "
                f"Received: {labels.min()} to {labels.max()}."
            )


def check_captions(batch: Mapping, count: int) -> None:
    """Refuses tokens that are no words of a vocabulary of `count`.

    Raises:
        ValueError: what is allowed, what was received.
    """
    for key in batch.keys() & {"caption", "mismatched"}:
        tokens = np.asarray(batch[key])
        if count and (tokens.min() < 0 or tokens.max() > count):
            raise ValueError(
                f"Tokens {key!r} must be from 0 (no word) to {count}, the words of the "
                f"model's vocabulary. Received: {tokens.min()} to {tokens.max()}."
            )


def finite(arrays: Mapping, batch_size: int) -> tf.data.Dataset:
    """One pass over arrays, in order, the smaller last batch included.

    Streams of another length than `real` are cut, or repeated from their start.
    """
    count = len(arrays["real"])
    rows = {
        key: array
        if len(array) == count
        else np.resize(array, (count, *array.shape[1:]))
        for key, array in mismatched_captions.fill(arrays).items()
    }
    slices = tf.data.Dataset.from_tensor_slices(rows)
    return without_autotune(slices.batch(batch_size).prefetch(2))


def full_batches(dataset: tf.data.Dataset, size: int) -> tf.data.Dataset:
    """The batches as dicts of `size` samples; a smaller one repeats its own.

    A part of it could otherwise be empty on some replica or D step, and its mean nan.
    """

    def fill(*data):
        batch = as_dict(data[0] if len(data) == 1 else data)
        rows = tf.range(size) % tf.shape(batch["real"])[0]
        return {key: tf.gather(value, rows) for key, value in batch.items()}

    return dataset.map(fill)


def without_autotune(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turns off the tuning thread, for which the end of `fit` would have to wait."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
