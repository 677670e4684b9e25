"""The residual networks of sequences."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

import ganzoo
from ganzoo.networks import resnet1d

SHAPE = (7, 5)
LATENTS = tf.constant(np.random.default_rng(0).normal(size=(3, 4)), tf.float32)


def test_a_generator_of_one_hot_symbols():
    net = resnet1d.generator(SHAPE, latent_dim=4, filters=6)
    soft = net({"latent": LATENTS}, training=True).numpy()
    assert soft.shape == (3, *SHAPE)
    np.testing.assert_allclose(soft.sum(axis=-1), 1, rtol=1e-5)
    hard = net({"latent": LATENTS}, training=False).numpy()
    np.testing.assert_array_equal(hard.argmax(-1), soft.argmax(-1))
    np.testing.assert_allclose(np.sort(hard)[..., -2:], [[[0, 1]] * 7] * 3, atol=1e-6)


def test_a_block_adds_three_tenths_of_two_convolutions():
    x = tf.constant(np.random.default_rng(1).normal(size=(2, *SHAPE)), tf.float32)
    net = resnet1d.discriminator(SHAPE, filters=5, blocks=1, kernel=1)
    first, *block = of_kind(net, layers.Conv1D)
    (dense,) = of_kind(net, layers.Dense)
    h = first(x)
    y = h
    for convolution in block:
        y = tf.tensordot(tf.nn.relu(y), convolution.kernel[0], 1) + convolution.bias
    expected = dense(tf.reshape(h + 0.3 * y, (2, -1)))
    np.testing.assert_allclose(net({"sample": x}), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("minibatch", ["none", "stddev", "discrimination"])
def test_labels_and_minibatch_layers(minibatch):
    made = ganzoo.networks.make(
        {"name": "resnet1d", "filters": 6, "minibatch": minibatch}, SHAPE,
        latent_dim=4, condition=3,
    )  # fmt: skip
    label = tf.constant([0, 1, 2])
    made_of = made["generator"]({"latent": LATENTS, "label": label})
    logits = made["discriminator"]({"sample": made_of, "label": label})
    assert logits.shape == (3, 1)


def test_wgan_gp_on_text_says_strings():
    codec = {"name": "text", "alphabet": "abcd"}
    model = ganzoo.build("wgan-gp", image_shape=SHAPE, codec=codec, filters=6)
    samples = model.sample(4)
    assert samples.shape == (4, *SHAPE) and samples.dtype == np.uint8
    assert all(set(text) <= set("abcd") for text in model.strings(samples))
    with pytest.raises(ValueError, match=r"must be \(0, 1\). Received: \(-1, 1\)"):
        ganzoo.build("wgan-gp", image_shape=SHAPE, codec=codec, value_range=(-1, 1))
