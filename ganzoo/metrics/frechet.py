"""Frechet distance between Gaussians fitted to two sets of features."""

import dataclasses
from functools import cached_property

import numpy as np
from scipy.special import entr

from ganzoo.metrics.arrays import check_features, slices

_BLOCK = 1024  # rows that are converted to float64 at once


@dataclasses.dataclass(frozen=True, eq=False)
class Gaussian:
    """Mean `(d,)` and covariance `(d, d)` of `count` samples: a set's statistics."""

    mean: np.ndarray
    covariance: np.ndarray
    count: int

    @cached_property
    def factor(self) -> np.ndarray:
        """L `(d, rank)`, covariance = L L^T; directions without variance are left out.

        Their eigenvalues are rounding errors of either sign, and a square root turns
        1e-16 into 1e-8.
        """
        values, vectors = np.linalg.eigh(self.covariance)
        eps = np.finfo(float).eps
        floor = len(values) * eps * max(values[-1], eps * (self.mean @ self.mean))
        # n samples span n - 1 directions, whatever rounding says.
        chosen = (values > floor) & (np.arange(len(values))[::-1] < self.count - 1)
        return vectors[:, chosen] * np.sqrt(values[chosen])

    @property
    def rank(self) -> int:
        """Directions in which the samples vary; the covariance is singular below d."""
        return self.factor.shape[1]

    @property
    def trace(self) -> float:
        """Trace of the covariance."""
        return float(np.trace(self.covariance))


@dataclasses.dataclass(frozen=True, eq=False)
class _Few:
    """Gaussian of no more samples than dimensions: needs no `(d, d)` matrix."""

    mean: np.ndarray
    factor: np.ndarray  # L (d, N), covariance = L L^T

    @property
    def rank(self) -> int:
        most = self.factor.shape[1] - 1  # see `Gaussian.factor`
        return min(most, int(np.linalg.matrix_rank(self.factor)))

    @property
    def trace(self) -> float:
        return float(np.sum(self.factor**2))


def fit_gaussian(features: np.ndarray) -> Gaussian:
    """Mean and unbiased covariance of features `(N, d)`, N > 1, in float64.

    Raises:
        ValueError: see `frechet_distance`.
    """
    (features,) = check_features(features=features)
    return _fit(features, _mean("features", features))


def _mean(name: str, features: np.ndarray) -> np.ndarray:
    if len(features) < 2:
        raise ValueError(f"{name}: a covariance needs at least 2 samples. Received: 1.")
    return features.mean(axis=0, dtype=np.float64)


def _fit_best(name: str, features: np.ndarray) -> Gaussian | _Few:
    mean = _mean(name, features)
    if len(features) > len(mean):
        return _fit(features, mean)
    return _Few(mean, (features - mean).T / np.sqrt(len(features) - 1))


def _fit(features: np.ndarray, mean: np.ndarray) -> Gaussian:
    covariance = np.zeros((len(mean), len(mean)))
    for rows in slices(len(features), _BLOCK):
        centered = features[rows] - mean
        covariance += centered.T @ centered
    return Gaussian(mean, covariance / (len(features) - 1), len(features))


def frechet_distance(real: np.ndarray | Gaussian, fake: np.ndarray | Gaussian) -> float:
    """Squared Frechet distance of the Gaussians of two sets, 0 for equal ones.

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)): Dowson and Landau 1982; on features of
    the original Inception network it is the FID of Heusel et al. 2017 (arXiv
    1706.08500); on any other features it is not, and must not be called so. It falls
    with N, so compare at equal N only.

    The trace of the square root is the sum of the singular values of L1^T L2, where
    S = L L^T. This needs no root of an asymmetric product, and holds for singular
    covariances, such as the covariance of fewer samples than dimensions: the Frechet
    distance is defined for them as well. `frechet_parts` returns their ranks.

    Args:
        real: features `(N, d)`, or the `fit_gaussian` of them.
        fake: features `(M, d)`, or the `fit_gaussian` of them.

    Raises:
        ValueError: NaN, infinite or constant features, fewer than 2 samples,
            different widths, uint8 next to floats.
    """
    return frechet_parts(real, fake)["distance"]


