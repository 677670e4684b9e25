import numpy as np
import pytest

from ganzoo import metrics
from ganzoo.metrics import arrays

RNG = np.random.default_rng(0)


def test_by_hand():
    real = np.array([[0.0], [1.0], [10.0]])
    # Own distances 2, 0, 0; the first is nearer to 1 (1) but not to 10 (8).
    assert metrics.matching_accuracy(real, np.array([[2.0], [1.0], [10.0]])) == 5 / 6
    # One image for all ties nowhere: nearer to 0 than to 1 and 10, and so on.
    assert metrics.matching_accuracy(real, np.array([[0.1], [0.1], [0.2]])) == 0.5


def test_others_are_those_of_the_same_label():
    real = np.array([[0.0], [1.0], [5.0], [6.0], [9.0]])
    fake = np.array([[0.1], [0.2], [5.2], [7.0], [0.0]])
    found = metrics.matching_accuracy(real, fake, np.array([0, 0, 1, 1, 2]))
    assert found == 3 / 4  # the last has no other


def test_equal_images_tie_and_chance_is_one_half(monkeypatch):
    real = np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 3.0]])
    assert metrics.matching_accuracy(real, real) == (0.75 + 0.75 + 1) / 3
    real, fake = RNG.normal(size=(2, 300, 5))
    whole = metrics.matching_accuracy(real, fake)
    assert abs(whole - 0.5) < 0.05
    monkeypatch.setattr(arrays, "ROWS", 7)
    monkeypatch.setattr(arrays, "COLUMNS", 64)
    assert metrics.matching_accuracy(real, fake) == whole


def test_what_cannot_be_matched_is_refused():
    real = RNG.normal(size=(3, 2))
    with pytest.raises(ValueError, match="3 real, 2 fake"):
        metrics.matching_accuracy(real, real[:2])
    with pytest.raises(ValueError, match="No two of the 3"):
        metrics.matching_accuracy(real, real, np.arange(3))
