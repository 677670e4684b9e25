import json
from pathlib import Path

import numpy as np
import pytest
from feature_sets import feature_sets

from ganzoo.metrics import (
    Gaussian,
    effective_rank,
    fit_gaussian,
    frechet_by_size,
    frechet_distance,
    frechet_parts,
)

RECORDED = json.loads((Path(__file__).parent / "torch_fidelity.json").read_text())
SETS = feature_sets()
RNG = np.random.default_rng(0)


def _traces(real, fake):
    return real.var(axis=0, ddof=1).sum() + fake.var(axis=0, ddof=1).sum()


@pytest.mark.parametrize("name", SETS)
def test_parity_with_torch_fidelity(name):
    real, fake = SETS[name]
    expected = RECORDED["sets"][name]["frechet_distance"]
    tolerance = 1e-6 * _traces(real, fake)
    assert frechet_distance(real, fake) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("name", SETS)
def test_parity_with_the_sum_of_singular_values_of_the_samples(name):
    """tr (S1 S2)^(1/2) needs no covariance: it is the nuclear norm of X1 X2^T."""
    real, fake = SETS[name]
    a = (real - real.mean(axis=0)) / np.sqrt(len(real) - 1)
    b = (fake - fake.mean(axis=0)) / np.sqrt(len(fake) - 1)
    shift = real.mean(axis=0) - fake.mean(axis=0)
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    expected = shift @ shift + _traces(real, fake) - 2 * root
    tolerance = 1e-10 * _traces(real, fake)
    assert frechet_distance(real, fake) == pytest.approx(expected, abs=tolerance)


def test_closed_form_of_diagonal_gaussians():
    m1, m2 = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.0])
    s1, s2 = np.array([1.0, 4.0, 9.0]), np.array([4.0, 4.0, 0.25])
    a, b = Gaussian(m1, np.diag(s1), 10), Gaussian(m2, np.diag(s2), 10)
    # |m1 - m2|^2 = 5; the deviations differ by 1, 0 and 2.5.
    assert frechet_distance(a, b) == pytest.approx(5 + 1 + 6.25, rel=1e-12)
    parts = frechet_parts(a, b)
    assert parts["means"] == 5 and parts["covariances"] == pytest.approx(7.25)


def test_closed_form_of_gaussians_that_do_not_commute():
    """In 2D tr M^(1/2) is sqrt(tr M + 2 sqrt(det M))."""
    s1, s2 = np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([[1.0, -0.5], [-0.5, 3.0]])
    product = s1 @ s2
    root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    expected = np.trace(s1) + np.trace(s2) - 2 * root
    mean = np.zeros(2)
    distance = frechet_distance(Gaussian(mean, s1, 10), Gaussian(mean, s2, 10))
    assert distance == pytest.approx(expected, rel=1e-12)


def test_equal_sets_are_at_zero_and_the_order_does_not_matter():
    real, fake = SETS["sparse"]
    assert frechet_distance(real, real) < 1e-9 * _traces(real, real)
    assert frechet_distance(real, fake) == pytest.approx(frechet_distance(fake, real))


def test_singular_covariances_are_said():
    parts = frechet_parts(*SETS["few"])
    assert (parts["real_rank"], parts["fake_rank"]) == (59, 79)
    assert parts["dimensions"] == 100
    full = frechet_parts(*SETS["correlated"])
    assert full["real_rank"] == full["fake_rank"] == full["dimensions"] == 32


def test_a_repeated_sample_is_a_point():
    """The distance to a point is the mean square distance, but for n / (n - 1)."""
    real, point = SETS["correlated"][0], RNG.standard_normal(32)
    parts = frechet_parts(real, np.tile(point, (40, 1)))
    expected = ((real.mean(axis=0) - point) ** 2).sum() + np.cov(real.T).trace()
    assert parts["distance"] == pytest.approx(expected)
    assert parts["fake_rank"] == 0


def test_kept_statistics_stand_for_their_set():
    real, fake = SETS["correlated"]
    kept = fit_gaussian(real)
    assert kept.count == 900
    np.testing.assert_allclose(kept.covariance, np.cov(real.T), atol=1e-12)
    assert frechet_distance(kept, fake) == frechet_distance(real, fake)
    assert frechet_distance(fake, kept) == frechet_distance(fake, real)


def test_blocks_and_float32_lose_nothing():
    # Beyond a block of 4,096 rows, and a mean that float32 sums would lose.
    x = RNG.standard_normal((9000, 5)).astype("float32") + np.float32(1000)
    fit = fit_gaussian(x)
    np.testing.assert_allclose(fit.mean, x.astype(float).mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(fit.covariance, np.cov(x.T.astype(float)), atol=1e-9)


def test_refuses_one_sample_and_statistics_of_another_width():
    with pytest.raises(ValueError, match="fake: a covariance needs at least 2"):
        frechet_distance(RNG.random((5, 3)), RNG.random((1, 3)))
    with pytest.raises(ValueError, match="one width. Received: real 32 and fake 3"):
        frechet_distance(fit_gaussian(SETS["correlated"][0]), RNG.random((9, 3)))


@pytest.mark.parametrize("count", [5, 20, 21])
def test_few_samples_of_many_dimensions_take_the_short_way_to_the_same(count):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(count, 20)), rng.normal(1, 2, size=(count + 3, 20))
    short, long = frechet_parts(a, b), frechet_parts(fit_gaussian(a), fit_gaussian(b))
    assert short == pytest.approx(long, rel=1e-9)


def test_the_distance_at_infinity_takes_the_bias_away():
    """Of two sets from one distribution: it falls as 1/n, and meets the axis at 0."""
    real, fake = RNG.standard_normal((2, 8000, 40))
    found = frechet_by_size(real, fake)
    whole = frechet_distance(real, fake)
    assert found["quarter"] == pytest.approx(4 * whole, rel=0.15)
    assert found["half"] == pytest.approx(2 * whole, rel=0.15)
    assert abs(found["infinity"]) < whole / 4
    assert frechet_by_size(real, fake + 1)["infinity"] == pytest.approx(40, rel=0.02)


def test_the_distance_by_size_takes_interleaved_parts():
    """Sorted samples, such as those by class, do not make other sets of the parts."""
    real = np.sort(RNG.standard_normal((400, 1)), axis=0)
    found = frechet_by_size(real, real + 2)
    assert [*found.values()] == pytest.approx([4, 4, 4])
    with pytest.raises(ValueError, match="at least 8 samples in each set. Received: 7"):
        frechet_by_size(real[:7], real)


def test_effective_rank_of_known_spectra():
    square = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert effective_rank(square) == pytest.approx(2)
    assert effective_rank(square * [1, 1e-9]) == pytest.approx(1)
    assert effective_rank(square * [3**0.5, 1]) == pytest.approx(
        4 / 27**0.25  # exp of the entropy of 3/4 and 1/4
    )
    for count in (3, 30):
        assert effective_rank(np.tile(np.arange(9) + 0.1, (count, 1))) == 0
    wide = np.pad(square[:3], ((0, 0), (0, 5)))  # fewer samples than dimensions
    assert 1 < effective_rank(wide) <= 2
