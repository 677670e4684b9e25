"""MADE: an exact likelihood that adds up to 1, and the order of its values."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

from ganzoo.models.adversarial import feed
from ganzoo.networks.autoregressive import degrees

SHAPE = (2, 3, 1)
ALL = np.array(list(itertools.product((0.0, 1.0), repeat=6))).reshape(-1, *SHAPE)


def filled(hidden=(5, 7)):
    """A model of six values whose weights and biases are all away from 0."""
    model = tiny("made", image_shape=SHAPE, hidden=hidden, dtype="float64")
    rng = np.random.default_rng(0)
    for weight in model.generator.trainable_variables:
        weight.assign(rng.normal(size=weight.shape))
    return model


def test_the_degrees_by_hand():
    assert degrees(6, 6).tolist() == [1, 2, 3, 4, 5, 6]
    assert degrees(5, 6).tolist() == [1, 2, 3, 4, 5]
    assert degrees(7, 6).tolist() == [1, 1, 2, 3, 3, 4, 5]
    assert degrees(2, 6).tolist() == [1, 3]


@pytest.mark.parametrize("hidden", [(5,), (6,), (5, 7)])
def test_no_value_sees_itself_or_a_later_one_and_each_sees_all_before(hidden):
    model = filled(hidden)
    x = tf.constant(np.full((1, *SHAPE), 0.5))
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = tf.reshape(feed(model.generator, {"sample": x}, False), (6,))
    slopes = tape.jacobian(logits, x).numpy().reshape(6, 6)
    assert ((slopes != 0) == np.tri(6, k=-1, dtype=bool)).all()


def test_the_probabilities_of_all_images_add_up_to_one():
    model = filled()
    assert np.exp(model.log_likelihood(ALL)).sum() == pytest.approx(1, abs=1e-12)


def test_the_term_by_hand():
    model = filled()
    real = tf.constant(ALL[[3, 40]])
    batch = {"real": real, "seed": tf.constant([0, 1])}
    fake = model.generate(batch, training=True)
    terms, watched = model.generator_loss(batch, fake, training=True)
    chance = 1 / (1 + np.exp(-feed(model.generator, {"sample": real}, False).numpy()))
    nats = np.where(real == 1, -np.log(chance), -np.log(1 - chance)).sum((1, 2, 3))
    assert float(terms["g_nats"]) == pytest.approx(nats.mean(), abs=1e-10)
    assert not watched
    np.testing.assert_allclose(model.log_likelihood(real), -nats, atol=1e-10)


def test_a_sample_is_drawn_value_by_value():
    model = filled()
    latents = model.latents(4, seed=2)
    expected = np.zeros((4, *SHAPE))
    for i in range(6):  # each conditional from the values before it
        logits = feed(model.generator, {"sample": tf.constant(expected)}, False).numpy()
        chance = 1 / (1 + np.exp(-logits.reshape(4, 6)[:, i]))
        expected.reshape(4, 6)[:, i] = latents[:, i] < chance
    drawn = model.decode(latents)
    np.testing.assert_array_equal(drawn, 255 * expected)
    np.testing.assert_array_equal(model.sample(4, seed=2), drawn)


def test_samples_follow_the_likelihood():
    model = filled()
    drawn = model.sample(4000, seed=0).reshape(4000, 6) // 255
    places = drawn @ (2 ** np.arange(5, -1, -1))
    shares = np.bincount(places, minlength=64) / 4000
    assert np.abs(shares - np.exp(model.log_likelihood(ALL))).max() < 0.025


def test_grey_values_are_probabilities():
    model = filled()
    grey = np.full((3000, *SHAPE), 0.3)
    batch = {"real": tf.constant(grey), "seed": tf.constant([0, 1])}
    seen = model.generate(batch, training=True)["sample"].numpy()
    assert set(np.unique(seen)) == {0.0, 1.0}
    assert seen.mean() == pytest.approx(0.3, abs=0.01)


def test_what_many_steps_do_not_serve():
    model = filled()
    with pytest.raises(ValueError, match="no latent can be found by gradients"):
        model.project(ALL[:1])
    with pytest.raises(ValueError, match="single network that can be exported"):
        _ = model.sampler
    with pytest.raises(ValueError, match="no such centre.*'unit_uniform'"):
        model.sample(1, truncation=0.5)
