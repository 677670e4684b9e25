import numpy as np
import pytest
from scipy.stats import t

from ganzoo.metrics import GROUPS, jackknife_margin

RNG = np.random.default_rng(0)


def _left_out(samples):
    group = np.arange(len(samples)) % GROUPS
    return [samples[group != g].mean() for g in range(GROUPS)]


def test_the_margin_of_a_mean_is_that_of_its_groups():
    """The jackknife of a mean is exact: the standard error of the groups' means."""
    x = RNG.standard_normal(200)
    means = x.reshape(-1, GROUPS).mean(axis=0)
    error = means.std(ddof=1) / np.sqrt(GROUPS)
    expected = t.ppf(0.975, GROUPS - 1) * error
    assert jackknife_margin(_left_out(x)) == pytest.approx(expected)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    held = [
        abs(x.mean()) < jackknife_margin(_left_out(x))
        for x in RNG.standard_normal((400, 100))
    ]
    assert 0.92 < np.mean(held) < 0.98
