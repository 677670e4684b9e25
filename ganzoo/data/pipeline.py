"""Pipeline: arrays as an infinite stream of batches in a reproducible order.

Batch `s` depends on the seed and on `s` alone. So a run resumes at any step at no cost,
and the number of replicas does not change the batches.
"""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from ganzoo.data import mismatched_captions
from ganzoo.data.jitter import Jitter

# Streams next to the main one, with their own length and order: by key, the number that
# changes the seed.
_STREAMS = {"labeled": 0x5EED, "labeled_label": 0x5EED, "unpaired": 0xA11}


def batches(
    arrays: dict[str, np.ndarray],
    batch_size: int,
    *,
    seed: int,
    start: int | Callable[[], int] = 0,
    jitter: Jitter | None = None,
) -> tf.data.Dataset:
    """Returns an infinite data set of dicts with the keys of `arrays`.

    Position `i = step * batch_size + j` of the stream is sample
    `index_shuffle(i % n, seed=[seed, i // n])`: every epoch of `n` samples is a new
    permutation. `labeled` and `labeled_label` share their own order, and `unpaired` has
    another. With `caption` comes `mismatched`, a different caption from another sample.

    Args:
        arrays: arrays of equal length within a stream. An in-memory array is kept as
            one tensor; an `np.memmap` is read row by row.
        batch_size: samples per batch, static in the element's shape.
        seed: seed of the order.
        start: index of the first batch, or a function that returns it when an iteration
            begins.
        jitter: random crops and flips of the images, new in each batch.
    """
    # On the CPU, where tf.data runs: a captured GPU tensor is copied at each step.
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
        values = {key: read(rows[stream_of(key)]) for key, read in readers.items()}
        for key, choose in others.items():
            values[key] = readers["caption"](choose(rows[stream_of(key)], step))
        return jitter(values, seed, step, stream_of) if jitter else values

    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    stream = _counter(start).map(batch).prefetch(2)
    return without_autotune(stream.with_options(options))


def _counter(start):
    """Counts from `start`, which is asked when an iteration begins if it can be."""
    if not callable(start):
        return tf.data.Dataset.counter(start)
    first = tf.TensorSpec((), tf.int64)
    once = tf.data.Dataset.from_generator(lambda: [start()], output_signature=first)
    return once.flat_map(tf.data.Dataset.counter)


def stream_of(key: str) -> int:
    """The stream of a key: a number that changes the seed; 0 is the main stream."""
    return _STREAMS.get(key, 0)


def _order(step: tf.Tensor, batch_size: int, n: int, seed: int) -> tf.Tensor:
    """Returns the `(batch_size,)` sample indices of batch `step`."""
    position = step * batch_size + tf.range(batch_size, dtype=tf.int64)
    epoch, index = position // n, position % n
    # index_shuffle is vectorised over the index, but not over the seed. So shuffle for
    # each epoch that a batch can touch (two, unless n < batch_size), then select.
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


def finite(arrays: Mapping, batch_size: int) -> tf.data.Dataset:
    """Makes one pass over arrays in order, including a smaller last batch.

    Streams whose length differs from `real` are cut, or repeated from their start.
    """
    filled = mismatched_captions.fill(arrays)
    readers = {key: (_reader(array), len(array)) for key, array in filled.items()}

    def read(index):
        return {key: rows(index % length) for key, (rows, length) in readers.items()}

    index = tf.data.Dataset.range(len(arrays["real"])).batch(batch_size)
    return without_autotune(index.map(read).prefetch(2))


def without_autotune(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turns off the autotune thread: it delays the end of `fit` by up to half a run."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
