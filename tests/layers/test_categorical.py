"""One-hot choices: what they are in training and in inference, and their gradient."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import copied

from ganzoo.layers import Categorical, noise_from

LOGITS = np.log(np.array([[0.2, 0.5, 0.3]], "float32"))
MANY = np.repeat(LOGITS, 20_000, axis=0)


def test_softmax_is_the_probabilities_and_then_the_largest():
    layer = Categorical()
    np.testing.assert_allclose(layer(LOGITS, training=True), np.exp(LOGITS), rtol=1e-6)
    np.testing.assert_array_equal(layer(LOGITS), [[0, 1, 0]])
    assert not layer.acts_always


def test_the_temperature_divides_the_logits():
    out = Categorical(temperature=0.5)(LOGITS, training=True)
    squares = np.array([0.04, 0.25, 0.09])
    np.testing.assert_allclose(out[0], squares / squares.sum(), rtol=1e-5)


@pytest.mark.parametrize("relaxation", ["gumbel", "straight_through"])
def test_random_choices_have_the_probabilities(relaxation):
    layer = Categorical(relaxation)
    assert layer.acts_always
    out = layer(MANY).numpy()
    assert set(np.unique(np.rint(out))) == {0, 1}
    np.testing.assert_allclose(out, np.rint(out), atol=1e-6)
    np.testing.assert_allclose(out.mean(axis=0), np.exp(LOGITS[0]), atol=0.02)


def test_the_temperature_of_choices_acts_in_inference_alone():
    layer = Categorical("straight_through", choice_temperature=0.5)
    squares = np.array([0.04, 0.25, 0.09])
    expected = squares / squares.sum()
    np.testing.assert_allclose(layer(MANY).numpy().mean(axis=0), expected, atol=0.02)
    trained = layer(MANY, training=True).numpy().mean(axis=0)
    np.testing.assert_allclose(trained, np.exp(LOGITS[0]), atol=0.02)


def test_gumbel_is_soft_in_training_and_straight_through_is_not():
    soft = Categorical("gumbel")(MANY, training=True).numpy()
    assert soft.max(axis=1).mean() < 0.9
    np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=1e-5)
    hard = Categorical("straight_through")(MANY, training=True).numpy()
    np.testing.assert_allclose(hard, np.rint(hard), atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_the_gradient_is_that_of_the_probabilities(training):
    """d p_1 / d logit_1 = p_1 (1 - p_1), in inference too."""
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        chosen = Categorical()(logits, training=training)[0, 1]
    gradient = tape.gradient(chosen, logits)
    np.testing.assert_allclose(gradient, [[-0.1, 0.25, -0.15]], rtol=1e-5)


def test_the_noise_follows_the_seed():
    layer = Categorical("gumbel")

    def drawn(seed):
        with noise_from(tf.constant([seed, 0])):
            return layer(MANY[:100]).numpy()

    np.testing.assert_array_equal(drawn(1), drawn(1))
    assert (drawn(1) != drawn(2)).any()


def test_its_config_and_what_it_refuses():
    layer = copied(Categorical("gumbel", temperature=0.5, choice_temperature=0.2))
    assert (layer.relaxation, layer.temperature) == ("gumbel", 0.5)
    assert layer.choice_temperature == 0.2
    with pytest.raises(ValueError, match="Unknown relaxation 'gumble'. Did you mean"):
        Categorical("gumble")
    for name in ("temperature", "choice_temperature"):
        with pytest.raises(ValueError, match=f"`{name}` must be above 0. Received: 0"):
            Categorical(**{name: 0})
