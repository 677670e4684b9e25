"""The scores tell real digits from spoiled ones; the slow proof does so on MNIST."""

import numpy as np
import pytest
from sense import COPIED, EACH, ORDERED, REAL, Scorer, spoiled
from sklearn.datasets import load_digits

COUNT = 400


@pytest.fixture(scope="module")
def scores():
    images, labels = load_digits(return_X_y=True)
    images = np.rint(images * (255 / 16)).astype("uint8").reshape(-1, 8, 8, 1)
    rows = np.random.default_rng(0).permutation(len(images))
    pool, reference, rest = np.split(rows, [900, 900 + COUNT])
    sets = spoiled(images[reference], images[pool], labels[pool], COUNT)
    scorer = Scorer(images[reference], images[rest], images[rest], labels[rest], 32)
    return {name: scorer.scores(images) for name, images in sets.items()}


def _column(scores, name):
    return {key: row[name] for key, row in scores.items()}


LOWER = ["Frechet distance", "kernel distance", "sliced Wasserstein"]


@pytest.mark.parametrize("name", LOWER)
def test_distances_are_least_for_real_digits_and_rise_with_harm(scores, name):
    column = _column(scores, name)
    column.pop(COPIED)
    assert min(column, key=column.get) == REAL
    for kind in ORDERED.values():
        values = [column[key] for key in kind]
        assert values == sorted(values), kind


def test_coverage_is_best_for_real_digits_and_so_is_recall_but_for_noise(scores):
    column = _column(scores, "coverage")
    column.pop(COPIED)
    assert max(column, key=column.get) == REAL
    column = _column(scores, "recall")
    for name in (COPIED, *ORDERED["noise"]):  # noise makes the balls of fakes wide
        column.pop(name)
    assert max(column, key=column.get) == REAL


def test_the_two_sample_test_is_nearest_chance_for_real_digits(scores):
    column = _column(scores, "1-NN accuracy")
    assert min(column, key=lambda key: abs(column[key] - 0.5)) == REAL


def test_recall_and_coverage_catch_dropped_classes_and_precision_does_not(scores):
    real, half = scores[REAL], scores["five classes dropped"]
    assert half["precision"] > real["precision"] - 0.03
    assert half["recall"] < real["recall"] - 0.2
    assert half["coverage"] < real["coverage"] - 0.2
    assert half["class KL"] > real["class KL"] + 0.3


def test_what_fools_them(scores):
    real = scores[REAL]
    assert scores["one digit repeated"]["precision"] == 1
    assert scores[EACH]["classifier score"] > real["classifier score"]
    assert scores[COPIED]["Frechet distance"] < 1e-9
    assert scores[COPIED]["1-NN accuracy"] == 0
    assert scores[COPIED]["nearer than held-out"] > 0.95
