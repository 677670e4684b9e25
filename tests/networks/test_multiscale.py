"""Networks from coarse to fine: the paper's table, and how scales add up."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

from ganzoo.networks import multiscale

RNG = np.random.default_rng(0)


def test_the_papers_generators():
    network = multiscale.generator((32, 32, 3), source_channels=12)
    found = [(x.filters, x.kernel_size[0]) for x in of_kind(network, layers.Conv2D)]
    assert found == [
        *[(128, 3), (256, 3), (128, 3), (3, 3)],
        *[(128, 5), (256, 3), (128, 3), (3, 5)],
        *[(128, 5), (256, 3), (512, 3), (256, 3), (128, 3), (3, 5)],
        *[(128, 7), (256, 5), (512, 5), (256, 5), (128, 5), (3, 7)],
    ]


def test_the_papers_discriminators():
    networks = multiscale.discriminators((32, 32, 3), source_channels=12)
    assert [d.input["sample"].shape[1] for d in networks] == [4, 8, 16, 32]
    maps = [[x.filters for x in of_kind(d, layers.Conv2D)] for d in networks]
    assert maps == [[64], [64, 128, 128], [128, 256, 256], [128, 256, 512, 128]]
    kernels = [[x.kernel_size[0] for x in of_kind(d, layers.Conv2D)] for d in networks]
    assert kernels == [[3], [3, 3, 3], [5, 5, 5], [7, 7, 5, 5]]
    units = [[x.units for x in of_kind(d, layers.Dense)] for d in networks]
    assert units == [[512, 256, 1], *[[1024, 512, 1]] * 3]


def test_a_finer_answer_is_the_coarser_one_and_a_correction():
    """Without a correction it is the coarser answer with doubled pixels."""
    network = multiscale.generator((8, 8, 1), source_channels=2, scales=2, filters=2)
    last = of_kind(network, layers.Conv2D)[-1]
    source = {"source": tf.constant(RNG.uniform(-1, 1, (2, 8, 12, 2)), tf.float32)}
    both = multiscale.at_every_scale(network)
    for bias in (0.0, 0.5):
        last.set_weights([np.zeros_like(last.kernel), np.full_like(last.bias, bias)])
        coarse, fine = (x.numpy() for x in both(source))
        assert coarse.shape == (2, 4, 6, 1)
        doubled = coarse.repeat(2, 1).repeat(2, 2)
        np.testing.assert_allclose(fine, doubled + np.tanh(bias), atol=1e-6)


def test_answers_come_from_the_coarsest_to_the_finest():
    network = multiscale.generator((32, 32, 3), source_channels=2, filters=1)
    source = {"source": tf.zeros((1, 64, 32, 2))}
    sizes = [x.shape[1:3] for x in multiscale.at_every_scale(network)(source)]
    assert sizes == [(8, 4), (16, 8), (32, 16), (64, 32)]


def test_the_coarsest_sees_means_of_pixels():
    network = multiscale.generator((8, 8, 1), source_channels=1, scales=2, filters=2)
    checks = np.indices((8, 8)).sum(0)[None, ..., None] % 2 * 2.0 - 1
    (pooling,) = of_kind(network, layers.AveragePooling2D)
    pooled = keras.Model(network.input, pooling.output)
    assert not pooled({"source": tf.constant(checks, tf.float32)}).numpy().any()


@pytest.mark.parametrize(
    "shape,scales,message",
    [
        ((32, 32, 3), 5, "must be 2, 3 or 4"),
        ((8, 16, 3), 4, "sides of at least 32"),
    ],
)
def test_refuses(shape, scales, message):
    with pytest.raises(ValueError, match=message):
        multiscale.generator(shape, source_channels=3, scales=scales)
