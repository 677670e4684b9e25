"""Paths (n, d) and walks (rows, frames, latent_dim) through latent space."""

from __future__ import annotations  # `help` shows ArrayLike by its name

import numpy as np
from numpy.typing import ArrayLike

from ganzoo.utils.options import check_whole


def lerp(a: ArrayLike, b: ArrayLike, n: int) -> np.ndarray:
    """Returns n points (n, d) on the line from a to b (d,), ends included."""
    t = np.linspace(0, 1, n)[:, None]
    return (1 - t) * np.asarray(a) + t * np.asarray(b)


def slerp(a: ArrayLike, b: ArrayLike, n: int) -> np.ndarray:
    """Returns n points (n, d) on the great circle from a to b (d,), ends included.

    It keeps the norm that a normal prior concentrates on (White 2016, arXiv
    1609.04468). It falls back to the straight line if a and b are parallel, or if one
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


def between(model, rows: int, frames: int, seed: int = 0) -> np.ndarray:
    """From one latent to the next, ends included, in each row."""
    check_whole(1, rows=rows, frames=frames)
    ends = model.latents(rows + 1, seed)
    return np.stack([model.path(*ends[i : i + 2], frames) for i in range(rows)])


def truncated(model, rows: int, frames: int, seed: int = 0) -> np.ndarray:
    """From the mean latent (truncation 0) to a latent of the prior (1).

    Raises:
        ValueError: a prior without a centre.
    """
    check_whole(1, rows=rows, frames=frames)
    psis = np.linspace(0, 1, frames)
    return np.stack([model.latents(rows, seed, psi) for psi in psis], axis=1)


def along(
    model, direction, rows: int, frames: int, *, reach: float = 3.0, seed: int = 0
) -> np.ndarray:
    """From -reach to reach along a direction (latent_dim,), through a latent a row.

    Raises:
        ValueError: a reach that is NaN or infinite.
    """
    check_whole(1, rows=rows, frames=frames)
    if not np.isfinite(reach):
        raise ValueError(f"`reach` must be a finite number. Received: {reach}.")
    steps = np.linspace(-reach, reach, frames)[:, None] * direction
    return model.latents(rows, seed)[:, None] + steps
