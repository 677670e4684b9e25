"""Kernel distance (KID): the unbiased squared MMD with a cubic kernel."""

import math

import numpy as np

from ganzoo.metrics.arrays import check_count, check_features, slices

BLOCK = 125  # rows whose kernel is computed at once, within the CPU cache


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
    unlike that of the Frechet distance, its expectation does not depend on N; it is 0
    for equal distributions, and single values may be negative. State the subsets with
    the value.

    Args:
        real: features `(N, d)`.
        fake: features `(M, d)`.
        subsets: number of pairs of subsets.
        subset_size: samples in each, drawn without replacement; at most N and M.
        seed: seed of the draw.

    Raises:
        ValueError: NaN, infinite or constant features, different widths, uint8 next
            to floats, fewer samples than `subset_size`.
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
    real: np.ndarray, fake: np.ndarray, real_rows: np.ndarray, fake_rows: np.ndarray
) -> np.ndarray:
    """Unbiased squared MMD of each pair of subsets, for its spread and for parity.

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
    real, fake = check_features(real=real, fake=fake)
    return _distances(real, fake, real_rows, fake_rows)


def kernel_distance_left_out(
    real: np.ndarray, fake: np.ndarray, group: np.ndarray
) -> list[float]:
    """Unbiased squared MMD without each group of fakes in turn, at the cost of one.

    Over all pairs of samples, whose subsets `kernel_distance` draws: both have the same
    expectation, and every sample the same share in them.

    Args:
        real: features `(N, d)`, N > 1.
        fake: features `(M, d)`, two or more outside each group.
        group: `(M,)`, the group of each fake, from 0.

    Returns:
        A distance for each group.

    Raises:
        ValueError: as `kernel_distance`.
    """
    real, fake = check_features(real=real, fake=fake)
    sizes = np.bincount(group)
    check_count("samples outside a group", len(fake) - sizes.max(), 2, len(fake))
    x = _with_one(real)
    parts = [_with_one(fake[group == g]) for g in range(len(sizes))]
    room = np.empty((2, BLOCK * max(len(x), *sizes)))
    # Sums of the kernel: a group with the real samples, and a group with another.
    across = np.array([_sum(y, x, room) for y in parts])
    within = np.zeros((len(parts), len(parts)))
    for i, y in enumerate(parts):
        within[i, i] = _sum_of_pairs(y, room)
        for j in range(i):
            within[i, j] = within[j, i] = _sum(y, parts[j], room)
    left = len(fake) - sizes
    # A group's row and column are taken out; both hold its own pairs.
    pairs = within.sum() - 2 * within.sum(axis=1) + within.diagonal()
    own = _mean_of_pairs(x, room) + pairs / (left * (left - 1))
    return (own - 2 * (across.sum() - across) / (left * len(x))).tolist()


def _distances(real, fake, real_rows, fake_rows) -> np.ndarray:
    # Fresh memory for every block would cost as much as the arithmetic.
    most = max(real_rows.shape[1], fake_rows.shape[1])
    room = np.empty((2, BLOCK * most))
    pairs = zip(real_rows, fake_rows, strict=True)
    return np.array([_squared_mmd(real[r], fake[f], room) for r, f in pairs])


def _squared_mmd(x: np.ndarray, y: np.ndarray, room: np.ndarray) -> float:
    x, y = _with_one(x), _with_one(y)
    own = _mean_of_pairs(x, room) + _mean_of_pairs(y, room)
    return own - 2 * _mean(x, y, room)


def _with_one(x: np.ndarray) -> np.ndarray:
    """Appends a column, so that inner products of rows are x.y / d + 1."""
    scaled = x.astype(np.float64) / math.sqrt(x.shape[1])
    return np.concatenate([scaled, np.ones((len(x), 1))], axis=1)


def _mean(x: np.ndarray, y: np.ndarray, room: np.ndarray) -> float:
    return _sum(x, y, room) / (len(x) * len(y))


def _mean_of_pairs(x: np.ndarray, room: np.ndarray) -> float:
    """Mean kernel of two different samples: unbiased without the diagonal."""
    return _sum_of_pairs(x, room) / (len(x) * (len(x) - 1))


def _sum(x: np.ndarray, y: np.ndarray, room: np.ndarray) -> float:
    return sum(_cubes(x[rows], y, room) for rows in slices(len(x), BLOCK))


def _sum_of_pairs(x: np.ndarray, room: np.ndarray) -> float:
    total = 0.0
    for rows in slices(len(x), BLOCK):
        block, later = x[rows], x[rows.stop :]
        own = np.einsum("ij,ij->i", block, block)
        total += _cubes(block, block, room) - np.sum(own**3)
        total += 2 * _cubes(block, later, room)
    return total


def _cubes(x: np.ndarray, y: np.ndarray, room: np.ndarray) -> float:
    """Sum of the cubes of all inner products, computed in the buffer `room`."""
    inner, squares = room[:, : len(x) * len(y)].reshape(2, len(x), len(y))
    np.matmul(x, y.T, out=inner)
    np.multiply(inner, inner, out=squares)
    return np.vdot(squares, inner)
