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
    real, shift = RNG.standard_normal((300, 4)), np.array([1.0, 0, 0, 0])
    ratios = []
    for moved in (shift, 0 * shift):
        fakes = moved + RNG.standard_normal((60, 300, 4))
        spread = np.std([frechet_distance(real, fake) for fake in fakes], ddof=1)
        group = np.arange(300) % GROUPS
        margins = [
            jackknife_margin(
                [frechet_distance(real, fake[group != g]) for g in range(GROUPS)]
            )
            for fake in fakes[:20]
        ]
        error = np.sqrt(np.mean(np.square(margins))) / t.ppf(0.975, GROUPS - 1)
        ratios.append(error / spread)
    assert 0.8 < ratios[0] < 1.25
    assert 1.1 < ratios[1] < 2


@pytest.mark.parametrize("values", [[1.0], [], 2.0, [[1.0, 2.0]], [1.0, np.nan]])
def test_scores_without_an_interval(values):
    with pytest.raises(ValueError, match="finite scores .* of at least 2 groups"):
        jackknife_margin(values)
