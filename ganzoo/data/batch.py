"""What a data set may yield, and what a batch must be."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ganzoo.data import pipeline


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


def check_values(batch: Mapping, value_range, num_classes: int = 0) -> None:
    """Refuses a batch that would train on nonsense: nan, a wrong range, bad labels.

    Raises:
        ValueError: what is wrong, what is allowed, what was received.
    """
    arrays = pipeline.to_arrays({k: np.asarray(v) for k, v in batch.items()})
    pipeline.check_arrays(arrays, batch_size=1, value_range=value_range)
    for key in arrays.keys() & {"label", "labeled_label"} if num_classes else ():
        labels = arrays[key]
        if labels.min() < -1 or labels.max() >= num_classes:
            raise ValueError(
                f"Labels {key!r} must be from 0 to {num_classes - 1} (-1: unlabelled). "
                f"Received: {labels.min()} to {labels.max()}."
            )


def finite(data, batch_size: int) -> tf.data.Dataset:
    """One pass over arrays, in order, the smaller last batch included.

    Args:
        data: an array, (x, label), a dict of arrays, or a data set, kept as it is.
        batch_size: samples a batch.
    """
    if isinstance(data, tf.data.Dataset):
        return without_autotune(data)
    arrays = pipeline.to_arrays(as_dict(data))
    return without_autotune(
        tf.data.Dataset.from_tensor_slices(arrays).batch(batch_size).prefetch(2)
    )


def without_autotune(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turns off the tuning thread, for which the end of `fit` would have to wait."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
