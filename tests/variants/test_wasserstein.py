"""wgan and wgan-gp: what keeps their critics Lipschitz, and their five steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import batches_for, of_kind, tiny, train_eagerly
from keras import layers

import ganzoo
from ganzoo.models.discriminated import Clip


def kernels(network):
    return [v for v in network.trainable_variables if len(v.shape) > 1]


def test_the_settings_of_algorithm_1_with_clipping():
    model = tiny("wgan")
    assert (model.loss, model.d_steps, model.d_clip) == ("wasserstein", 5, 0.01)
    for optimizer in (model.d_optimizer, model.g_optimizer):
        assert isinstance(optimizer, keras.optimizers.RMSprop)
        assert optimizer.rho == 0.99
    assert of_kind(model.discriminator, layers.BatchNormalization)


def test_small_gradients_of_a_clipped_critic_move_weights_as_in_the_authors_code():
    optimizer = tiny("wgan").g_optimizer
    optimizer = type(optimizer).from_config(optimizer.get_config())
    weight, gradient = keras.Variable([0.0]), 1e-6
    optimizer.apply([tf.constant([gradient])], [weight])
    # Torch's RMSprop: the mean square is (1 - 0.99) g^2, and 1e-8 joins its root.
    step = gradient / (np.sqrt(0.01 * gradient**2) + 1e-8)
    assert -weight.numpy()[0] == pytest.approx(step * 1e-3, rel=0.1)


def test_the_critic_is_clipped_at_every_update_and_g_is_not():
    model = tiny("wgan", learning_rate=0.1)
    judged = model.discriminator.trainable_variables
    assert all(isinstance(v.constraint, Clip) for v in judged)
    assert max(np.abs(v).max() for v in kernels(model.discriminator)) > 0.01
    train_eagerly(model, batches_for(model, 1))
    assert int(model.d_optimizer.iterations) == 5
    assert int(model.g_optimizer.iterations) == 1
    for kernel in kernels(model.discriminator):
        # At this rate many numbers are driven to one limit or the other.
        assert np.mean(np.abs(np.abs(kernel) - 0.01) < 1e-7) > 0.2
        assert np.abs(kernel).max() <= np.float32(0.01)
    assert max(np.abs(v).max() for v in kernels(model.generator)) > 0.05


def test_rates_reach_the_optimizers_that_the_paper_names():
    model = tiny("wgan", learning_rate=1e-3, d_learning_rate=3e-3)
    assert float(model.d_optimizer.learning_rate) == pytest.approx(3e-3)
    assert float(model.g_optimizer.learning_rate) == pytest.approx(1e-3)
    model = tiny("wgan", d_optimizer=None, beta_1=0.3)
    assert isinstance(model.d_optimizer, keras.optimizers.Adam)
    assert model.d_optimizer.beta_1 == 0.3


def test_the_settings_of_algorithm_1_with_the_penalty():
    model = tiny("wgan-gp")
    assert (model.loss, model.d_steps) == ("wasserstein", 5)
    assert model.penalties == {"gradient_penalty": 10.0}
    adam = model.d_optimizer
    assert (adam.beta_1, adam.beta_2) == (0.0, 0.9)


@pytest.mark.parametrize("name", ["wgan-gp", "dragan"])
def test_a_penalised_critic_has_no_batch_normalisation(name):
    model = tiny(name)
    assert not of_kind(model.discriminator, layers.BatchNormalization)
    assert of_kind(model.discriminator, layers.GroupNormalization)
    assert of_kind(model.generator, layers.BatchNormalization)
    with pytest.raises(ValueError, match="batch normalisation makes depend"):
        tiny(name, d_norm="batch")
    # Without the penalty the family's own normalisation is back.
    assert of_kind(tiny(name, penalties={}).discriminator, layers.BatchNormalization)


def test_the_penalty_is_ten_times_the_distance_from_norm_1():
    """With D(x) = a sum x the norm is a sqrt(64), wherever it is taken."""
    model = ganzoo.build(
        "wgan-gp", network={"name": "mlp", "d_hidden": ()}, image_shape=(8, 8, 1)
    )
    dense = model.discriminator.layers[-1]
    dense.kernel.assign(0.5 * np.ones((64, 1)))
    batch = {
        "real": tf.zeros((4, 8, 8, 1)),
        "seed": tf.constant([0, 0]),
        "d_updates": 0,
    }
    fake = model.generate(batch, training=True)
    terms, _ = model.discriminator_loss(batch, fake, training=True)
    assert float(terms["d_gradient_penalty"]) == pytest.approx(10 * (4 - 1) ** 2, 1e-5)
    mean = float(tf.reduce_mean(tf.reduce_sum(fake["sample"], axis=(1, 2, 3))))
    assert float(terms["d_adv"]) == pytest.approx(0.5 * mean, 1e-4)
