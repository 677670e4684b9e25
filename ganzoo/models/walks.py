"""Walks through latent space: latents (rows, frames, latent_dim)."""

import numpy as np

from ganzoo.utils.options import check_whole


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
    """From -reach to reach along a direction (latent_dim,), through a latent a row."""
    check_whole(1, rows=rows, frames=frames)
    steps = np.linspace(-reach, reach, frames)[:, None] * direction
    return model.latents(rows, seed)[:, None] + steps
