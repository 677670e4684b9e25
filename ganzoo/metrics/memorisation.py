"""Memorisation: nearest neighbours of samples, against held-out data."""

import numpy as np
from scipy.stats import mannwhitneyu

from ganzoo.metrics.arrays import check_count, check_features, nearest

ENOUGH = 20  # samples of a cell that counts


class NoCell(ValueError):
    """No cell has enough samples and held-out data to be judged."""


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
    space at once. It misses copies that other samples outweigh: also look at `copies`
    and the smallest of `nearest_distances`.

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
    sets = samples, heldout
    return memorisation_of(*(nearest_distances(x, reference)[0] for x in sets))


def memorisation_of(distances: np.ndarray, held: np.ndarray) -> dict[str, float]:
    """`memorisation` from known distances of `nearest_distances`.

    Args:
        distances: `(N,)`, of samples to the training set.
        held: `(M,)`, of held-out data to the training set.

    Returns:
        The values of `memorisation`, by name.
    """
    pairs = len(distances) * len(held)
    return {
        "median": float(np.median(distances)),
        "heldout_median": float(np.median(held)),
        "nearer": float(mannwhitneyu(held, distances).statistic / pairs),
        "copies": float((distances == 0).mean()),
    }


def data_copying(
    samples: np.ndarray, heldout: np.ndarray, reference: np.ndarray, *, cells: int = 5
) -> float:
    """C_T: below 0, samples are nearer to the training set than held-out data are.

    Meehan et al. 2020 (arXiv 2004.05675), section 4. K-means of the training set makes
    the cells. In each, the Mann-Whitney statistic of the distances to the cell's own
    training samples becomes a z-score; C_T is their mean, weighted by the held-out
    samples of a cell. Around 0 within 2 for the real distribution, far below for
    copies, even of a single cell, and above for samples that miss the training set.

    Args:
        samples: `(N, d)`.
        heldout: `(M, d)`, real data outside the training set.
        reference: `(R, d)`, the training set.
        cells: number of cells; those with fewer than 20 samples, or without held-out
            data, do not count.

    Returns:
        C_T, in standard deviations.

    Raises:
        NoCell: no cell counts.
        ValueError: as `nearest_distances`.
    """
    from sklearn.cluster import KMeans

    sets = check_features(samples=samples, heldout=heldout, reference=reference)
    check_count("cells", cells, 1, len(reference))
    means = KMeans(cells, n_init=1, random_state=0).fit(sets[2])
    places = [means.predict(x) for x in sets]
    scores, weights = [], []
    for cell in range(cells):
        q, p, t = (x[at == cell] for x, at in zip(sets, places, strict=True))
        if len(q) < ENOUGH or not len(p):
            continue
        far, near = nearest(q, t)[0], nearest(p, t)[0]
        u = mannwhitneyu(far, near).statistic
        pairs = len(q) * len(p)
        deviation = np.sqrt(pairs * (len(q) + len(p) + 1) / 12)
        scores.append((u - pairs / 2) / deviation)
        weights.append(len(p))
    if not scores:
        raise NoCell(
            f"None of {cells} cells has {ENOUGH} of the {len(samples)} samples and "
            "held-out data. Needed are more samples, or fewer cells."
        )
    return float(np.average(scores, weights=weights))


def authenticity(samples: np.ndarray, reference: np.ndarray) -> float:
    """Share of samples that are not near copies of a training sample: AuthPct / 100.

    A sample is authentic if its nearest training sample has another training sample
    nearer to it than the sample is (Alaa et al. 2022, arXiv 2102.08921). Copies give
    0; good new samples about a half, more in high dimension.

    Args:
        samples: `(N, d)`.
        reference: `(R, d)`, the training set, R > 1.

    Raises:
        ValueError: as `nearest_distances`; a single training sample.
    """
    return authenticity_of(*nearest_distances(samples, reference), reference)


def authenticity_of(
    distances: np.ndarray, places: np.ndarray, reference: np.ndarray
) -> float:
    """`authenticity` from known `nearest_distances` of the samples.

    Args:
        distances: `(N,)`, of samples to the training set.
        places: `(N,)`, rows of their nearest training samples.
        reference: `(R, d)`, the training set, R > 1.

    Returns:
        A share from 0 to 1.

    Raises:
        ValueError: a single training sample.
    """
    if len(reference) < 2:
        raise ValueError("reference: needed are at least 2 samples. Received: 1.")
    rows, place = np.unique(places, return_inverse=True)
    others, _ = nearest(reference[rows], reference, own=rows)
    return float((np.sqrt(others)[place] < distances).mean())
