import math

import numpy as np
import pytest

from ganzoo.metrics import mode_coverage

CENTERS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def test_hand_computed_scores():
    samples = [
        [0.0, 0.0],  # on centre 0
        [1.4, 0.0],  # 2.8 std from centre 0
        [1.6, 0.0],  # 3.2 std: low quality
        [10.0, 1.0],  # 2 std from centre 1
        [5.0, 5.0],  # far from all
    ]
    scores = mode_coverage(samples, CENTERS, std=0.5)
    assert scores["modes"] == 2
    assert scores["high_quality"] == pytest.approx(3 / 5)
    entropy = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
    assert scores["reverse_kl"] == pytest.approx(math.log(4) - entropy)


def test_every_centre_once_is_perfect():
    scores = mode_coverage(CENTERS, CENTERS, std=0.5)
    assert scores == {"modes": 4, "high_quality": 1.0, "reverse_kl": pytest.approx(0)}


def test_threshold_is_a_strict_radius_not_a_box():
    # 2.5 std along each axis is 3.54 std away.
    assert mode_coverage([[2.5, 2.5]], CENTERS, std=1.0)["modes"] == 0
    assert mode_coverage([[2.5, 2.5]], CENTERS, std=1.0, threshold=3.6)["modes"] == 1
    assert mode_coverage([[3.0, 0.0]], CENTERS, std=1.0)["modes"] == 0


def test_no_good_sample_scores_worst():
    scores = mode_coverage([[500.0, 500.0]], CENTERS, std=0.5)
    assert scores["modes"] == 0
    assert scores["reverse_kl"] == pytest.approx(math.log(4))


def test_a_perfect_sampler_scores_98_9_percent():
    rng = np.random.default_rng(0)
    samples = CENTERS[rng.integers(4, size=20_000)] + rng.normal(0, 0.1, (20_000, 2))
    scores = mode_coverage(samples, CENTERS, std=0.1)
    assert scores["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=3e-3)


@pytest.mark.parametrize("samples", [np.zeros((0, 2)), np.zeros((3, 5)), np.zeros(3)])
def test_refuses_samples_that_do_not_fit(samples):
    with pytest.raises(ValueError, match="do not fit"):
        mode_coverage(samples, CENTERS, std=1.0)


def test_refuses_nan():
    with pytest.raises(ValueError, match="1 of 2 samples hold NaN.*number 0"):
        mode_coverage([[np.nan, 0.0], [0.0, 0.0]], CENTERS, std=1.0)
