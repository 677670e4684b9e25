"""SRGAN's networks: the paper's maps, and how far a pixel sees."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

from ganzoo.networks import subpixel

RNG = np.random.default_rng(0)


def test_the_papers_generator():
    """k9n64, 16 blocks of two k3n64, k3n64, two k3n256 with shuffles, k9n3."""
    network = subpixel.generator((96, 96, 3))
    found = [(x.kernel_size[0], x.filters) for x in of_kind(network, layers.Conv2D)]
    body = [(3, 64)] * (2 * 16 + 1)
    assert found == [(9, 64), *body, (3, 256), (3, 256), (9, 3)]
    assert len(of_kind(network, layers.BatchNormalization)) == 33
    assert len(of_kind(network, layers.PReLU)) == 1 + 16 + 2
    assert len(of_kind(network, layers.Add)) == 17
    kernels = 81 * 3 * 64 + 33 * 9 * 64 * 64 + 2 * 9 * 64 * 256 + 81 * 64 * 3
    rest = (64 + 2 * 256 + 3) + 33 * 4 * 64 + 19 * 64  # biases, norms, slopes
    assert network.count_params() == kernels + rest


def test_the_papers_discriminator():
    network = subpixel.discriminator((96, 96, 3))
    found = [(x.filters, x.strides[0]) for x in of_kind(network, layers.Conv2D)]
    assert found == [(n, s) for n in (64, 128, 256, 512) for s in (1, 2)]
    assert len(of_kind(network, layers.BatchNormalization)) == 7
    assert [x.units for x in of_kind(network, layers.Dense)] == [1024, 1]
    assert of_kind(network, layers.Dense)[0].kernel.shape == (6 * 6 * 512, 1024)


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("blocks", [1, 3])
def test_a_pixel_sees_as_far_as_reach_says_and_no_further(scale, blocks):
    """Of an impulse at one end of a row, how far the sample changes."""
    network = subpixel.generator((16, 16, 1), scale=scale, filters=2, blocks=blocks)
    for layer in of_kind(network, layers.Conv2D):
        layer.kernel.assign(np.abs(RNG.normal(size=layer.kernel.shape)))
    still = np.zeros((1, 1, 40, 1), "float32")
    moved = still.copy()
    moved[0, 0, 0] = 1.0
    one, two = (network({"source": tf.constant(x)}).numpy() for x in (still, moved))
    changed = np.flatnonzero((one != two).any(axis=(0, 1, 3)))
    assert changed.max() // scale == subpixel.reach(scale, blocks, "batch")


def test_a_normalisation_over_positions_sees_everything():
    assert subpixel.reach(2, 1, "none") == subpixel.reach(2, 1, "spectral") == 10
    assert subpixel.reach(2, 1, "instance") is None
