"""Precision, recall, density and coverage of nearest-neighbour manifolds."""

import numpy as np

from ganzoo.metrics.arrays import (
    check_count,
    check_features,
    kth_nearest,
    squared_distances,
)


def precision_recall(
    real: np.ndarray, fake: np.ndarray, k: int = 5
) -> dict[str, float]:
    """Fidelity and diversity, from balls that reach each sample's kth neighbour.

    Precision and recall: Kynkaanniemi et al. 2019 (arXiv 1904.06991), eq. 1 and 2.
    Density and coverage: Naeem et al. 2020 (arXiv 2002.09797), eq. 4 and 6. The kth
    neighbour of a sample does not count the sample itself, and a point on the surface
    of a ball is outside. Compare at equal N, M and k only.

    Args:
        real: features `(N, d)`, N > k.
        fake: features `(M, d)`, M > k.
        k: the neighbour that sets the radius; 5 in Naeem et al., 3 in Kynkaanniemi et
            al.

    Returns:
        `precision`, the share of fakes within a real ball; `recall`, the share of
        reals within a fake ball; `density`, real balls around a fake over k, 1 is
        expected for equal distributions and more is possible; `coverage`, the share of
        real balls that hold a fake.

    Raises:
        ValueError: NaN, infinite or constant features, different widths, uint8 next
            to floats, no more than `k` samples.
    """
    real, fake = check_features(real=real, fake=fake)
    check_count("k", k, 1, min(len(real), len(fake)) - 1)
    real_radii, fake_radii = kth_nearest(real, k), kth_nearest(fake, k)
    balls = np.zeros(len(fake), int)  # real balls around each fake
    recalled = np.zeros(len(real), bool)
    covered = np.zeros(len(real), bool)
    for r, f, distances in squared_distances(real, fake):
        within = distances < real_radii[r, None]
        balls[f] += within.sum(axis=0)
        covered[r] |= within.any(axis=1)
        recalled[r] |= (distances < fake_radii[f]).any(axis=1)
    return _shares(balls, recalled, covered, k)


def precision_recall_left_out(
    real: np.ndarray, fake: np.ndarray, group: np.ndarray, k: int = 5
) -> list[dict[str, float]]:
    """`precision_recall` of the fakes without each group in turn, at the cost of one.

    Args:
        real: features `(N, d)`, N > k.
        fake: features `(M, d)`, more than k outside each group.
        group: `(M,)`, the group of each fake, from 0.
        k: see `precision_recall`.

    Returns:
        A dict of `precision_recall` for each group.

    Raises:
        ValueError: as `precision_recall`.
    """
    real, fake = check_features(real=real, fake=fake)
    groups = group.max() + 1
    fewest = len(fake) - np.bincount(group).max()
    check_count("k", k, 1, min(len(real), fewest) - 1)
    members = [group == g for g in range(groups)]
    real_radii, fake_radii = kth_nearest(real, k), _radii(fake, members, k)
    balls = np.zeros(len(fake), int)
    recalled, covered = np.zeros((2, groups, len(real)), bool)
    for r, f, distances in squared_distances(real, fake):
        within = distances < real_radii[r, None]
        balls[f] += within.sum(axis=0)
        for g in range(groups):
            covered[g, r] |= within[:, members[g][f]].any(axis=1)
            recalled[g, r] |= (distances < fake_radii[g, f]).any(axis=1)
    rows = []
    for g in range(groups):
        others = np.delete(covered, g, axis=0)
        left = balls[~members[g]]
        rows.append(_shares(left, recalled[g], others.any(axis=0), k))
    return rows


def _shares(balls, recalled, covered, k):
    """The four figures, from counts by fake and answers by real sample."""
    return {
        "precision": float((balls > 0).mean()),
        "recall": float(recalled.mean()),
        "density": float(balls.mean() / k),
        "coverage": float(covered.mean()),
    }


def _radii(fake, members, k):
    """Squared distances (groups, M) to the kth neighbour outside a group.

    Those of its own members are below every distance: their balls hold nothing.
    """
    # The k + 1 nearest of each group, of which a sample itself is one.
    nearest = np.full((len(members), len(fake), k + 1), np.inf)
    for r, c, block in squared_distances(fake, fake):
        for of_group, chosen in zip(nearest, members, strict=True):
            merged = np.concatenate([of_group[r], block[:, chosen[c]]], axis=1)
            merged.partition(k, axis=1)
            of_group[r] = merged[:, : k + 1]
    radii = np.full((len(members), len(fake)), -np.inf)
    for g, chosen in enumerate(members):
        others = np.delete(nearest, g, axis=0)[:, ~chosen]
        flat = np.moveaxis(others, 0, 1).reshape((~chosen).sum(), -1)
        radii[g, ~chosen] = np.partition(flat, k, axis=1)[:, k]
    return radii
