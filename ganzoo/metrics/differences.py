"""Mean difference of images from their targets."""

import numpy as np

from ganzoo.metrics.arrays import slices

_BLOCK = 256  # images at a time, which bounds the memory


def l1_distance(images_a: np.ndarray, images_b: np.ndarray) -> float:
    """Mean absolute difference of pairs of uint8 images, 0..1, 0 for equal ones.

    Args:
        images_a: `(N, H, W, C)`.
        images_b: the same shape.

    Raises:
        ValueError: different shapes or types.
    """
    a, b = _checked(images_a), _checked(images_b)
    if a.shape != b.shape:
        raise ValueError(
            f"Images come in pairs of one shape. Received: {a.shape} and {b.shape}."
        )
    blocks = ((a[rows], b[rows]) for rows in slices(len(a), _BLOCK))
    total = sum(np.abs(_unit(x) - _unit(y)).sum(dtype=float) for x, y in blocks)
    return float(total / a.size)


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
