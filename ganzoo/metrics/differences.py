"""Mean difference of images from their targets."""

import numpy as np

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
    return _mean(lambda rows: np.abs(_unit(a[rows]) - _unit(b[rows])), len(a))


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
