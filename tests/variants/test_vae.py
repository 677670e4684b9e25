"""VAE: its terms against closed forms, a true bound, and no trace of a D."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny
from scipy import stats

import ganzoo

RNG = np.random.default_rng(0)


def test_terms_by_hand():
    model = tiny("vae", dtype="float64")
    real = RNG.uniform(size=(6, 8, 8, 1))
    batch = {"real": tf.constant(real), "seed": tf.constant([0, 1])}
    fake = model.generate(batch, training=True)
    terms, watched = model.generator_loss(batch, fake, training=True)
    made = fake["sample"].numpy()
    nats = -(real * np.log(made) + (1 - real) * np.log(1 - made)).sum(axis=(1, 2, 3))
    assert abs(float(terms["g_reconstruction"]) - nats.mean()) < 1e-3
    mean, variance = fake["mean"].numpy(), np.exp(fake["log_variance"].numpy())
    divergence = (variance + mean**2 - 1 - np.log(variance)).sum(axis=1) / 2
    assert abs(float(terms["g_divergence"]) - divergence.mean()) < 1e-10
    assert not watched


def test_the_bound_is_tight_for_a_linear_model_with_its_exact_posterior():
    """x = w z + noise: log p(x) is known, and -ELBO's mean comes close from above."""
    model = tiny("vae", image_shape=(1,), latent_dim=1, hidden=(4,), deviation=0.5)
    model.generator = _linear("latent", [[2.0]], [0.0])
    # Posterior of z given x under N(0, 1): mean w x / (w^2 + s^2), var s^2 / (...).
    total = 2.0**2 + 0.5**2
    model.encoder = _linear("sample", [[2 / total, 0.0]], [0.0, np.log(0.25 / total)])
    x = np.full((20000, 1), 1.3, "float32")
    logs = model.evaluate(x, batch_size=20000, return_dict=True, verbose=0)
    exact = -stats.norm(0, np.sqrt(total)).logpdf(1.3)
    assert abs(logs["g_loss"] - exact) < 0.02
    # With any other posterior the bound is looser.
    model.encoder = _linear("sample", [[0.3, 0.0]], [0.0, -1.0])
    model.make_test_function(force=True)
    loose = model.evaluate(x, batch_size=20000, return_dict=True, verbose=0)
    assert loose["g_loss"] > exact + 0.1


def test_a_sure_decoder_has_a_gradient_in_bfloat16():
    """A probability near 1 is 1 in bfloat16, and its logarithm was cut."""
    found = {}
    for dtype in ("float32", "mixed_bfloat16"):
        model = tiny("vae", dtype=dtype)
        bias = model.generator.trainable_variables[-1]
        bias.assign(np.full(bias.shape, 7.0))
        batch = {"real": tf.zeros((4, 8, 8, 1)), "seed": tf.constant([0, 1])}
        with tf.GradientTape() as tape:
            fake = model.generate(batch, training=True)
            terms, _ = model.generator_loss(batch, fake, True)
            loss = terms["g_reconstruction"]
        found[dtype] = tf.cast(tape.gradient(loss, bias.value), tf.float32).numpy()
    np.testing.assert_allclose(*found.values(), rtol=0.02)
    assert (found["float32"] > 0.9).all()


def test_an_evaluation_is_of_the_averages_alone():
    model = tiny("vae", ema_decay=0.5)
    x = RNG.uniform(size=(8, 8, 8, 1)).astype("float32")
    model.fit(x, batch_size=4, epochs=2, verbose=0)
    settings = {"batch_size": 8, "return_dict": True, "verbose": 0}
    before = model.evaluate(x, **settings)
    for network in model.generators:
        for weight in network.weights:
            weight.assign(weight + 1)
    assert model.evaluate(x, **settings) == before


def test_importance_weights_tighten_the_bound():
    model = tiny("vae", image_shape=(1,), latent_dim=1, hidden=(4,), deviation=0.5)
    model.generator = _linear("latent", [[2.0]], [0.0])
    exact = stats.norm(0, np.sqrt(2.0**2 + 0.5**2)).logpdf(1.3)
    model.encoder = _linear("sample", [[0.3, 0.0]], [0.0, -1.0])
    x = np.full((1, 1), 1.3, "float32")
    one, many = (model.log_likelihood(x, samples=k)[0] for k in (1, 300))
    assert many == pytest.approx(exact, abs=0.1)
    assert abs(one - exact) > 0.2


def _linear(name, kernel, bias):
    value = keras.Input((1,), name=name)
    dense = keras.layers.Dense(len(bias))
    network = keras.Model({name: value}, dense(value))
    dense.set_weights([np.array(kernel), np.array(bias)])
    return network


def test_learns_points_and_reconstructs_them():
    model = ganzoo.build(
        "vae", image_shape=(2,), latent_dim=2, hidden=(32,), learning_rate=1e-2
    )
    x = RNG.normal(size=(512, 2)) * (2.0, 0.3) + 1
    first = model.evaluate(x, return_dict=True, verbose=0)["g_loss"]
    model.fit(x, batch_size=128, epochs=60, verbose=0)
    assert model.evaluate(x, return_dict=True, verbose=0)["g_loss"] < 0.2 * first
    error = model.reconstruct(x) - x
    assert np.sqrt((error**2).mean()) < 0.3
    assert model.encode(x).shape == (512, 2)


def test_has_no_discriminator_and_no_option_of_one():
    model = tiny("vae")
    assert model.discriminators == [] and model.d_optimizer is None
    assert not model.has_probability
    options = ganzoo.describe("vae")["options"]
    assert not {"loss", "penalties", "d_steps"} & options.keys()
    with pytest.raises(ValueError, match="Unknown option of 'vae' 'loss'"):
        tiny("vae", loss="hinge")
    with pytest.raises(ValueError, match="`deviation` must be above 0"):
        tiny("vae", deviation=0.0)
