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


def test_small_volumes_have_dense_layers_and_means_of_the_maps():
    g = volumetric.generator((32, 32, 32, 1), latent_dim=5, filters=1)
    d = volumetric.discriminator((32, 32, 32, 1), filters=1)
    assert [layer.units for layer in of_kind(g, layers.Dense)] == [256, 4**3 * 4]
    assert [layer.units for layer in of_kind(d, layers.Dense)] == [256, 1]
    # The logit reads 4 channels, the spread of the maps, and the dense layer.
    assert d.layers[-1].kernel.shape == (4 + 1 + 256, 1)


@pytest.mark.parametrize("side,filters", [(32, 16), (64, 64)])
def test_the_channels_follow_the_size(side, filters):
    g = volumetric.generator((side, side, side, 1), latent_dim=5)
    d = volumetric.discriminator((side, side, side, 1))
    assert of_kind(d, layers.Conv3D)[0].filters == filters
    assert of_kind(g, layers.Conv3DTranspose)[-2].filters == filters


@pytest.mark.parametrize("options", [{}, {"units": 0, "by_unit": False}])
def test_the_paper_has_no_hidden_dense_layer(options):
    """By default at 64^3, and by options below; the first maps are normalised."""
    side = 16 if options else 64
    shape, own = (side, side, side, 1), {"latent_dim": 5, "filters": 1}
    g = volumetric.generator(shape, **own, **options)
    d = volumetric.discriminator(shape, filters=1, units=options.get("units"))
    assert len(of_kind(g, layers.Dense)) == len(of_kind(d, layers.Dense)) == 1
    first = of_kind(g, layers.BatchNormalization)[0].gamma.shape[0]
    assert first == (2 if options else 4**3 * 8)  # by channel, or unit by unit


@pytest.mark.parametrize("units", [-1, 2.5])
def test_refuses_units(units):
    for make in (
        lambda: volumetric.generator((8, 8, 8, 1), latent_dim=6, units=units),
        lambda: volumetric.discriminator((8, 8, 8, 1), units=units),
    ):
        with pytest.raises(ValueError, match="`units` must be a whole number from 0"):
            make()
