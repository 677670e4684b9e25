"""SNGAN's residual networks: the paper's table, any size, labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind
from keras import layers

from ganzoo.layers import ConditionalBatchNorm, SelfAttention, SpectralNorm, batch_norm
from ganzoo.networks import resnet

RNG = np.random.default_rng(0)
SHAPES = [(8, 8, 1), (28, 28, 1), (25, 31, 3), (32, 32, 3), (64, 48, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("num_classes", [0, 3])
def test_serves_any_shape(shape, num_classes):
    g = resnet.generator(shape, latent_dim=6, filters=3, condition=num_classes)
    d = resnet.discriminator(shape, filters=3, condition=num_classes)
    label = {"label": tf.constant([0, 2, -1])} if num_classes else {}
    z = tf.constant(RNG.normal(size=(3, 6)), tf.float32)
    out = g({"latent": z, **label}, training=True)
    assert out.shape == (3, *shape)
    assert np.ptp(out.numpy().reshape(3, -1), axis=1).min() > 0
    assert d({"sample": out, **label}).shape == (3, 1)


def test_the_cifar_table():
    constant = {"doubling": False}
    g = resnet.generator((32, 32, 3), latent_dim=128, filters=256, **constant)
    sums = [layer.output.shape[1:] for layer in of_kind(g, layers.Add)]
    assert sums == [(8, 8, 256), (16, 16, 256), (32, 32, 256)]
    d = resnet.discriminator((32, 32, 3), filters=128, **constant)
    sums = [layer.output.shape[1:] for layer in of_kind(d, layers.Add)]
    assert sums == [(16, 16, 128), (8, 8, 128), (8, 8, 128), (8, 8, 128)]
    # Counted by hand from the table: norms with two numbers a channel; no bias that a
    # norm removes, be it behind a sum.
    conv = 256 * 256 * 9
    block = 2 * conv + 2 * 512 + 256 * 256
    expected = 128 * 4096 + 4096 + 3 * block + 512 + 256 * 3 * 9 + 3
    assert sum(v.numpy().size for v in g.trainable_variables) == expected
    with_biases = resnet.generator(
        (32, 32, 3), latent_dim=128, filters=256, bias=True, **constant
    )
    assert with_biases.count_params() == g.count_params() + 3 * 2 * 256
    conv, first = 128 * 128 * 9 + 128, 3 * 128 * 9 + 128
    expected = first + conv + (3 * 128 + 128)  # the first block and its shortcut
    expected += 2 * conv + 128 * 128 + 128  # the second
    expected += 4 * conv + 128 + 1
    assert sum(v.numpy().size for v in d.trainable_variables) == expected


def test_biases_of_sums_are_removed_by_batch_normalisation_alone():
    """Changing them changes nothing, so they are left out; else each one acts."""

    def change(**options):
        g = resnet.generator((8, 8, 1), latent_dim=4, filters=2, **options)
        for attention in of_kind(g, SelfAttention):
            attention.gamma.assign(1.0)  # else it adds nothing
        [*_, last] = of_kind(g, layers.Conv2D)
        found = [
            layer.bias
            for layer in of_kind(g, layers.Conv2D)
            if layer.use_bias and layer is not last
        ]
        z = tf.constant(RNG.normal(size=(5, 4)), tf.float32)
        before = g({"latent": z}, training=True).numpy()
        for bias in found:
            bias.assign(RNG.normal(size=bias.shape))
        return len(found), np.abs(g({"latent": z}, training=True) - before).max()

    assert change() == (0, 0)
    count, largest = change(bias=True)
    assert count == 4 and largest < 1e-5  # two blocks, each with two convolutions
    for options in ({"normalize": False}, {"attention": True}):
        count, largest = change(**options)
        assert count >= 4 and largest > 1e-3


def test_channels_double_with_each_halving():
    g = resnet.generator((28, 28, 1), latent_dim=4, filters=3)
    sums = [layer.output.shape[1:] for layer in of_kind(g, layers.Add)]
    assert g.layers[2].output.shape[1:] == (7, 7, 12)
    assert sums == [(14, 14, 6), (28, 28, 3)]
    # D ends at 7x7 and not at 14x14, where a 3x3 kernel sees little of a digit.
    d = resnet.discriminator((28, 28, 1), filters=3)
    sums = [layer.output.shape[1:] for layer in of_kind(d, layers.Add)]
    assert sums == [(14, 14, 3), (7, 7, 6), (7, 7, 6), (7, 7, 6)]
    d = resnet.discriminator((28, 28, 1), filters=3, last=14)
    sums = [layer.output.shape[1:] for layer in of_kind(d, layers.Add)]
    assert sums == [(14, 14, 3)] * 3


def test_a_block_is_what_it_says():
    """Norm, ReLU, nearest neighbours, conv, norm, ReLU, conv; shortcut beside it."""
    g = resnet.generator((8, 8, 1), latent_dim=4, filters=2)
    kinds = [type(layer).__name__ for layer in g.layers]
    start = kinds.index("BatchNorm")
    main = "BatchNorm ReLU UpSampling2D Conv2D BatchNorm ReLU"
    assert kinds[start : start + 6] == main.split()
    assert sorted(kinds[start + 6 : start + 10]) == sorted(
        ["UpSampling2D", "Conv2D", "Conv2D", "Add"]
    )


def test_positions_are_summed():
    d = resnet.discriminator((8, 8, 1), filters=2, d_norm="none")
    dense = d.layers[-1]
    before = [n for n in d.layers if isinstance(n, layers.ReLU)][-1]
    look = keras.Model(d.input, [before.output, d.output])
    x = tf.constant(RNG.uniform(-1, 1, (3, 8, 8, 1)), tf.float32)
    maps, out = look({"sample": x})
    expected = maps.numpy().sum(axis=(1, 2)) @ dense.kernel + dense.bias
    np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_the_mean_over_positions():
    sizes = {"filters": 2, "d_norm": "none"}
    x = tf.constant(RNG.uniform(-1, 1, (3, 8, 8, 1)), tf.float32)
    total, mean = (
        resnet.discriminator((8, 8, 1), pool=pool, **sizes) for pool in ("sum", "mean")
    )
    mean.set_weights(total.get_weights())
    # 16 positions, and a bias that starts from 0.
    np.testing.assert_allclose(
        total({"sample": x}), 16 * mean({"sample": x}), rtol=1e-5
    )
    with pytest.raises(ValueError, match="Did you mean 'mean'"):
        resnet.discriminator((8, 8, 1), pool="means")


@pytest.mark.parametrize("d_norm", ["none", "spectral"])
def test_a_weight_for_each_position_and_channel(d_norm):
    d = resnet.discriminator(
        (16, 8, 1), filters=2, last=4, pool="weighted", d_norm=d_norm
    )
    (weights,) = [w for w in d.weights if w.shape == (8, 4, 2, 1)]
    assert abs(weights.numpy().std() * np.sqrt(8 * 4) - 1) < 0.5
    before = [n for n in d.layers if isinstance(n, layers.ReLU)][-1]
    after = next(n for n in d.layers if isinstance(n, layers.Flatten))
    look = keras.Model(d.input, [before.output, after.output])
    x = tf.constant(RNG.uniform(-1, 1, (3, 16, 8, 1)), tf.float32)
    maps, features = look({"sample": x})
    kernel = weights.numpy()[..., 0]
    expected = np.einsum("nijc,ijc->nc", maps, kernel)
    if d_norm == "spectral":  # of one output, so that sigma is the whole norm
        expected = expected / np.linalg.norm(kernel)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-6)


def test_the_start_of_r3gan():
    """MSR: 1 / fan-in, in the branches times the gain squared over the blocks."""
    options = {"initializer": "msr", "activation": "leaky_relu", "filters": 32}
    options["doubling"] = False
    g = resnet.generator((32, 32, 3), latent_dim=64, normalize=False, **options)
    d = resnet.discriminator((32, 32, 3), d_norm="none", **options)
    gain = np.sqrt(2 / (1 + 0.2**2))
    for network, count in ((g, 3), (d, 4)):
        for layer in of_kind(network, (layers.Conv2D, layers.Dense)):
            kernel = layer.kernel.numpy()
            inner = kernel.shape[:2] == (3, 3) and kernel.shape[-1] == 32
            expected = 1 / np.sqrt(np.prod(kernel.shape[:-1]))
            expected *= gain / np.sqrt(count) if inner else 1
            # 5 standard errors of the deviation of that many normals.
            error = 5 / np.sqrt(2 * kernel.size)
            assert abs(kernel.std() / expected - 1) < error, (layer.name, count)


def test_blocks_that_start_as_their_shortcuts():
    """Without their last convolutions, D is linear but for its last activation."""
    options = {"initializer": "msr", "activation": "leaky_relu", "zero_last": True}
    d = resnet.discriminator(
        (8, 8, 1), filters=4, d_norm="none", pool="mean", **options
    )
    zeros = [x for x in of_kind(d, layers.Conv2D) if not x.kernel.numpy().any()]
    assert len(zeros) == 3
    x = RNG.uniform(-1, 1, (3, 8, 8, 1)).astype("float32")
    (shortcut,) = [n for n in of_kind(d, layers.Conv2D) if n.kernel.shape[:2] == (1, 1)]
    maps = x.reshape(3, 4, 2, 4, 2, 1).mean(axis=(2, 4)) @ shortcut.kernel.numpy()[0, 0]
    features = np.where(maps > 0, maps, 0.2 * maps).mean(axis=(1, 2))
    expected = features @ d.layers[-1].kernel.numpy()
    np.testing.assert_allclose(d({"sample": x}), expected, atol=1e-5)


def test_the_label_chooses_gain_and_bias_in_every_block():
    g = resnet.generator((8, 8, 1), latent_dim=4, filters=2, condition=3)
    chosen = of_kind(g, ConditionalBatchNorm)
    assert len(chosen) == 4
    assert len(of_kind(g, type(batch_norm()))) == 1  # before the output
    z = tf.repeat(tf.constant(RNG.normal(size=(1, 4)), tf.float32), 3, axis=0)
    given = {"latent": z, "label": tf.range(3)}
    a, b, c = g(given, training=False).numpy()
    np.testing.assert_array_equal(a, b)  # all labels begin alike
    chosen[0].shift.assign(RNG.normal(size=chosen[0].shift.shape))
    a, b, c = g(given, training=False).numpy()
    assert (a != b).any() and (b != c).any()


def test_the_label_is_projected():
    """Labels differ by the product of embedding and features alone."""
    d = resnet.discriminator((8, 8, 1), filters=4, condition=3)
    x = tf.repeat(tf.constant(RNG.normal(size=(1, 8, 8, 1)), tf.float32), 4, axis=0)
    out = d({"sample": x, "label": tf.range(4) - 1}).numpy()
    assert len(np.unique(out)) == 4
    dense = [n for n in of_kind(d, SpectralNorm) if isinstance(n.layer, layers.Dense)]
    (embedding,) = [n for n in dense if n.layer.kernel.shape == (3, 4)]
    embedding.layer.kernel.assign(np.ones((3, 4)))  # one embedding for all
    out = d({"sample": x, "label": tf.range(4) - 1}).numpy()
    np.testing.assert_allclose(out[1:], np.broadcast_to(out[1], (3, 1)), rtol=1e-5)
    assert abs(out[0] - out[1]) > 1e-4


@pytest.mark.parametrize("side,half", [(8, 4), (28, 14), (64, 32)])
@pytest.mark.parametrize("spectral", [False, True])
def test_self_attention_on_maps_of_half_the_sides(side, half, spectral):
    shape = (side, side, 1)
    g = resnet.generator(
        shape, latent_dim=4, filters=2, attention=True, spectral=spectral
    )
    norm = "spectral" if spectral else "none"
    d = resnet.discriminator(shape, filters=2, attention=True, d_norm=norm)
    for network, channels in ((g, 4), (d, 2)):
        (layer,) = of_kind(network, SelfAttention)
        assert layer.output.shape[1:] == (half, half, channels)
        assert layer.spectral == spectral
    assert not of_kind(resnet.discriminator(shape, filters=2), SelfAttention)


def test_every_layer_of_g_is_normalised_by_its_spectral_norm():
    g = resnet.generator((8, 8, 1), latent_dim=4, filters=2, spectral=True)
    bare = of_kind(g, (layers.Dense, layers.Conv2D))
    assert not bare and len(of_kind(g, SpectralNorm)) == 1 + 2 * 3 + 1
    plain = resnet.generator((8, 8, 1), latent_dim=4, filters=2)
    assert not of_kind(plain, SpectralNorm)


@pytest.mark.parametrize("num_classes", [0, 3])
def test_a_generator_without_normalisation(num_classes):
    g = resnet.generator(
        (8, 8, 1), latent_dim=4, filters=2, normalize=False, condition=num_classes
    )
    assert not of_kind(g, (layers.BatchNormalization, ConditionalBatchNorm))
    assert all(layer.use_bias for layer in of_kind(g, layers.Conv2D))
    z = tf.repeat(tf.constant(RNG.normal(size=(1, 4)), tf.float32), 3, axis=0)
    label = {"label": tf.range(3)} if num_classes else {}
    a, b, _ = g({"latent": z, **label}).numpy()
    assert (a != b).any() == bool(num_classes)


@pytest.mark.parametrize("shape", [(7, 8, 1), (8,), (8, 8, 8, 1)])
def test_refuses_shapes(shape):
    for make in (
        lambda: resnet.generator(shape, latent_dim=6),
        lambda: resnet.discriminator(shape),
    ):
        with pytest.raises(ValueError, match=r"\(H, W, C\), with sides of at least 8"):
            make()


@pytest.mark.parametrize("option", [{"latent_dim": 0}, {"filters": 0}])
def test_refuses_sizes(option):
    with pytest.raises(ValueError, match="must be a whole number from 1. Received: 0"):
        resnet.generator((8, 8, 1), **{"latent_dim": 6, **option})
