import numpy as np
import pytest
from scipy.stats import multivariate_normal

from ganzoo.metrics import (
    PARZEN_SIGMAS,
    arrays,
    parzen_log_likelihood,
    parzen_log_likelihoods,
    parzen_sigma,
)

RNG = np.random.default_rng(0)


def _by_definition(test, samples, sigma):
    """One difference at a time, the largest exponent taken out."""
    values = []
    for x in test.astype(float):
        exponents = [-((x - s) ** 2).sum() / (2 * sigma**2) for s in samples]
        most = max(exponents)
        mean = sum(np.exp(e - most) for e in exponents) / len(samples)
        values.append(most + np.log(mean) - len(x) * np.log(sigma * np.sqrt(2 * np.pi)))
    return np.array(values)


@pytest.mark.parametrize("sigma", [0.1, 0.167, 1.0])
def test_parity_with_the_definition(sigma, monkeypatch):
    monkeypatch.setattr(arrays, "ROWS", 7)
    monkeypatch.setattr(arrays, "COLUMNS", 30)
    # 784 pixels: every window underflows unless the largest is taken out.
    test, samples = RNG.random((20, 784)).astype("float32"), RNG.random((100, 784))
    found = parzen_log_likelihoods(test, samples, sigma)
    expected = _by_definition(test, samples, sigma)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert parzen_log_likelihood(test, samples, sigma) == pytest.approx(expected.mean())


def test_a_single_sample_is_a_gaussian():
    test = RNG.standard_normal((9, 3))
    found = parzen_log_likelihoods(test, np.array([[0.1, 0.2, 0.3]]), 0.7)
    expected = multivariate_normal([0.1, 0.2, 0.3], 0.49).logpdf(test)
    np.testing.assert_allclose(found, expected)


def test_many_samples_of_a_gaussian_smooth_it():
    """A window of sigma on N(0, 1) is N(0, 1 + sigma^2)."""
    test, samples = RNG.standard_normal((200, 1)), RNG.standard_normal((20_000, 1))
    found = parzen_log_likelihoods(test, samples, 0.5)
    expected = multivariate_normal([0], 1.25).logpdf(test)
    np.testing.assert_allclose(found, expected, atol=0.1)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.02)


def test_the_published_grid():
    published = [0.1, 0.129, 0.167, 0.215, 0.278, 0.359, 0.464, 0.599, 0.774, 1]
    np.testing.assert_allclose(PARZEN_SIGMAS, published, atol=6e-4)


def test_sigma_is_the_best_on_validation_data():
    validation, samples = RNG.random((30, 16)), RNG.random((200, 16))
    scores = [parzen_log_likelihood(validation, samples, s) for s in PARZEN_SIGMAS]
    assert 0 < np.argmax(scores) < len(PARZEN_SIGMAS) - 1
    assert parzen_sigma(validation, samples) == PARZEN_SIGMAS[np.argmax(scores)]
    assert parzen_sigma(validation, samples, [1.0, 0.9]) == 0.9


@pytest.mark.parametrize("sigma", [0, -1.0, np.nan])
def test_refuses_a_window_without_width(sigma):
    with pytest.raises(ValueError, match="sigma must be > 0"):
        parzen_log_likelihood(RNG.random((3, 2)), RNG.random((3, 2)), sigma)


def test_refuses_integers():
    pixels = RNG.integers(0, 256, (3, 2), "uint8")
    with pytest.raises(ValueError, match=r"test must be floats.*\[0, 1\].*uint8"):
        parzen_log_likelihood(pixels, pixels, 0.2)
    with pytest.raises(ValueError, match="samples must be floats"):
        parzen_sigma(RNG.random((3, 2)), RNG.integers(0, 9, (3, 2)))
    with pytest.raises(ValueError, match=r"sigma must be > 0. Received: \[\]"):
        parzen_sigma(RNG.random((3, 2)), RNG.random((3, 2)), [])
