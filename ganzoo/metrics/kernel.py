"""Kernel distance (KID): the unbiased squared MMD with a cubic kernel."""

import math

import numpy as np

from ganzoo.metrics.arrays import check_count, check_features

BLOCK = 250  # rows whose kernel is taken at once: it stays in the cache


def kernel_distance(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> float:
    """Mean of the unbiased squared MMD over random subsets of both sets.

    The kernel is (x.y / d + 1)^3. Binkowski et al. 2018 (arXiv 1801.01401), section 4:
    unlike the Frechet distance its expectation does not depend on N, is 0 for equal
    distributions, and single values may be negative. State the subsets beside it.

    Args:
        real: features `(N, d)`.
        fake: features `(M, d)`.
        subsets: how many pairs of subsets are drawn.
        subset_size: samples in each, drawn without replacement; at most N and M.
        seed: of the draw.

    Raises:
        ValueError: NaN, infinite or constant features, other widths, uint8 beside
            floats, fewer samples than `subset_size`.
    """
    real, fake = check_features(real=real, fake=fake)
    rows = kernel_subsets(
        len(real), len(fake), subsets=subsets, subset_size=subset_size, seed=seed
    )
    return float(_distances(real, fake, *rows).mean())


def kernel_subsets(
    real_count: int,
    fake_count: int,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Draws the rows of real and of fake samples, each `(subsets, subset_size)`."""
    check_count("subsets", subsets, 1, 1_000_000)
    check_count("subset_size", subset_size, 2, min(real_count, fake_count))
    rng = np.random.default_rng(seed)
    draws = [
        [rng.choice(count, subset_size, replace=False) for _ in range(subsets)]
        for count in (real_count, fake_count)
    ]
    return np.array(draws[0]), np.array(draws[1])


def kernel_distances(
    real: np.ndarray,
    fake: np.ndarray,
    real_rows: np.ndarray,
    fake_rows: np.ndarray,
) -> np.ndarray:
    """The unbiased squared MMD of each pair of subsets: its spread, and parity.

    Args:
        real: features `(N, d)`.
        fake: features `(M, d)`.
        real_rows: `(subsets, subset_size)`, rows of real; see `kernel_subsets`.
        fake_rows: `(subsets, subset_size)`, rows of fake.

    Returns:
        `(subsets,)`; `kernel_distance` is its mean, its `std()` the usual spread.

    Raises:
        ValueError: as `kernel_distance`.
    """
    return _distances(*check_features(real=real, fake=fake), real_rows, fake_rows)


def _distances(real, fake, real_rows, fake_rows) -> np.ndarray:
    pairs = zip(real_rows, fake_rows, strict=True)
    return np.array([_squared_mmd(real[r], fake[f]) for r, f in pairs])


def _squared_mmd(x: np.ndarray, y: np.ndarray) -> float:
    x, y = _with_one(x), _with_one(y)
    return _mean_of_pairs(x) + _mean_of_pairs(y) - 2 * _mean(x, y)


def _with_one(x: np.ndarray) -> np.ndarray:
    """Rows whose inner products are x.y / d + 1."""
    scaled = x.astype(np.float64) / math.sqrt(x.shape[1])
    return np.concatenate([scaled, np.ones((len(x), 1))], axis=1)


def _mean(x: np.ndarray, y: np.ndarray) -> float:
    blocks = range(0, len(x), BLOCK)
    return sum(_cubes(x[i : i + BLOCK], y) for i in blocks) / (len(x) * len(y))


def _mean_of_pairs(x: np.ndarray) -> float:
    """Mean kernel of two different samples: without its diagonal it is unbiased."""
    total = 0.0
    for i in range(0, len(x), BLOCK):
        block, later = x[i : i + BLOCK], x[i + BLOCK :]
        own = np.einsum("ij,ij->i", block, block)
        total += _cubes(block, block) - np.sum(own**3) + 2 * _cubes(block, later)
    return total / (len(x) * (len(x) - 1))


def _cubes(x: np.ndarray, y: np.ndarray) -> float:
    """Sum of the cubes of all inner products."""
    inner = x @ y.T
    return np.vdot(inner * inner, inner)
