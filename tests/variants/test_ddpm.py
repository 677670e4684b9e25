"""DDPM: schedule, term, a step back and the bound against closed forms."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny
from scipy import stats

RNG = np.random.default_rng(0)


def small(**options):
    options = {"filters": 4, "levels": 1, "times": 5, **options}
    return tiny("ddpm", image_shape=(4, 4, 1), dtype="float64", **options)


def test_the_schedule_is_the_papers():
    model = small(times=1000)
    assert model.beta[1] == pytest.approx(1e-4)
    assert model.beta[1000] == pytest.approx(0.02)
    assert model.signal[0] == 1 and model.signal[1000] == pytest.approx(
        4.0e-5, rel=0.02
    )
    assert model.signal[2] == pytest.approx((1 - model.beta[1]) * (1 - model.beta[2]))


def test_the_term_by_hand():
    model = small()
    real = RNG.uniform(-1, 1, (64, 4, 4, 1))
    batch = {"real": tf.constant(real), "seed": tf.constant([0, 1])}
    fake = model.generate(batch, training=True)
    terms, watched = model.generator_loss(batch, fake, training=True)
    noise = fake["noise"].numpy()
    # The untrained network predicts 0: the term is the noise's own mean square.
    assert float(terms["g_noise"]) == pytest.approx((noise**2).mean(), abs=1e-12)
    assert not watched
    # Every noisy sample is a sample and its noise at some time from 1 to T.
    mixed = np.sqrt(model.signal)[:, None] * real.reshape(64, 1, -1)
    mixed = mixed + np.sqrt(1 - model.signal)[:, None] * noise.reshape(64, 1, -1)
    errors = np.abs(mixed - fake["sample"].numpy().reshape(64, 1, -1)).max(axis=2)
    assert errors.min(axis=1).max() < 1e-12
    assert set(errors.argmin(axis=1)) == {1, 2, 3, 4, 5}


def test_the_mean_of_a_step_is_that_of_two_gaussians():
    """q(x_{t-1} | x_t, x_0) by the product of its two factors."""
    model = small()
    x0, xt = RNG.uniform(-1, 1, (2, 3, 4, 4, 1))
    for t in (2, 5):
        alpha, before = 1 - model.beta[t], model.signal[t - 1]
        precision = alpha / model.beta[t] + 1 / (1 - before)
        mean = np.sqrt(alpha) * xt / model.beta[t] + np.sqrt(before) * x0 / (1 - before)
        time = tf.fill((3,), t)
        found = model.posterior(tf.constant(x0), tf.constant(xt), time)
        np.testing.assert_allclose(found, mean / precision, atol=1e-12)
    np.testing.assert_allclose(
        model.posterior(x0, xt, tf.fill((3,), 1)), x0, atol=1e-12
    )


def _knows(model, sample):
    """Lets the network predict exactly the noise that leads back to one sample."""

    def noise(network, values, training=False):
        kept = model._at(model.signal, values["time"])
        return (values["sample"] - tf.sqrt(kept) * sample) / tf.sqrt(1 - kept)

    model._feed = noise


def test_a_network_that_knows_the_sample_leads_to_it():
    model = small(times=50)
    sample = RNG.uniform(-1, 1, (4, 4, 1))
    _knows(model, sample)
    drawn = model.decode(model.latents(3, seed=0))
    expected = np.rint((sample + 1) * 127.5)
    assert np.abs(drawn.astype(int) - expected).max() <= 1


def test_the_bound_by_hand():
    """With the true x_0 only the variances differ, and the last step's pixels count."""
    model = small(times=3)
    pixels = RNG.integers(0, 256, (1, 4, 4, 1), "uint8")
    sample = pixels / 127.5 - 1
    _knows(model, sample[0])
    beta, kept = model.beta, model.signal
    nats = 0.0
    for t in (2, 3):
        own = beta[t] * (1 - kept[t - 1]) / (1 - kept[t])
        nats += 16 * (np.log(beta[t] / own) + own / beta[t] - 1) / 2
    nats += ((kept[3] * sample**2 - kept[3] - np.log(1 - kept[3])) / 2).sum()
    pixel = stats.norm(sample, np.sqrt(beta[1]))
    upper = np.where(pixels == 255, 1, pixel.cdf(sample + 1 / 255))
    lower = np.where(pixels == 0, 0, pixel.cdf(sample - 1 / 255))
    nats -= np.log(upper - lower).sum()
    assert model.log_likelihood(pixels)[0] == pytest.approx(-nats, abs=1e-8)


def test_the_probabilities_of_a_pixels_values_add_up_to_one():
    model = small()
    values = (np.arange(256) / 127.5 - 1).reshape(256, 1, 1, 1)
    nats = model._pixels(tf.constant(values), 0.2, 0.3)
    assert np.exp(nats).sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 9, 3)])
def test_any_size_that_can_be_halved(shape):
    model = tiny("ddpm", image_shape=shape, filters=4, levels=2, times=2)
    assert model.sample(2).shape == (2, *shape)


def test_compiled_samples_follow_the_weights():
    model, other = small(times=3), small(times=3)
    changed = [w + 0.1 for w in model.get_weights()]
    other.set_weights(changed)
    assert not np.array_equal(model.sample(5), other.sample(5))
    model.set_weights(changed)
    np.testing.assert_array_equal(model.sample(5), other.sample(5))
    assert model.sample(2).shape == (2, 4, 4, 1)
    assert len(model._functions) == 1


def test_few_samples_in_a_picture():
    samples, columns = small(times=2).gallery({}, 64)
    assert (len(samples), columns) == (16, None)


def test_refusals():
    with pytest.raises(ValueError, match="multiple of 4.*Received: 6"):
        small(filters=6)
    with pytest.raises(ValueError, match="`times` must be a whole number from 2"):
        small(times=1)
    with pytest.raises(ValueError, match="sides of at least 8"):
        small(levels=3)
