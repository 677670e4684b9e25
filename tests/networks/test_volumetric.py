"""3D-GAN's volumetric networks: the paper's sizes, any size, labels."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

from ganzoo.networks import volumetric

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(8, 8, 8, 1), (9, 16, 11, 2), (16, 16, 16, 1)])
@pytest.mark.parametrize("num_classes", [0, 3])
def test_serves_any_shape(shape, num_classes):
    g = volumetric.generator(shape, latent_dim=6, filters=2, condition=num_classes)
    d = volumetric.discriminator(shape, filters=2, condition=num_classes)
    label = {"label": tf.constant([0, 2, -1])} if num_classes else {}
    z = tf.constant(RNG.normal(size=(3, 6)), tf.float32)
    out = g({"latent": z, **label}, training=True)
    assert out.shape == (3, *shape)
    assert np.all((out >= 0) & (out <= 1))
    assert np.mean(out[0] != out[1]) > 0.9
    for border in (out[:, -1], out[:, :, -1], out[:, :, :, -1]):  # where sides are cut
        assert np.any(border[0] != border[1])
    logits = d({"sample": out, **label}).numpy()
    assert logits.shape == (3, 1) and len(np.unique(logits)) == 3


def test_the_papers_sizes():
    """At 64^3: G 4^3 x 512 to 32^3 x 64, kernels 4^3; D mirrored (a filter as 8)."""
    g = volumetric.generator((64, 64, 64, 1), latent_dim=5, filters=1)
    maps = [layer.output.shape[1:] for layer in of_kind(g, layers.ReLU)]
    assert maps == [(4, 4, 4, 8), (8, 8, 8, 4), (16, 16, 16, 2), (32, 32, 32, 1)]
    convolutions = of_kind(g, layers.Conv3DTranspose)
    assert {c.kernel_size for c in convolutions} == {(4, 4, 4)}
    d = volumetric.discriminator((64, 64, 64, 1), filters=1)
    maps = [layer.output.shape[1:] for layer in of_kind(d, layers.Conv3D)]
    assert maps == [(32, 32, 32, 1), (16, 16, 16, 2), (8, 8, 8, 4), (4, 4, 4, 8)]


def test_labels_matter():
    g = volumetric.generator((8, 8, 8, 1), latent_dim=4, filters=2, condition=3)
    d = volumetric.discriminator((8, 8, 8, 1), filters=2, condition=3)
    z = tf.ones((3, 4))
    out = g({"latent": z, "label": tf.range(3)}).numpy()
    assert (out[0] != out[1]).any() and (out[1] != out[2]).any()
    x = tf.ones((3, 8, 8, 8, 1))
    assert len(np.unique(d({"sample": x, "label": tf.range(3)}))) == 3


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 8, 8, 1), (2,)])
def test_refuses_shapes(shape):
    for make in (
        lambda: volumetric.generator(shape, latent_dim=6),
        lambda: volumetric.discriminator(shape),
    ):
        with pytest.raises(ValueError, match=r"\(D, H, W, C\), with sides of at least"):
            make()
