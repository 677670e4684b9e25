"""R3GAN: pairs, both penalties, and no normalisation anywhere."""

import keras
import numpy as np
import tensorflow as tf
from helpers import tiny
from keras import layers

import ganzoo
from ganzoo.layers import SpectralNorm


def test_nothing_is_normalised():
    model = tiny("r3gan")
    for network in (model.generator, model.discriminator):
        kinds = {type(layer) for layer in network._flatten_layers()}
        norms = (layers.BatchNormalization, layers.GroupNormalization, SpectralNorm)
        assert layers.Conv2D in kinds
        assert not kinds & set(norms)


def test_the_terms_by_hand():
    """With D(x) = w x: pairs of logits, and half the squared norm on both sides."""
    network = {"name": "mlp", "d_hidden": (), "normalize": False}
    model = ganzoo.build(
        "r3gan", network=network, image_shape=(2,), dtype="float64",
        penalties={"r1": 1.0, "r2": 1.0},
    )  # fmt: skip
    model.discriminator.layers[-1].kernel.assign([[3.0], [4.0]])
    real = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    batch = {"real": tf.constant(real), "seed": tf.constant([0, 0]), "d_updates": 0}
    fake = model.generate(batch, training=True)
    terms, _ = model.discriminator_loss(batch, fake, training=True)
    gap = (real - fake["sample"].numpy()) @ [3.0, 4.0]
    np.testing.assert_allclose(terms["d_adv"], np.mean(np.log1p(np.exp(-gap))), 1e-7)
    np.testing.assert_allclose(terms["d_r1"], 25 / 2)
    np.testing.assert_allclose(terms["d_r2"], 25 / 2)
    terms, _ = model.generator_loss(batch, fake, training=True)
    np.testing.assert_allclose(terms["g_adv"], np.mean(np.log1p(np.exp(gap))), 1e-7)


def test_serves_points():
    network = {"name": "mlp", "hidden": (8,), "normalize": False}
    model = ganzoo.build("r3gan", network=network, image_shape=(2,))
    assert model.value_range is None
    assert model.sample(3).shape == (3, 2)
    assert isinstance(model.d_optimizer, keras.optimizers.Adam)
