import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from ganzoo.metrics import two_sample_accuracies, two_sample_accuracy

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shift", [0, 0.5, 2])
def test_parity_with_the_neighbours_of_scikit_learn(shift):
    real, fake = RNG.standard_normal((2, 60, 3))
    fake = fake + shift
    x, y = np.concatenate([real, fake]), np.repeat([0, 1], 60)
    # Without an argument, the neighbours of each sample leave it out.
    _, rows = NearestNeighbors(n_neighbors=1).fit(x).kneighbors()
    right = y[rows[:, 0]] == y
    assert two_sample_accuracy(real, fake) == pytest.approx(right.mean())
    expected = {"real": right[:60].mean(), "fake": right[60:].mean()}
    assert two_sample_accuracies(real, fake) == pytest.approx(expected)


def test_equal_distributions_are_at_chance_and_far_ones_at_1():
    real, fake = RNG.standard_normal((2, 2000, 2))
    # Each answer is a coin of deviation 0.5, and neighbours make pairs of them.
    assert two_sample_accuracy(real, fake) == pytest.approx(0.5, abs=0.04)
    assert two_sample_accuracy(real, fake + 100) == 1


def test_copies_are_below_chance():
    real = RNG.standard_normal((100, 4))
    assert two_sample_accuracy(real, real.copy()) == 0


def test_fakes_in_the_middle_of_modes_are_near_to_all():
    modes = 50 * np.eye(100)[np.arange(200) % 4]
    real, fake = modes + RNG.standard_normal((200, 100)), modes + 0.1
    fake = fake + RNG.normal(0, 0.01, fake.shape)
    scores = two_sample_accuracies(real, fake)
    assert scores["fake"] == 1 and scores["real"] < 0.1
    assert two_sample_accuracy(real, fake) == np.mean(list(scores.values()))


def test_a_tie_counts_one_half():
    real, fake = np.array([[0.0], [2.0]]), np.array([[1.0], [9.0]])
    # Real 0: nearest fake at 1. Real 2: fake at 1. Fake 1: real at 1. Fake 9: real.
    assert two_sample_accuracies(real, fake) == {"real": 0, "fake": 0}
    real = np.array([[0.0], [1.0]])
    # Real 1 is at 1 from real 0 and at 1 from fake 2; fake 9 is nearer to fake 2.
    scores = two_sample_accuracies(real, np.array([[2.0], [9.0]]))
    assert scores == {"real": 0.75, "fake": 0.5}


def test_refuses_sets_of_other_sizes():
    with pytest.raises(ValueError, match="as many fakes.* 9 real and 8 fake"):
        two_sample_accuracy(RNG.random((9, 2)), RNG.random((8, 2)))
    with pytest.raises(ValueError, match="at least 2"):
        two_sample_accuracy(RNG.random((1, 2)), RNG.random((1, 2)))
