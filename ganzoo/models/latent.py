"""Paths and arithmetic in latent space, on NumPy arrays."""

import numpy as np
from numpy.typing import ArrayLike


def lerp(a: ArrayLike, b: ArrayLike, n: int) -> np.ndarray:
    """n points on the straight line from a to b (d,), ends included: (n, d)."""
    t = np.linspace(0, 1, n)[:, None]
    return (1 - t) * np.asarray(a) + t * np.asarray(b)


def slerp(a: ArrayLike, b: ArrayLike, n: int) -> np.ndarray:
    """n points on the great circle from a to b (d,), ends included: (n, d).

    Keeps the norm that a normal prior concentrates on (White 2016, arXiv
    1609.04468). Falls back to the straight line where a and b are parallel, or one
    is 0.
    """
    a, b = np.asarray(a), np.asarray(b)
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    cosine = np.dot(a, b) / norms if norms else 1.0
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return lerp(a, b, n)
    t = np.linspace(0, 1, n)[:, None]
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def direction(with_attribute: ArrayLike, without: ArrayLike) -> np.ndarray:
    """The latent of an attribute: mean of exemplars with it minus mean without.

    Averaging exemplars before the arithmetic is what makes it stable (Radford et
    al. 2016, arXiv 1511.06434, section 6.3.2).

    Args:
        with_attribute: latents (n, d) of samples that show the attribute.
        without: latents (m, d) of samples that do not.

    Returns:
        (d,): add it to a latent to add the attribute, subtract it to remove it.
    """
    return np.asarray(with_attribute).mean(axis=0) - np.asarray(without).mean(axis=0)
