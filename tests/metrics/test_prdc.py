import numpy as np
import prdc
import pytest
from feature_sets import feature_sets

from ganzoo.metrics import precision_recall, precision_recall_left_out

SETS = feature_sets()
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("name", SETS)
def test_equal_to_prdc(name, k):
    real, fake = SETS[name]
    expected = prdc.compute_prdc(real, fake, k)
    assert precision_recall(real, fake, k) == pytest.approx(expected, rel=1e-12)


def test_by_hand():
    real = np.array([[0.0], [1.0], [3.0], [10.0]])  # radii to the first: 1, 1, 2, 7
    fake = np.array([[0.5], [1.5], [4.5], [-0.5]])  # radii 1, 1, 3, 1
    # Balls of reals: (-1, 1), (0, 2), (1, 5), (3, 17). Each fake lies in 2, 2, 2, 1.
    # Balls of fakes: (-.5, 1.5), (.5, 2.5), (1.5, 7.5), (-1.5, .5) hold 0, 1 and 3.
    assert precision_recall(real, fake, k=1) == {
        "precision": 1.0,
        "recall": 0.75,
        "density": 7 / 4,
        "coverage": 1.0,
    }


def test_the_surface_of_a_ball_is_outside():
    real, fake = np.array([[0.0], [1.0]]), np.array([[2.0], [2.5]])
    scores = precision_recall(real, fake, k=1)
    assert scores["precision"] == scores["coverage"] == 0


def test_precision_is_of_fakes_and_recall_of_reals():
    real = RNG.standard_normal((300, 2))
    narrow, wide = (
        RNG.standard_normal((300, 2)) * 0.2,
        RNG.standard_normal((300, 2)) * 5,
    )
    few = precision_recall(real, narrow)
    assert few["precision"] > 0.98 and few["recall"] < 0.3
    far = precision_recall(real, wide)
    assert far["precision"] < 0.3 and far["recall"] > 0.95


def test_copies_make_balls_of_no_size():
    real = RNG.standard_normal((50, 3)) + 100
    fake = np.tile(real[3], (50, 1))
    scores = precision_recall(real, fake)
    assert scores["precision"] == 1 and scores["recall"] == 0
    assert scores["coverage"] == pytest.approx((5 + 1) / 50, abs=0.1)


def test_refuses_no_more_samples_than_k():
    few, many = RNG.random((5, 2)), RNG.random((9, 2))
    for real, fake in ((few, many), (many, few)):
        with pytest.raises(ValueError, match="k must be.* from 1 to 4. Received: 5"):
            precision_recall(real, fake)
    with pytest.raises(ValueError, match="k must be"):
        precision_recall(many, many, k=0)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("name", SETS)
def test_left_out_groups_are_as_absent_samples(name, k):
    real, fake = SETS[name]
    group = RNG.integers(0, 3, len(fake))
    found = precision_recall_left_out(real, fake, group, k)
    assert len(found) == 3
    for g, values in enumerate(found):
        expected = precision_recall(real, fake[group != g], k)
        assert values == pytest.approx(expected, rel=1e-12)


def test_too_few_samples_outside_a_group_are_refused():
    with pytest.raises(ValueError, match="k must be a whole number from 1 to 2"):
        precision_recall_left_out(
            RNG.normal(size=(9, 2)), RNG.normal(size=(9, 2)), np.arange(9) // 6, k=3
        )
