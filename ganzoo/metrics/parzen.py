"""Parzen-window estimate of the log-likelihood of test data under a generator."""

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from ganzoo.metrics.arrays import check_features, squared_distances

PARZEN_SIGMAS = tuple(np.logspace(-1, 0, 10))
"""The grid of Goodfellow et al. 2014, for pixels in [0, 1]."""


def parzen_log_likelihood(test: np.ndarray, samples: np.ndarray, sigma: float) -> float:
    """Mean log-density, in nats, of test data under Gaussians at the samples.

    log p(x) = log mean_s exp(-|x - s|^2 / (2 sigma^2)) - d log(sigma sqrt(2 pi)), with
    the protocol of Goodfellow et al. 2014 (arXiv 1406.2661), section 5: 10,000 samples
    in [0, 1], `sigma` from `parzen_sigma` on validation data, all test data. Known to
    mislead (Theis et al. 2016, arXiv 1511.01844): k-means centres beat real data.

    Args:
        test: `(N, d)`, floats.
        samples: `(M, d)`, floats in the same range.
        sigma: width of the window.

    Raises:
        ValueError: NaN, infinite or constant data, different widths, integers (a
            density needs continuous values: scale to [0, 1]), `sigma` <= 0.
    """
    return float(parzen_log_likelihoods(test, samples, sigma).mean())


def parzen_log_likelihoods(
    test: np.ndarray, samples: np.ndarray, sigma: float
) -> np.ndarray:
    """`parzen_log_likelihood` of each test sample, `(N,)`.

    `std() / sqrt(N)` is the published error: it reflects the test data alone, and is
    smaller than the spread between trained models.

    Raises:
        ValueError: as `parzen_log_likelihood`.
    """
    test, samples = _check(test=test, samples=samples)
    return _log_densities(test, samples, [sigma])[0]


def parzen_sigma(
    validation: np.ndarray, samples: np.ndarray, sigmas: Sequence[float] = PARZEN_SIGMAS
) -> float:
    """Returns the sigma with the highest mean log-likelihood of validation data.

    Args:
        validation: `(N, d)`, outside both training and test data; the published
            protocol takes the first 1,000 of MNIST's last 10,000 training images.
        samples: `(M, d)`.
        sigmas: candidates.

    Raises:
        ValueError: as `parzen_log_likelihood`.
    """
    validation, samples = _check(validation=validation, samples=samples)
    means = _log_densities(validation, samples, sigmas).mean(axis=1)
    return float(sigmas[means.argmax()])


def _check(**arrays) -> list[np.ndarray]:
    checked = check_features(**arrays)
    for name, array in zip(arrays, checked, strict=True):
        if array.dtype.kind != "f":
            raise ValueError(
                f"{name} must be floats, scaled to [0, 1]. Received: {array.dtype}."
            )
    return checked


def _log_densities(
    points: np.ndarray, samples: np.ndarray, sigmas: Sequence[float]
) -> np.ndarray:
    """`(sigmas, N)`, from one pass over the distances."""
    widths = np.asarray(sigmas, float)
    if not widths.size or not (widths > 0).all():
        raise ValueError(f"sigma must be > 0. Received: {widths.tolist()}.")
    total = np.full((len(widths), len(points)), -np.inf)
    for r, _, block in squared_distances(points, samples):
        for i, sigma in enumerate(widths):
            part = logsumexp(block / (-2 * sigma**2), axis=1)
            total[i, r] = np.logaddexp(total[i, r], part)
    constant = np.log(len(samples)) + points.shape[1] * np.log(
        widths * np.sqrt(2 * np.pi)
    )
    return total - constant[:, None]
