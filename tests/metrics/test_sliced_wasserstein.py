import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from ganzoo.metrics import monge_distance, sliced_wasserstein

RNG = np.random.default_rng(0)


def test_a_shift_in_one_dimension_is_its_distance():
    x = RNG.standard_normal((50, 1))
    assert sliced_wasserstein(x, x + 3, projections=4) == pytest.approx(3)


def test_a_shift_is_its_length_over_the_root_of_the_dimension():
    """E (theta . m)^2 = |m|^2 / d for theta on the sphere."""
    x = RNG.standard_normal((40, 20))
    found = sliced_wasserstein(x, x + 2, projections=4000)
    assert found == pytest.approx(2, rel=0.05)
    assert sliced_wasserstein(x, x + np.eye(20)[0]) == pytest.approx(20**-0.5, rel=0.1)


def test_gaussians_of_other_widths_differ_by_their_deviations():
    x, y = RNG.standard_normal((2, 20_000, 3))
    found = sliced_wasserstein(x, 1.5 * y, projections=50)
    assert found == pytest.approx(0.5, abs=0.02)


def test_sets_of_other_sizes_are_matched_exactly():
    """As if every sample were repeated to a common size."""
    x, y = RNG.standard_normal((6, 2)), RNG.standard_normal((4, 2))
    found = sliced_wasserstein(x, y, projections=9, seed=1)
    repeated = np.repeat(x, 2, axis=0), np.repeat(y, 3, axis=0)
    assert found == pytest.approx(sliced_wasserstein(*repeated, projections=9, seed=1))
    # Levels at 1/3, 1/2, 2/3: matched by hand.
    three, two = np.array([[0.0], [1.0], [5.0]]), np.array([[0.0], [4.0]])
    squares = [0 * 2, 1 * 1, 3**2 * 1, 1**2 * 2]
    expected = np.sqrt(sum(squares) / 6)
    assert sliced_wasserstein(three, two, projections=3) == pytest.approx(expected)


def test_no_less_than_the_1_wasserstein_distance_in_one_dimension():
    x, y = RNG.standard_normal((30, 1)), RNG.standard_normal((45, 1)) + 0.5
    least = wasserstein_distance(x[:, 0], y[:, 0])
    assert sliced_wasserstein(x, y, projections=2) >= least > 0.3


def test_symmetric_zero_on_itself_and_seeded():
    x, y = RNG.standard_normal((2, 30, 5))
    assert sliced_wasserstein(x, x[::-1].copy()) == 0
    assert sliced_wasserstein(x, y) == pytest.approx(sliced_wasserstein(y, x))
    assert sliced_wasserstein(x, y, seed=1) == sliced_wasserstein(x, y, seed=1)
    assert sliced_wasserstein(x, y, seed=1) != sliced_wasserstein(x, y, seed=2)


def test_refuses_no_projections():
    with pytest.raises(ValueError, match="projections must be"):
        sliced_wasserstein(np.eye(3), np.eye(3), projections=0)


def test_monge_distance_by_its_definition():
    """(3 d / n M) times the sum of squared differences of sorted projections."""
    real, fake = RNG.standard_normal((2, 50, 7))
    directions = np.random.default_rng(5).standard_normal((20, 7))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    a, b = (np.sort(x @ directions.T, axis=0) for x in (real, fake))
    expected = 3 * 7 / (50 * 20) * ((a - b) ** 2).sum()
    found = monge_distance(real, fake, projections=20, seed=5)
    assert found == pytest.approx(expected)


def test_monge_distance_of_a_shift_is_three_times_its_square():
    x = RNG.standard_normal((30, 16))
    assert monge_distance(x, x + 0.5, projections=4000) == pytest.approx(12, rel=0.05)
