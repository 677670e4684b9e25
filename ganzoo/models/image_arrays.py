"""Images of any size: padding for a network, selection and a common shape."""

import numpy as np
import tensorflow as tf

from ganzoo.utils.options import evenly_spread


def padded(images, multiple):
    """Pads images by reflection until their sides are a multiple."""
    for axis in (1, 2):
        side = images.shape[axis]
        if side % multiple:
            rows = np.pad(np.arange(side), (0, -side % multiple), "reflect")
            images = tf.gather(images, rows, axis=axis)
    return images


def spread(array, n):
    """Selects n rows of an array, evenly spread; repeats them if it has fewer."""
    if len(array) < n:
        return np.asarray(array[np.arange(n) % len(array)])
    return np.asarray(array[evenly_spread(len(array), n)])


def like(images, shape):
    """Brings images (n, h, w, c) to a common shape, for a picture with others.

    Small images get larger pixels, and grey images get colour channels. Stacked frames
    are reduced to the last one.
    """
    height, width, channels = shape
    images = images[..., -channels:]
    if images.shape[-1] < channels:
        images = np.repeat(images[..., -1:], channels, axis=-1)
    rows = np.arange(height) * images.shape[1] // height
    columns = np.arange(width) * images.shape[2] // width
    return images[:, rows][:, :, columns]


def check_sides(image_shape, source_shape):
    """Refuses samples whose size is not a whole multiple of the sources' size."""
    factors = [a / b for a, b in zip(image_shape[:2], source_shape[:2], strict=True)]
    if len(set(factors)) > 1 or factors[0] % 1:
        raise ValueError(
            "`image_shape` must be as large as `source_shape`, or a whole number of "
            f"times larger. Received: {image_shape} and {source_shape}."
        )
