"""The context encoder's generator: its maps, and what its middle sees."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

from ganzoo.networks import channelwise


def test_the_maps_of_64_pixels():
    network = channelwise.generator((64, 64, 3), source_channels=4)
    down = [layer.filters for layer in of_kind(network, layers.Conv2D)]
    up = [layer.filters for layer in of_kind(network, layers.Conv2DTranspose)]
    assert down == [64, 128, 256, 512, 512] and up == [256, 128, 64, 3]
    (middle,) = of_kind(network, layers.EinsumDense)
    assert middle.kernel.shape == (512, 16, 16) and middle.bias.shape == (16, 512)
    assert len(of_kind(network, layers.BatchNormalization)) == 3 + 1 + 3


def test_the_middle_joins_positions_and_keeps_channels_apart():
    network = channelwise.generator((8, 8, 1), source_channels=2, filters=3, levels=2)
    (middle,) = of_kind(network, layers.EinsumDense)
    x = np.zeros((1, 4, 6), "float32")
    x[0, 1, 2] = 1.0
    changed = middle(x).numpy()[0] != 0
    assert changed[:, 2].all() and changed.sum() == 4


@pytest.mark.parametrize("sides", [(8, 8), (10, 13), (28, 28)])
def test_samples_have_the_sides_of_their_sources(sides):
    network = channelwise.generator((*sides, 3), source_channels=5, filters=2)
    out = network({"source": tf.zeros((2, *sides, 5))}, training=False)
    assert out.shape == (2, *sides, 3)


def test_refuses():
    with pytest.raises(ValueError, match="sides of at least 8"):
        channelwise.generator((4, 8, 3), source_channels=4)
