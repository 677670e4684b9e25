"""Jackknife: the uncertainty of a score that comes from its samples."""

import numpy as np
from scipy.stats import t

GROUPS = 10


def jackknife_margin(values: np.ndarray) -> float:
    """Half the width of the 95% interval of a score, by the delete-a-group jackknife.

    Args:
        values: `(groups,)`, the score of the samples without each group in turn.

    Returns:
        Student's t times the standard error (Efron and Tibshirani 1993, chapter 11):
        the root of (groups - 1) / groups times the sum of squared deviations.

    Raises:
        ValueError: fewer than two groups, or a score that is NaN or infinite.
    """
    values = np.asarray(values, float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(
            "Needed are finite scores (groups,) of at least 2 groups. "
            f"Received: {values.tolist()}."
        )
    groups = len(values)
    error = np.sqrt((groups - 1) * np.var(values))
    return float(t.ppf(0.975, groups - 1) * error)
