"""The discriminator of patches: what a logit sees, measured."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

from ganzoo.networks import patchgan

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "levels,field", [(1, 16), (2, 34), (3, 70), (4, 142), (5, 286)]
)
def test_a_logit_sees_the_papers_patch_alone(levels, field):
    """By the gradient of the middle logit, with nothing that looks further."""
    side = 2 * field
    side += -side % 2**levels
    network = patchgan.discriminator(
        (side, side, 1), filters=2, levels=levels, d_norm="none"
    )
    sample = tf.constant(RNG.normal(size=(1, side, side, 1)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(sample)
        logits = network({"sample": sample}, training=False)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(middle, sample).numpy()[0, ..., 0]) > 0
    for axis in (0, 1):
        rows = np.flatnonzero(seen.any(axis=axis))
        assert rows[-1] - rows[0] + 1 == field


def test_the_papers_layers_and_weights():
    """C64-C128-C256-C512 and the logits, on a source and a sample of 3 channels."""
    network = patchgan.discriminator((256, 256, 3), source_channels=3)
    filters = [layer.filters for layer in of_kind(network, layers.Conv2D)]
    assert filters == [64, 128, 256, 512, 1]
    pair = {"source": tf.zeros((1, 256, 256, 3)), "sample": tf.zeros((1, 256, 256, 3))}
    assert network(pair, training=False).shape == (1, 32, 32, 1)
    pairs = [(6, 64), (64, 128), (128, 256), (256, 512), (512, 1)]
    norms, biases = 128 + 256 + 512, 64 + 1
    by_hand = sum(4 * 4 * a * b for a, b in pairs) + 2 * norms + biases
    assert network.count_params() == by_hand


def test_it_sees_the_source_where_asked():
    network = patchgan.discriminator((8, 8, 3), source_channels=1, filters=2, levels=1)
    sample = tf.constant(RNG.normal(size=(1, 8, 8, 3)), tf.float32)
    one, two = (
        network({"sample": sample, "source": tf.fill((1, 8, 8, 1), value)}).numpy()
        for value in (-1.0, 1.0)
    )
    assert (one != two).any()
    alone = patchgan.discriminator((8, 8, 3), filters=2, levels=1)
    assert list(alone.input) == ["sample"]
