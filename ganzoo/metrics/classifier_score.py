"""Classifier score: the formula of the Inception Score on any classifier."""

import itertools

import numpy as np
from scipy.special import rel_entr

from ganzoo.metrics.arrays import check_count, check_finite


def classifier_score(
    probabilities: np.ndarray, splits: int = 10
) -> tuple[float, float]:
    """exp of the mean KL of p(y|x) from p(y): 1 is worst, the number of classes best.

    Salimans et al. 2016 (arXiv 1606.03498), section 4; with the Inception network it
    is the Inception Score. The marginal p(y) is computed for each split. 0 log 0 counts
    as 0, so no epsilon is added.

    Args:
        probabilities: p(y|x) of generated samples, `(N, classes)`, in random order:
            splits are consecutive rows, and rows that are sorted by class score
            lower.
        splits: number of parts that the samples are cut into; 10 is usual, and 1 gives
            another score.

    Returns:
        Mean and standard deviation of the splits' scores.

    Raises:
        ValueError: rows that are not distributions (logits, NaN), fewer samples than
            splits.
    """
    p = np.asarray(probabilities)
    if p.ndim != 2 or p.shape[1:] < (2,) or not len(p) or p.dtype.kind != "f":
        raise ValueError(
            "probabilities must be floats of shape (N, classes). "
            f"Received: {p.dtype} of shape {p.shape}."
        )
    check_finite("probabilities", p)
    p = p.astype(np.float64)
    error = np.abs(p.sum(axis=1) - 1).max()
    if p.min() < 0 or error > 1e-3:
        raise ValueError(
            "Each row of probabilities must be >= 0 and sum to 1 (are these logits?). "
            f"Received: least value {p.min():.3g}, a sum that is off by {error:.3g}."
        )
    check_count("splits", splits, 1, len(p))
    edges = np.arange(splits + 1) * len(p) // splits
    parts = [p[a:b] for a, b in itertools.pairwise(edges)]
    scores = [
        np.exp(rel_entr(part, part.mean(axis=0)).sum(axis=1).mean()) for part in parts
    ]
    return float(np.mean(scores)), float(np.std(scores))
