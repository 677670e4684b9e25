import math

import numpy as np
import pytest

from ganzoo.metrics import class_coverage, mode_coverage

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


@pytest.mark.parametrize("std", [-1.0, 0.0, np.nan, np.inf])
def test_refuses_a_deviation_that_is_not_positive(std):
    with pytest.raises(ValueError, match="std must be a positive number"):
        mode_coverage(CENTERS, CENTERS, std=std)


def test_classes_by_hand():
    scores = class_coverage(np.array([0, 0, 2, 2, 2, 2, 3, 3]), 4)
    entropy = -(2 * 0.25 * math.log(0.25) + 0.5 * math.log(0.5))
    assert scores == {"modes": 3, "reverse_kl": pytest.approx(math.log(4) - entropy)}
    assert class_coverage(np.arange(10), 10) == {"modes": 10, "reverse_kl": 0}
    assert class_coverage(np.zeros(5, int), 10)["reverse_kl"] == pytest.approx(
        math.log(10)
    )


def test_against_the_classes_of_real_data():
    labels, reference = np.array([0, 0, 0, 1]), np.array([0.75, 0.25, 0.0])
    assert class_coverage(labels, 3, reference)["reverse_kl"] == pytest.approx(0)
    reversed_kl = 0.75 * math.log(3) + 0.25 * math.log(1 / 3)
    scores = class_coverage(labels, 3, reference[[1, 0, 2]])
    assert scores["reverse_kl"] == pytest.approx(reversed_kl)
    assert class_coverage(labels, 3, reference[[2, 0, 1]])["reverse_kl"] == math.inf


def test_stacked_labels_are_modes_by_their_order():
    labels = np.array([[1, 2, 3], [1, 2, 3], [3, 2, 1], [9, 9, 9]])
    scores = class_coverage(labels, 10)
    entropy = -(0.5 * math.log(0.5) + 2 * 0.25 * math.log(0.25))
    assert scores["modes"] == 3
    assert scores["reverse_kl"] == pytest.approx(math.log(1000) - entropy)


def test_the_floor_of_perfect_stacked_samples():
    labels = np.random.default_rng(0).integers(10, size=(26_000, 3))
    scores = class_coverage(labels, 10)
    assert scores["modes"] == 1000
    assert scores["reverse_kl"] == pytest.approx(999 / 52_000, abs=3e-3)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0, 10]), r"lie in 0..9. Received: 0 to 10"),
        (np.array([-1, 3]), r"lie in 0..9. Received: -1"),
        (np.array([0.0, 1.0]), "whole numbers.*float64"),
        (np.zeros(0, int), "N > 0"),
    ],
)
def test_refuses_what_are_no_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        class_coverage(labels, 10)


def test_refuses_a_reference_that_is_no_distribution():
    with pytest.raises(ValueError, match="shares of 3 modes.*sum 1.5"):
        class_coverage(np.array([0, 1]), 3, np.full(3, 0.5))
    with pytest.raises(ValueError, match=r"shares of 9 modes.*\(3,\)"):
        class_coverage(np.array([[0, 1]]), 3, np.full(3, 1 / 3))
    with pytest.raises(ValueError, match="shares of 2 modes.*the least -0.5"):
        class_coverage(np.array([0, 1]), 2, np.array([1.5, -0.5]))
