"""Images of any size: padded for a network, picked and brought to one shape."""

import numpy as np
import tensorflow as tf

from ganzoo.utils.options import evenly_spread


def padded(images, multiple):
    """Images with sides up to the next multiple, reflected at their ends."""
    for axis in (1, 2):
        side = images.shape[axis]
        if side % multiple:
            rows = np.pad(np.arange(side), (0, -side % multiple), "reflect")
            images = tf.gather(images, rows, axis=axis)
    return images


def spread(array, n):
    """n rows of an array, evenly spread; again from the first where it has fewer."""
    if len(array) < n:
        return np.asarray(array[np.arange(n) % len(array)])
    return np.asarray(array[evenly_spread(len(array), n)])


def like(images, shape):
    """Images (n, h, w, c) as a picture shows them beside others of `shape`.

    Smaller ones get larger pixels, grey ones colours; of a stack of frames the last
    is shown.
    """
    height, width, channels = shape
    images = images[..., -channels:]
    if images.shape[-1] < channels:
        images = np.repeat(images[..., -1:], channels, axis=-1)
    rows = np.arange(height) * images.shape[1] // height
    columns = np.arange(width) * images.shape[2] // width
    return images[:, rows][:, :, columns]


def check_sides(image_shape, source_shape):
    """Refuses samples that are not a whole number of times as large as sources."""
    factors = [a / b for a, b in zip(image_shape[:2], source_shape[:2], strict=True)]
    if len(set(factors)) > 1 or factors[0] % 1:
        raise ValueError(
            "`image_shape` must be as large as `source_shape`, or a whole number of "
            f"times larger. Received: {image_shape} and {source_shape}."
        )
