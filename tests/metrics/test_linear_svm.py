import numpy as np
import pytest

from ganzoo.metrics import linear_svm_accuracy

RNG = np.random.default_rng(0)
X = RNG.standard_normal((600, 4))
Y = (X[:, 0] > 0).astype(int) + 2 * (X[:, 1] > 0)
TRAIN, TEST = slice(0, 400), slice(400, 600)


def test_finds_what_a_plane_separates_whatever_its_scale():
    y = (X[:, 0] > 0).astype(int)
    scaled = X * [1e-4, 1, 1e4, 1] + [0, 0, 1e5, 3]
    found = linear_svm_accuracy(scaled[TRAIN], y[TRAIN], scaled[TEST], y[TEST])
    assert found > 0.95


def test_more_than_two_classes():
    # One plane a class, of four quadrants: better than chance, 0.25, by far.
    assert linear_svm_accuracy(X[TRAIN], Y[TRAIN], X[TEST], Y[TEST]) > 0.8


def test_what_no_plane_separates_is_at_chance():
    y = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int)
    found = linear_svm_accuracy(X[TRAIN], y[TRAIN], X[TEST], y[TEST])
    assert found == pytest.approx(0.5, abs=0.15)


def test_the_score_is_of_the_test_set():
    wrong = linear_svm_accuracy(X[TRAIN], Y[TRAIN], X[TEST], 3 - Y[TEST])
    assert wrong < 0.1


def test_refuses_labels_that_do_not_fit():
    with pytest.raises(ValueError, match="train: one whole number.*400"):
        linear_svm_accuracy(X[TRAIN], Y[TEST], X[TEST], Y[TEST])
    with pytest.raises(ValueError, match="test: one whole number.*float64"):
        linear_svm_accuracy(X[TRAIN], Y[TRAIN], X[TEST], Y[TEST] * 1.0)
    with pytest.raises(ValueError, match="two classes. Received: only 0"):
        linear_svm_accuracy(X[TRAIN], 0 * Y[TRAIN], X[TEST], Y[TEST])
    with pytest.raises(ValueError, match="train: 1 of 400 samples hold NaN"):
        bad = np.where(np.arange(400)[:, None] == 3, np.nan, X[TRAIN])
        linear_svm_accuracy(bad, Y[TRAIN], X[TEST], Y[TEST])
    with pytest.raises(ValueError, match="one shape"):
        linear_svm_accuracy(X[TRAIN], Y[TRAIN], X[TEST][:, :3], Y[TEST])
