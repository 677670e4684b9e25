import numpy as np
import pytest
from scipy.stats import t

from ganzoo.metrics import GROUPS, frechet_distance, jackknife_margin

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


def test_the_interval_of_a_distance_is_as_wide_as_fresh_samples_spread():
    """Away from the real data; at the real data, where it is 0, it is wider."""
    shift = np.array([1.0, 0, 0, 0])
    away, at = np.mean([(ratio(shift), ratio(0 * shift)) for _ in range(20)], axis=0)
    assert 0.8 < away < 1.25
    assert 1.1 < at < 2


def ratio(moved):
    """Standard error by the jackknife, divided by the deviation of fresh samples."""
    real, fakes = RNG.standard_normal((300, 4)), RNG.standard_normal((60, 300, 4))
    fakes += moved
    spread = np.std([frechet_distance(real, fake) for fake in fakes], ddof=1)
    group = np.arange(300) % GROUPS
    margins = [
        jackknife_margin(
            [frechet_distance(real, fake[group != g]) for g in range(GROUPS)]
        )
        for fake in fakes[:20]
    ]
    return np.sqrt(np.mean(np.square(margins))) / t.ppf(0.975, GROUPS - 1) / spread


@pytest.mark.parametrize("values", [[1.0], [], 2.0, [[1.0, 2.0]], [1.0, np.nan]])
def test_scores_without_an_interval(values):
    with pytest.raises(ValueError, match="finite scores .* of at least 2 groups"):
        jackknife_margin(values)
