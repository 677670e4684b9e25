"""Scores of a translation that are seen at a glance: distance and sharpness."""

import numpy as np

_BLOCK = 256  # images at a time, which bounds the memory


def l1_distance(images_a: np.ndarray, images_b: np.ndarray) -> float:
    """Mean absolute difference of pairs of uint8 images, 0..1, 0 for equal ones.

    Args:
        images_a: `(N, H, W, C)`.
        images_b: the same shape.

    Raises:
        ValueError: other shapes or types.
    """
    a, b = _checked(images_a), _checked(images_b)
    if a.shape != b.shape:
        raise ValueError(
            f"Images come in pairs of one shape. Received: {a.shape} and {b.shape}."
        )
    return _mean(lambda rows: np.abs(_unit(a[rows]) - _unit(b[rows])), len(a))


def sharpness(images: np.ndarray) -> float:
    """Mean length of the gradient of uint8 images, 0..1 a pixel: 0 where all is flat.

    The average gradient of image fusion (Cui et al. 2015): differences to the right
    and below, as the root of half the sum of their squares. Noise has it, too: read
    it beside the same figure of real images.

    Args:
        images: `(N, H, W, C)`, sides of at least 2.

    Raises:
        ValueError: other shapes or types.
    """
    images = _checked(images)
    if min(images.shape[1:3]) < 2:
        raise ValueError(f"Sides must be at least 2. Received: {images.shape}.")

    def gradient(rows):
        x = _unit(images[rows])
        down = x[:, 1:, :-1] - x[:, :-1, :-1]
        across = x[:, :-1, 1:] - x[:, :-1, :-1]
        return np.sqrt((down**2 + across**2) / 2)

    return _mean(gradient, len(images))


def _checked(images):
    images = np.asarray(images)
    if images.ndim != 4 or not images.size or images.dtype != np.uint8:
        raise ValueError(
            "Images must be uint8 of shape (N, H, W, C). "
            f"Received: {images.dtype} of shape {images.shape}."
        )
    return images


def _unit(images):
    return images / np.float32(255)


def _mean(function, count):
    blocks = [slice(i, min(i + _BLOCK, count)) for i in range(0, count, _BLOCK)]
    sums = [
        (function(rows).mean(dtype=float), rows.stop - rows.start) for rows in blocks
    ]
    return float(sum(mean * size for mean, size in sums) / count)
