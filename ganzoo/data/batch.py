"""What a data set may yield, and what a batch must be."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ganzoo.data import mismatched


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
        for key, array in mismatched.fill(arrays).items()
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
