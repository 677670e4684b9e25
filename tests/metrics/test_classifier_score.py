import json
from pathlib import Path

import numpy as np
import pytest
from feature_sets import logits
from scipy.special import softmax

from ganzoo.metrics import classifier_score

RECORDED = json.loads((Path(__file__).parent / "torch_fidelity.json").read_text())


@pytest.mark.parametrize("splits", [1, 10, 7])
def test_parity_with_torch_fidelity(splits):
    mean, spread = classifier_score(softmax(logits(), axis=1), splits)
    expected = RECORDED["classifier_score"][str(splits)]
    assert (mean, spread) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_by_hand():
    # Two sure rows and one undecided: p(y) is (1/2, 1/2).
    p = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    expected = np.exp((np.log(2) + np.log(2) + 0) / 3)
    assert classifier_score(p, splits=1) == (pytest.approx(expected), 0)


def test_the_best_is_the_number_of_classes_and_the_worst_one():
    assert classifier_score(np.tile(np.eye(10), (5, 1)), 1)[0] == pytest.approx(10)
    assert classifier_score(np.tile(np.eye(10)[0], (50, 1)))[0] == pytest.approx(1)
    assert classifier_score(np.full((50, 10), 0.1))[0] == pytest.approx(1)


def test_the_marginal_is_that_of_each_split():
    ordered = np.repeat(np.eye(2), 10, axis=0)
    assert classifier_score(ordered, splits=1)[0] == pytest.approx(2)
    assert classifier_score(ordered, splits=2) == pytest.approx((1, 0))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (logits(), "are these logits"),
        (np.full((20, 10), 0.2), "off by 1"),
        (np.full((20, 10), np.nan), "NaN"),
        (np.full(20, 1.0), "floats of shape"),
        (np.ones((20, 1)), "floats of shape"),
        (np.eye(10, dtype=int), "Received: int64"),
        (np.full((5, 2), 0.5), "splits must be a whole number from 1 to 5"),
    ],
)
def test_refuses_what_is_no_distribution(bad, message):
    with pytest.raises(ValueError, match=message):
        classifier_score(bad)
