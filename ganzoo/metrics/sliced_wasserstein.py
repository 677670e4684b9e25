"""Sliced Wasserstein distance: optimal transport along random directions."""

import numpy as np

from ganzoo.metrics.arrays import check_count, check_features, slices

_BLOCK = 32  # directions that are projected at once


def sliced_wasserstein(
    real: np.ndarray, fake: np.ndarray, *, projections: int = 512, seed: int = 0
) -> float:
    """Root mean square of the 2-Wasserstein distances along random directions.

    Bonneel et al. 2015 (J. Math. Imaging and Vision 51, Monge form, p = 2), exact on
    each direction, even if N and M differ. It has the units of the features, and the
    distance of two sets from one distribution falls with N.

    Args:
        real: samples `(N, d)`.
        fake: samples `(M, d)`.
        projections: number of directions, uniform on the sphere.
        seed: seed of the directions.

    Raises:
        ValueError: NaN, infinite or constant samples, different widths, uint8 next to
            floats, no projections.
    """
    real, fake = check_features(real=real, fake=fake)
    check_count("projections", projections, 1, 1_000_000)
    directions = np.random.default_rng(seed).standard_normal(
        (projections, real.shape[1])
    )
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    i, j, weight = _coupling(len(real), len(fake))
    total = 0.0
    for block in slices(projections, _BLOCK):
        a, b = (_sorted_projections(x, directions[block]) for x in (real, fake))
        total += (((a[:, i] - b[:, j]) ** 2) @ weight).sum()
    return float(np.sqrt(total / projections))


def monge_distance(
    real: np.ndarray, fake: np.ndarray, *, projections: int = 1000, seed: int = 0
) -> float:
    """3 d times the mean squared 2-Wasserstein distance along random directions.

    MIND of Berthet et al. 2026 (arXiv 2605.06797), by the definition in torch-fidelity
    after 0.4.0: (3 d / n M) times the sum over M directions of the squared differences
    of n sorted projections. It is MIND only on features of the original Inception
    network. The factor brings it to the size of the Frechet distance; the paper
    recommends 5,000 samples.

    Args:
        real: `(N, d)`.
        fake: `(M, d)`.
        projections: number of random directions.
        seed: seed of the directions.

    Returns:
        From 0, in squared units of the features.

    Raises:
        ValueError: as `sliced_wasserstein`.
    """
    root = sliced_wasserstein(real, fake, projections=projections, seed=seed)
    return 3 * np.shape(real)[1] * root**2


def _sorted_projections(samples: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """`(directions, N)`, each row in order."""
    out = np.empty((len(directions), len(samples)))
    for rows in slices(len(samples), 4096):
        out[:, rows] = directions @ samples[rows].T.astype(np.float64)
    out.sort(axis=1)
    return out


def _coupling(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the matched order statistics, and the mass that each pair moves."""
    # Levels at which either quantile function steps, in units of 1 / (n m).
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    mass = np.diff(ends, prepend=0) / (n * m)
    return (ends - 1) // m, (ends - 1) // n, mass