def frechet_parts(
    real: np.ndarray | Gaussian, fake: np.ndarray | Gaussian
) -> dict[str, float | int]:
    """`frechet_distance` and its parts.

    Returns:
        `distance`, the sum of `means` (of their squared difference) and `covariances`;
        `real_rank` and `fake_rank` of the covariances and their `dimensions`: a rank
        below it means a singular covariance, whose distance is exact for the samples
        but far above the distance of the distributions.

    Raises:
        ValueError: as `frechet_distance`.
    """
    sets = {"real": real, "fake": fake}
    arrays = {k: v for k, v in sets.items() if not isinstance(v, Gaussian)}
    arrays = dict(zip(arrays, check_features(**arrays), strict=True))
    fits: dict[str, Gaussian | _Few] = {
        name: fit for name, fit in sets.items() if isinstance(fit, Gaussian)
    }
    fits |= {name: _fit_best(name, x) for name, x in arrays.items()}
    a, b = fits["real"], fits["fake"]
    if a.mean.shape != b.mean.shape:
        raise ValueError(
            "Features must have one width. Received: "
            f"real {len(a.mean)} and fake {len(b.mean)}."
        )
    difference = a.mean - b.mean
    root = np.linalg.svd(a.factor.T @ b.factor, compute_uv=False).sum()
    traces = a.trace + b.trace
    means = float(difference @ difference)
    covariances = max(0.0, float(traces - 2 * root))
    return {
        "distance": means + covariances,
        "means": means,
        "covariances": covariances,
        "real_rank": a.rank,
        "fake_rank": b.rank,
        "dimensions": len(difference),
    }


def frechet_by_size(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    """The distance at a quarter and at half of the samples, and at infinitely many.

    The bias of a Frechet distance is about proportional to 1/N: a line in 1/N through
    the values at n/4, n/2 and n (means over 4, 2 and 1 disjoint parts of both sets)
    meets the axis at `infinity` (Chong and Forsyth 2020, arXiv 1911.07023, who keep
    the reference whole). It holds where n/4 is well above the rank of the features.

    Args:
        real: features `(N, d)`.
        fake: features `(M, d)`; both are cut to the shorter one.

    Returns:
        `quarter`, `half` and `infinity`, which may be below 0 by chance.

    Raises:
        ValueError: as `frechet_distance`; fewer than 8 samples.
    """
    n = min(len(real), len(fake))
    if n < 8:
        raise ValueError(f"Needed are at least 8 samples in each set. Received: {n}.")
    values = []
    for parts in (4, 2, 1):
        pairs = [(x[:n][i::parts] for x in (real, fake)) for i in range(parts)]
        values.append(float(np.mean([frechet_distance(*pair) for pair in pairs])))
    _, infinity = np.polyfit([4, 2, 1], values, 1)
    return {"quarter": values[0], "half": values[1], "infinity": float(infinity)}


def effective_rank(features: np.ndarray) -> float:
    """Number of directions that features fill: exp of the entropy of the eigenvalues.

    Of the covariance, as shares of its trace (Roy and Vetterli 2007, EUSIPCO): d for
    equal variances in d directions, 1 for a line, 0 for one sample over and over. A
    Frechet distance sees no more.

    Args:
        features: `(N, d)`, N > 1.

    Raises:
        ValueError: as `frechet_distance`.
    """
    (features,) = check_features(features=features)
    if len(features) > 1 and (features == features[0]).all():
        return 0.0
    factor = _fit_best("features", features).factor
    shares = np.linalg.eigvalsh(factor.T @ factor).clip(0)
    return float(np.exp(entr(shares / shares.sum()).sum()))
