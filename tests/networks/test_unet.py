"""pix2pix's U-Net: the paper's maps, any size, and its noise."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

from ganzoo.layers import Dropout
from ganzoo.networks import unet

RNG = np.random.default_rng(0)


def image(*shape):
    return tf.constant(RNG.uniform(-1, 1, shape), tf.float32)


def test_the_papers_256():
    """C64-C128-C256-C512 x 5 down, CD512 x 3-C512-C256-C128-C64 up, and its weights."""
    network = unet.generator((256, 256, 3))
    down = [layer.filters for layer in of_kind(network, layers.Conv2D)]
    up = [layer.filters for layer in of_kind(network, layers.Conv2DTranspose)]
    assert down == [64, 128, 256, 512, 512, 512, 512, 512]
    assert up == [512, 512, 512, 512, 256, 128, 64, 3]
    assert len(of_kind(network, Dropout)) == 3
    assert len(of_kind(network, layers.GroupNormalization)) == 6 + 7
    pairs = [(3, 64), (64, 128), (128, 256), (256, 512), *[(512, 512)] * 5]
    pairs += [*[(1024, 512)] * 3, (1024, 256), (512, 128), (256, 64), (128, 3)]
    norms = 128 + 256 + 4 * 512 + 4 * 512 + 256 + 128 + 64
    biases = 64 + 512 + 3
    by_hand = sum(4 * 4 * a * b for a, b in pairs) + 2 * norms + biases
    assert network.count_params() == by_hand


@pytest.mark.parametrize("side,levels", [(4, 2), (28, 4), (64, 6), (256, 8), (999, 8)])
def test_levels_reach_one_position(side, levels):
    assert unet.level_count(side, side + 5) == levels


def test_sides_may_be_any_multiple_and_sources_of_other_channels():
    network = unet.generator((8, 8, 3), source_channels=1, filters=2, levels=2)
    for sides in ((8, 8), (12, 4), (4, 20)):
        out = network({"source": image(2, *sides, 1)}, training=False)
        assert out.shape == (2, *sides, 3)
        assert np.abs(out).max() <= 1
    assert unet.multiple(2) == 4


def test_dropout_is_noise_in_use_where_asked_for():
    source = {"source": image(1, 8, 8, 1)}
    for noise in (True, False):
        network = unet.generator((8, 8, 1), filters=4, noise=noise)
        one, two = (network(source, training=False).numpy() for _ in range(2))
        assert (one != two).any() == noise


def test_a_latent_moves_the_answer():
    network = unet.generator((8, 8, 1), filters=4, latent_dim=3, noise=False)
    source = image(1, 8, 8, 1)
    one, two = (
        network({"source": source, "latent": image(1, 3)}, training=False).numpy()
        for _ in range(2)
    )
    assert (one != two).any()


@pytest.mark.parametrize(
    "options,message",
    [
        ({"norm": "bath"}, "Unknown norm 'bath'. Did you mean 'batch'"),
        ({"filters": 0}, "`filters` must be a whole number"),
        ({"image_shape": (2, 8, 3)}, "sides of at least 4"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        unet.generator(**{"image_shape": (8, 8, 3), **options})
