"""BEGAN's encoder and decoder: sizes, and one form for G and D's second half."""

import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ganzoo.networks import autoencoder

RNG = np.random.default_rng(0)


def convolutions(network):
    return [x for x in network.layers if isinstance(x, layers.Conv2D)]


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (25, 18, 3)])
def test_serves_any_shape(shape):
    g = autoencoder.generator(shape, latent_dim=5, filters=2)
    d = autoencoder.discriminator(shape, code_dim=3, filters=2)
    z = tf.constant(RNG.normal(size=(2, 5)), tf.float32)
    out = g({"latent": z})
    copy = d({"sample": out})
    assert out.shape == copy.shape == (2, *shape)
    assert np.any(copy[0] != copy[1])
    d = autoencoder.normalized(shape, code_dim=3, filters=2)
    copy = d({"sample": out}, training=True)
    assert copy.shape == (2, *shape)
    assert 0 < np.min(copy) < np.max(copy) < 1


def test_the_papers_form_at_32():
    """Two convolutions a size: 32, 16, 8, 4; channels grow in the encoder alone."""
    g = autoencoder.generator((32, 32, 3), latent_dim=64, filters=4)
    sides = [x.output.shape[1] for x in convolutions(g)]
    assert sides == [4, 4, 8, 8, 16, 16, 32, 32, 32]
    assert [x.filters for x in convolutions(g)] == [4] * 8 + [3]
    d = autoencoder.discriminator((32, 32, 3), code_dim=64, filters=4)
    encoder = convolutions(d)[: -len(convolutions(g))]
    assert [(x.output.shape[1], x.filters) for x in encoder] == [
        (32, 4), (32, 4), (32, 4), (16, 8), (16, 8), (16, 8), (8, 12), (8, 12),
        (8, 12), (4, 16), (4, 16), (4, 16),
    ]  # fmt: skip
    assert {x.activation.__name__ for x in encoder} == {"elu"}
    form = [type(x) for x in g.layers[1:]]
    assert [type(x) for x in d.layers[-len(form) :]] == form


def test_the_ends_are_linear():
    """As in the authors' code: a doubled last layer gives doubled samples."""
    g = autoencoder.generator((8, 8, 1), latent_dim=5, filters=2)
    z = {"latent": tf.constant(RNG.normal(size=(2, 5)), tf.float32)}
    before = g(z).numpy()
    for v in convolutions(g)[-1].trainable_variables:
        v.assign(100 * v)
    np.testing.assert_allclose(g(z), 100 * before, rtol=1e-4)
    assert np.abs(g(z)).max() > 1


def test_normalized_copies_one_image_for_a_batch_of_one():
    """Without its variety, a batch leaves only the biases after normalisation."""
    d = autoencoder.normalized((8, 8, 1), code_dim=3, filters=2)
    images = RNG.uniform(size=(2, 1, 8, 8, 1)).astype("float32")
    first, second = (d({"sample": np.repeat(x, 4, 0)}, training=True) for x in images)
    np.testing.assert_allclose(first, second, atol=1e-5)
    mixed = d({"sample": np.concatenate(images)}, training=True)
    assert np.abs(mixed[0] - mixed[1]).max() > 1e-3


@pytest.mark.parametrize("shape", [(7, 8, 1), (8,), (8, 8, 8, 1)])
def test_refuses_shapes(shape):
    for make in (
        lambda: autoencoder.generator(shape, latent_dim=4),
        lambda: autoencoder.discriminator(shape),
        lambda: autoencoder.normalized(shape, code_dim=2),
    ):
        with pytest.raises(ValueError, match=r"\(H, W, C\), with sides of at least 8"):
            make()
