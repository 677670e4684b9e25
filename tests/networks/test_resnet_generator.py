"""CycleGAN's generator: the paper's layers and weights, any size, its borders."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

from ganzoo.networks import resnet_generator

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("blocks", [6, 9])
def test_the_papers_weights(blocks):
    """7x7x3x64, 3x3 maps of 64, 128 and 256 and back, by hand; no bias before norms."""
    ends = 7 * 7 * 3 * 64 + 7 * 7 * 64 * 3 + 3
    steps = 2 * 9 * (64 * 128 + 128 * 256)
    inner = 2 * blocks * (9 * 256 * 256 + 2 * 256)
    norms = 2 * (64 + 128 + 256 + 128 + 64)
    network = resnet_generator.generator((256, 256, 3), blocks=blocks)
    assert network.count_params() == ends + steps + inner + norms


@pytest.mark.parametrize(
    "halvings,weights",
    [
        # Two blocks and the norms of 2 maps; two blocks of 4 and a way there and back.
        (0, 2 * (9 * 2 * 2 + 2 * 2) + 2 * 2),
        (1, 2 * (9 * 4 * 4 + 2 * 4) + 2 * 9 * 2 * 4 + 2 * (2 + 4 + 2)),
    ],
)
def test_fewer_halvings_by_hand(halvings, weights):
    options = {"filters": 2, "blocks": 1, "halvings": halvings}
    network = resnet_generator.generator((8, 8, 1), **options)
    assert network.count_params() == 2 * 49 * 2 + 1 + weights
    for kind in (layers.Conv2D, layers.Conv2DTranspose):
        strides = [layer.strides for layer in of_kind(network, kind)]
        assert strides.count((2, 2)) == halvings


@pytest.mark.parametrize(
    "halvings,shapes", [(1, ((8, 8), (10, 22))), (2, ((8, 8), (12, 20)))]
)
def test_sides_may_be_any_multiple_of_the_halvings(halvings, shapes):
    network = resnet_generator.generator(
        (8, 8, 3), source_channels=1, filters=2, blocks=1, halvings=halvings
    )
    for sides in shapes:
        source = tf.constant(RNG.uniform(-1, 1, (2, *sides, 1)), tf.float32)
        out = network({"source": source}, training=False)
        assert out.shape == (2, *sides, 3)
        assert np.abs(out).max() <= 1


def test_halvings_that_leave_one_position_are_refused():
    with pytest.raises(ValueError, match="sides of at least 16"):
        resnet_generator.generator((8, 8, 3), filters=2, halvings=3)


def test_borders_are_reflected():
    """A border of zeros would show in the first maps of a constant image."""
    network = resnet_generator.generator((16, 16, 1), filters=2, blocks=1, norm="none")
    first = of_kind(network, layers.Conv2D)[0]
    maps = keras.Model(network.input, first.output)({"source": tf.ones((1, 16, 16, 1))})
    assert maps.shape == (1, 16, 16, 2)
    assert np.ptp(maps.numpy(), axis=(1, 2)).max() < 1e-6
