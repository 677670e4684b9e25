"""Memorisation: nearest neighbours of samples, against held-out data."""

import numpy as np
from scipy.stats import mannwhitneyu

from ganzoo.metrics.arrays import check_features, nearest


def nearest_distances(
    samples: np.ndarray, reference: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Euclidean distance of each sample to its nearest reference, and its row.

    Args:
        samples: `(N, d)`.
        reference: `(M, d)`, such as the training set.

    Returns:
        Distances `(N,)` and rows of reference `(N,)`; 0 is a copy.

    Raises:
        ValueError: NaN, infinite or constant samples, different widths, uint8 next to
            floats.
    """
    samples, reference = check_features(samples=samples, reference=reference)
    squared, index = nearest(samples, reference)
    return np.sqrt(squared), index


def memorisation(
    samples: np.ndarray, heldout: np.ndarray, reference: np.ndarray
) -> dict[str, float]:
    """Tests if samples are nearer to the training set than held-out real data.

    The comparison of Meehan et al. 2020 (arXiv 2004.05675), section 3, over the whole
    space at once. It misses copies that other samples outweigh: look at `copies` and
    the smallest of `nearest_distances`, too.

    Args:
        samples: `(N, d)`.
        heldout: `(M, d)`, real data outside the training set.
        reference: `(R, d)`, the training set.

    Returns:
        `median` of the samples' nearest distances and `heldout_median`; `nearer`, the
        chance that a sample is nearer to its reference than held-out data, ties one
        half: 0.5 is expected of the real distribution, 1 of copies; `copies`, the
        share at distance 0.

    Raises:
        ValueError: as `nearest_distances`.
    """
    distances, _ = nearest_distances(samples, reference)
    held, _ = nearest_distances(heldout, reference)
    pairs = len(distances) * len(held)
    return {
        "median": float(np.median(distances)),
        "heldout_median": float(np.median(held)),
        "nearer": float(mannwhitneyu(held, distances).statistic / pairs),
        "copies": float((distances == 0).mean()),
    }
