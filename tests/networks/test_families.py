"""The network families: shapes, conditioning, and what each promises of its layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import copied, of_kind
from keras import layers

import ganzoo
from ganzoo.layers import (
    ConditionalBatchNorm,
    Dropout,
    GaussianNoise,
    Maxout,
    MeanBias,
    MinibatchStdDev,
    WeightNormDense,
    starting,
)
from ganzoo.networks import dcgan, improved, inputs, mlp, norms, resnet

IMAGES = [(8, 8, 1), (28, 28, 1), (25, 31, 3), (64, 48, 3), (32, 32, 3)]
ANY = [(2,), (28, 28, 1), (4, 4, 4, 1)]
RNG = np.random.default_rng(0)


def latents(n=3, dim=6):
    return tf.constant(RNG.normal(size=(n, dim)), tf.float32)


def samples(shape, n=3):
    return tf.constant(RNG.uniform(-1, 1, size=(n, *shape)), tf.float32)


def kernels(network):
    return [v.numpy() for v in network.trainable_variables if v.name == "kernel"]


def biases_before_normalisation(network):
    """Layers with a bias whose next layer with weights is batch normalisation."""
    chain = [layer for layer in network.layers if layer.weights]
    return [
        layer.name
        for layer, after in zip(chain, chain[1:], strict=False)
        if isinstance(after, layers.BatchNormalization) and layer.bias is not None
    ]


# --- convolutions -----------------------------------------------------------------


@pytest.mark.parametrize("shape", IMAGES)
def test_dcgan_serves_any_shape(shape):
    g = dcgan.generator(shape, latent_dim=6, filters=2)
    out = g({"latent": latents()}, training=False)
    assert out.shape == (3, *shape)
    assert g.output.shape == (None, *shape)
    assert np.all(np.abs(out) <= 1)
    d = dcgan.discriminator(shape, filters=2)
    assert d({"sample": out}, training=False).shape == (3, 1)


@pytest.mark.parametrize(
    "height,width,levels",
    [(8, 8, 2), (15, 99, 2), (16, 16, 2), (28, 28, 2), (32, 32, 3), (64, 48, 3)]
    + [(64, 64, 4), (63, 64, 3), (128, 128, 5)],
)
def test_dcgan_levels(height, width, levels):
    assert dcgan.level_count(height, width) == levels


@pytest.mark.parametrize(
    "shape,given,units",
    [((28, 28, 1), None, 1024), ((63, 8, 1), None, 1024), ((8, 64, 1), None, 0)]
    + [((64, 64, 3), None, 0), ((64, 64, 3), 5, 5), ((28, 28, 1), 0, 0)],
)
def test_the_dense_layer_of_small_images(shape, given, units):
    sizes = {"filters": 2, "units": given}
    g = dcgan.generator(shape, latent_dim=6, **sizes)
    d = dcgan.discriminator(shape, **sizes)
    assert [x.units for x in of_kind(g, layers.Dense)[:-1]] == [units] * bool(units)
    assert [x.units for x in of_kind(d, layers.Dense)[:-1]] == [units] * bool(units)


@pytest.mark.parametrize("units", [-1, 2.5, "many"])
def test_dcgan_refuses_units(units):
    for make in (
        dcgan.discriminator,
        lambda s, **u: dcgan.generator(s, latent_dim=6, **u),
    ):
        with pytest.raises(ValueError, match="whole number from 0"):
            make((8, 8, 1), units=units)


def test_the_start_of_dcgan_by_hand():
    """Dense, normalised by unit, ReLU: twice, and then a map."""
    g = dcgan.generator((8, 8, 1), latent_dim=6, filters=2, units=3)
    hidden, first = of_kind(g, layers.Dense)
    one, two = of_kind(g, layers.BatchNormalization)[:2]
    one.moving_mean.assign([0.1, -0.2, 0.3])
    two.moving_variance.assign(RNG.uniform(1, 2, 16))
    z = latents().numpy()
    x = (z @ hidden.kernel.numpy() - one.moving_mean.numpy()) / np.sqrt(1 + 1e-5)
    x = np.maximum(x, 0) @ first.kernel.numpy()
    x = np.maximum(x / np.sqrt(two.moving_variance.numpy() + 1e-5), 0)
    look = keras.Model(g.input, of_kind(g, layers.ReLU)[1].output)
    np.testing.assert_allclose(
        look({"latent": z}, training=False), x.reshape(3, 2, 2, 4), atol=1e-6
    )


def test_dcgan_gives_each_layer_the_label():
    """Three classes more at each layer's input: Radford's train_cond_dcgan.py."""
    sizes = {"filters": 2, "units": 5, "condition": 3}
    g = dcgan.generator((8, 8, 1), latent_dim=6, **sizes)
    d = dcgan.discriminator((8, 8, 1), maps=False, **sizes)
    assert [x.kernel.shape[0] for x in of_kind(g, layers.Dense)] == [6 + 3, 5 + 3]
    deconvolutions = of_kind(g, layers.Conv2DTranspose)
    assert [x.kernel.shape[-1] for x in deconvolutions] == [4 + 3, 2 + 3]
    assert [x.kernel.shape[2] for x in of_kind(d, layers.Conv2D)] == [1 + 3, 2 + 3]
    assert [x.kernel.shape[0] for x in of_kind(d, layers.Dense)] == [16 + 3, 5 + 3]


def test_many_classes_join_as_a_row_of_a_table():
    """64 values at each layer's input, and a table of 64 for each class."""
    sizes = {"filters": 2, "units": 5}
    g = dcgan.generator((8, 8, 1), latent_dim=6, condition=1000, **sizes)
    d = dcgan.discriminator((8, 8, 1), condition=1000, maps=False, **sizes)
    assert [x.kernel.shape[0] for x in of_kind(g, layers.Dense)] == [6 + 64, 5 + 64]
    deconvolutions = of_kind(g, layers.Conv2DTranspose)
    assert [x.kernel.shape[-1] for x in deconvolutions] == [4 + 64, 2 + 64]
    assert [x.kernel.shape[2] for x in of_kind(d, layers.Conv2D)] == [1 + 64, 2 + 64]
    assert [x.kernel.shape[0] for x in of_kind(d, layers.Dense)] == [16 + 64, 5 + 64]
    for network in (g, d):
        (table,) = of_kind(network, layers.Embedding)
        assert table.embeddings.shape == (1000, 64)
        # Of length 1, as one-hot codes; 5 standard errors.
        squares = np.sum(table.embeddings.numpy() ** 2, axis=1)
        assert abs(squares.mean() - 1) < 5 * np.sqrt(2 / 64 / 1000)
    # The last code that joins as it is has one value less than the first that does not.
    at_most, above = (
        dcgan.generator((8, 8, 1), latent_dim=6, condition=n, **sizes) for n in (64, 65)
    )
    assert above.count_params() - at_most.count_params() == 65 * 64


def test_the_code_of_many_classes_tags_or_numbers():
    named, code = inputs.with_label("latent", (2,), 70)
    network = keras.Model(named["label"], code)
    (table,) = network.get_weights()
    out = network(tf.constant([0, 69, 3]))
    np.testing.assert_array_equal(out, table[[0, 69, 3]])
    for kind in ("tags", "numbers"):
        named, code = inputs.with_label("latent", (2,), {"name": kind, "count": 70})
        network = keras.Model(named["label"], code)
        (kernel,) = network.get_weights()
        given = RNG.integers(0, 2, (3, 70)).astype("float32")
        np.testing.assert_allclose(network(given), given @ kernel, atol=1e-5)


def test_resnet_has_a_vector_of_each_class_and_layer():
    """Normalisation by label and projection are tables themselves."""
    g = resnet.generator((8, 8, 1), latent_dim=6, filters=2, condition=70)
    d = resnet.discriminator((8, 8, 1), filters=2, condition=70)
    assert not of_kind(g, layers.Embedding) and not of_kind(d, layers.Embedding)
    assert {x.gain.shape[0] for x in of_kind(g, ConditionalBatchNorm)} == {70}
    plain = {"latent_dim": 6, "filters": 2, "normalize": False}
    g = resnet.generator((8, 8, 1), condition=70, **plain)
    assert of_kind(g, layers.Dense)[0].kernel.shape[0] == 6 + 64


def test_what_a_layer_is_given_with_a_label():
    x, code = keras.Input((2, 1, 1)), keras.Input((2,))
    out = keras.Model([x, code], inputs.join(x, code))
    maps = out([tf.constant([[[[7.0]], [[8.0]]]]), tf.constant([[0.0, 1.0]])])
    np.testing.assert_array_equal(maps, [[[[7, 0, 1]], [[8, 0, 1]]]])
    assert inputs.join(x, None) is x


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "instance", "spectral"])
@pytest.mark.parametrize(
    "make",
    [
        lambda norm: dcgan.discriminator((8, 8, 1), filters=2, units=4, d_norm=norm),
        lambda norm: dcgan.discriminator((8, 8, 1), filters=2, units=0, d_norm=norm),
    ],
)
def test_dcgan_normalises_as_it_is_told(make, norm):
    assert make(norm)({"sample": samples((8, 8, 1))}, training=True).shape == (3, 1)


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "spectral"])
@pytest.mark.parametrize(
    "make",
    [
        lambda **o: dcgan.discriminator((8, 8, 1), filters=2, units=8, **o),
        lambda **o: dcgan.discriminator((8, 8, 1), filters=2, units=0, **o),
        lambda **o: mlp.discriminator((8, 8, 1), hidden=(8, 8), **o),
        lambda **o: resnet.discriminator((8, 8, 1), filters=4, **o),
    ],
)
def test_the_spread_of_the_batch_is_combined_with_the_sample(make, norm, monkeypatch):
    """A constant beside the last layer would move all logits by the same."""
    d, x = make(d_norm=norm, minibatch="stddev"), samples((8, 8, 1), 6)
    for v in d.trainable_variables:  # away from N(0, 0.02), where units hardly move
        v.assign(RNG.normal(size=v.shape))

    def logits(spread):
        def call(layer, x):
            return tf.concat([x, tf.fill((*x.shape[:-1], 1), spread)], axis=-1)

        monkeypatch.setattr(MinibatchStdDev, "call", call)
        return d({"sample": x}, training=True)

    assert np.ptp(logits(10.0) - logits(0.0)) > 1e-3


def test_dcgan_channels_follow_the_paper():
    g = dcgan.generator((64, 64, 3), latent_dim=6, filters=2)
    maps = [layer.output.shape[1:] for layer in of_kind(g, layers.ReLU)]
    assert maps == [(4, 4, 16), (8, 8, 8), (16, 16, 4), (32, 32, 2)]
    d = dcgan.discriminator((64, 64, 3), filters=2)
    maps = [layer.output.shape[1:] for layer in of_kind(d, layers.Conv2D)]
    assert maps == [(32, 32, 2), (16, 16, 4), (8, 8, 8), (4, 4, 16)]
    strides = [layer.strides for layer in of_kind(d, layers.Conv2D)]
    assert strides == [(2, 2)] * 4
    assert [layer.negative_slope for layer in of_kind(d, layers.LeakyReLU)] == [0.2] * 4


def test_every_output_pixel_of_dcgan_can_change():
    """Cropping takes away what is too much, and leaves no dead border."""
    g = dcgan.generator((25, 31, 1), latent_dim=6, filters=2)
    a, b = g({"latent": latents(2)}, training=True).numpy()
    assert (a != b).all()


def test_no_bias_before_batch_norm():
    networks = [
        dcgan.generator((32, 32, 3), latent_dim=6, filters=2),
        dcgan.generator((32, 32, 3), latent_dim=6, filters=2, condition=3),
        dcgan.discriminator((32, 32, 3), filters=2),
        mlp.generator((2,), latent_dim=6, hidden=(4, 4, 4)),
        improved.generator((8, 8, 1), latent_dim=6, hidden=(4, 4)),
    ]
    for network in networks:
        assert of_kind(network, layers.BatchNormalization)
        assert biases_before_normalisation(network) == []
    # The walk finds one where there is one.
    x = keras.Input((2,))
    wrong = keras.Model(x, layers.BatchNormalization()(layers.Dense(2)(x)))
    assert len(biases_before_normalisation(wrong)) == 1


def test_dcgan_normalises_all_levels_but_the_ends():
    g = dcgan.generator((32, 32, 3), latent_dim=6, filters=2)
    # Of the dense layers unit by unit, as in Radford's code; of maps by channel.
    widths = [n.gamma.shape[0] for n in of_kind(g, layers.BatchNormalization)]
    assert widths == [1024, 4 * 4 * 8, 4, 2]
    assert of_kind(g, layers.Conv2DTranspose)[-1].bias is not None
    d = dcgan.discriminator((32, 32, 3), filters=2)
    widths = [n.gamma.shape[0] for n in of_kind(d, layers.BatchNormalization)]
    assert widths == [4, 8, 1024]
    assert of_kind(d, layers.Conv2D)[0].bias is not None
    plain = dcgan.discriminator((32, 32, 3), filters=2, d_norm="none", dropout=0.3)
    assert not of_kind(plain, layers.BatchNormalization)
    assert all(layer.bias is not None for layer in of_kind(plain, layers.Conv2D))
    assert [layer.rate for layer in of_kind(plain, Dropout)] == [0.3] * 3


@pytest.mark.parametrize("condition", [None, 3])
def test_dcgan_sees_what_the_one_image_of_a_batch_is(condition):
    """Normalised unit by unit, every batch of one image has equal hidden values: 0."""
    d = dcgan.discriminator((32, 32, 3), filters=2, condition=condition)
    label = {"label": tf.zeros(4, tf.int32)} if condition else {}

    def two_answers():
        batches = [tf.repeat(samples((32, 32, 3), 1), 4, axis=0) for _ in range(2)]
        return [d({"sample": batch, **label}, training=True) for batch in batches]

    kernel, channels = d.layers[-1].kernel, 8
    kernel.assign(10 * kernel)
    one, other = two_answers()
    assert np.abs(one - other).min() > 1e-3
    # Without the maps' means, which come first in the logit's kernel, it is blind.
    assert kernel.shape == (channels + 1 + 1024 + (condition or 0), 1)
    kernel.assign(tf.concat([tf.zeros((channels, 1)), kernel[channels:]], axis=0))
    np.testing.assert_allclose(*two_answers(), atol=1e-5)


def test_dcgan_sees_the_spread_of_the_batch():
    """The deviation of each value of the last maps over the batch, averaged."""
    d = dcgan.discriminator((32, 32, 3), filters=2)
    kernel, channels = d.layers[-1].kernel, 8
    only = np.zeros(kernel.shape)
    only[channels] = 1
    kernel.assign(only)
    (flat,) = of_kind(d, layers.Flatten)
    batch = {"sample": samples((32, 32, 3), 4)}
    maps = keras.Model(d.input, flat.input)(batch, training=True).numpy()
    spread = np.sqrt(maps.var(axis=0) + 1e-8).mean()
    np.testing.assert_allclose(d(batch, training=True), np.full((4, 1), spread), 1e-4)


@pytest.mark.parametrize("d_norm", norms.NORMS)
def test_dcgan_reads_its_maps_where_the_batch_hides_its_mean(d_norm):
    read = of_kind(
        dcgan.discriminator((32, 32, 3), filters=2, d_norm=d_norm),
        layers.GlobalAveragePooling2D,
    )
    assert len(read) == (d_norm == "batch")


def test_dcgan_weights_start_from_their_own_draws():
    """Of N(0, 0.02), other ones in every layer and network, given by the seed."""

    def make(seed):
        keras.utils.set_random_seed(seed)
        return kernels(dcgan.generator((32, 32, 3), latent_dim=6, filters=8))

    one, same, other = make(1), make(1), make(2)
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).mean() > 0.9
        # Keras' normals end at no bound; 5 standard errors of the deviation.
        assert abs(a.std() / 0.02 - 1) < 5 / np.sqrt(2 * a.size)
    heads = [a.ravel()[:50] for a in one]
    for i, head in enumerate(heads):
        for later in heads[i + 1 :]:
            assert (head != later).all()


@pytest.mark.parametrize("kernel", [2, 4, 6])
def test_dcgan_takes_even_kernels(kernel):
    g = dcgan.generator((9, 8, 1), latent_dim=6, filters=2, kernel=kernel)
    assert g.output.shape == (None, 9, 8, 1)


@pytest.mark.parametrize("kernel", [-2, 0, 1, 3, 5])
def test_dcgan_refuses_other_kernels(kernel):
    with pytest.raises(ValueError, match=f"`kernel` must be .* Received: {kernel}"):
        dcgan.generator((8, 8, 1), latent_dim=6, kernel=kernel)


@pytest.mark.parametrize(
    "shape", [(7, 8, 1), (8, 4, 1), (8, 8), (8,), (8, 8, 8, 1), (8.0, 8, 1), (8, 8, 0)]
)
def test_dcgan_refuses_shapes(shape):
    for make in (
        lambda: dcgan.generator(shape, latent_dim=6),
        lambda: dcgan.discriminator(shape),
    ):
        with pytest.raises(ValueError, match=r"\(H, W, C\), with sides of at least 8"):
            make()


@pytest.mark.parametrize("option", [{"latent_dim": 0}, {"filters": 0}])
def test_dcgan_refuses_sizes(option):
    with pytest.raises(ValueError, match="must be a whole number from 1. Received: 0"):
        dcgan.generator((8, 8, 1), **{"latent_dim": 6, **option})


def test_dcgan_sees_labels():
    g = dcgan.generator((8, 8, 1), latent_dim=6, filters=2, condition=3)
    d = dcgan.discriminator((8, 8, 1), filters=2, condition=3)
    given = {"latent": tf.repeat(latents(1), 4, axis=0), "label": tf.range(4) - 1}
    out = g(given, training=False).numpy()
    assert all((out[i] != out[j]).any() for i in range(4) for j in range(i))
    x = tf.repeat(samples((8, 8, 1), 1), 4, axis=0)
    logits = d({"sample": x, "label": given["label"]}, training=False).numpy()
    assert len(np.unique(logits)) == 4


# --- multilayer perceptrons -------------------------------------------------------


@pytest.mark.parametrize("shape", ANY)
def test_mlp_serves_any_shape(shape):
    g = mlp.generator(shape, latent_dim=6, hidden=(5, 5))
    out = g({"latent": latents()}, training=False)
    assert out.shape == (3, *shape)
    d = mlp.discriminator(shape, hidden=(5,), dropout=0.1, input_dropout=0.1)
    assert d({"sample": out}, training=False).shape == (3, 1)


@pytest.mark.parametrize("shape", [(), (28, 0), (0,), (2, 2, 2, 2, 1), (2.5,)])
def test_mlp_refuses_shapes(shape):
    with pytest.raises(ValueError, match=r"\(d,\) or \(L, C\) or \(H, W, C\) or \(D"):
        mlp.generator(shape, latent_dim=6)
    with pytest.raises(ValueError, match="`image_shape` must be"):
        mlp.discriminator(shape)


@pytest.mark.parametrize("shape", ANY)
def test_a_part_of_the_latent_enters_at_the_second_layer(shape):
    g = mlp.generator(shape, latent_dim=6, hidden=(5, 7, 4), latent_to_hidden=2)
    dense = of_kind(g, layers.Dense)
    assert [layer.kernel.shape[0] for layer in dense] == [4, 5 + 2, 7, 4]
    look = keras.Model(g.input, [dense[0].output, g.output])
    z = latents(1)
    early, late = (
        z + tf.constant([[0.0] * i + [9.0] + [0.0] * (5 - i)]) for i in (3, 4)
    )
    first, out = look({"latent": z}, training=False)
    first_late, out_late = look({"latent": late}, training=False)
    np.testing.assert_array_equal(first_late, first)
    assert (out_late.numpy() != out.numpy()).any()
    first_early, _ = look({"latent": early}, training=False)
    assert (first_early.numpy() != first.numpy()).any()


@pytest.mark.parametrize(
    "late,hidden", [(6, (5, 5)), (7, (5, 5)), (-1, (5, 5)), (2, (5,))]
)
def test_refuses_what_cannot_enter_later(late, hidden):
    with pytest.raises(ValueError, match="`latent_to_hidden` must leave a part"):
        mlp.generator((2,), latent_dim=6, hidden=hidden, latent_to_hidden=late)


def test_hidden_noise_is_active_in_training_and_in_sampling():
    g = mlp.generator(
        (2,), latent_dim=6, hidden=(5, 5), hidden_noise=0.5, normalize=False
    )
    assert len(of_kind(g, GaussianNoise)) == 2
    given = {"latent": latents()}
    for training in (False, True):
        a, b = (g(given, training=training).numpy() for _ in range(2))
        assert (a != b).all()


def test_noise_in_sampling_follows_from_the_seed():
    network = {"name": "mlp", "hidden": (5, 5), "hidden_noise": 0.5}
    model = ganzoo.build("vanilla", image_shape=(2,), latent_dim=6, network=network)
    many = model.sample(300, seed=1)
    np.testing.assert_array_equal(model.sample(300, seed=1), many)
    np.testing.assert_allclose(model.sample(270, seed=1), many[:270], atol=1e-6)
    z = np.repeat(model.latents(1), 2, axis=0)
    one, two = model.decode(z)
    assert (one != two).all()  # one latent, two samples
    assert (model.decode(z, seed=1) != model.decode(z)).all()


def test_the_output_starts_from_the_mean_of_the_data():
    """The activation's inverse of the mean, as far as its range goes."""
    real = RNG.uniform(0.1, 0.9, size=(50, 2, 2, 1)).astype("float32")
    real[:, 0, 0] = 0.0
    network = {"name": "mlp", "g_hidden": (5,), "output_bias": "mean"}
    for value_range, ends in (((0.0, 1.0), (0, 1)), ((-1.0, 1.0), (-1, 1))):
        model = ganzoo.build(
            "vanilla", image_shape=(2, 2, 1), value_range=value_range, network=network
        )
        low, high = ends
        data = low + (high - low) * real
        model.adapt({"real": tf.constant(data)})
        (layer,) = of_kind(model.generator, MeanBias)
        end = model.generator.layers[-1]
        mean = end(layer.bias.value).numpy()
        expected = data.mean(axis=0)
        expected[0, 0] = low + 1e-3 * (high - low)
        np.testing.assert_allclose(mean, expected, rtol=1e-4)
        assert copied(layer).activation == layer.activation
    plain = mlp.generator((2,), latent_dim=6, value_range=None, output_bias="mean")
    (layer,) = of_kind(plain, MeanBias)
    layer.initialize(tf.constant([[1.0, -5.0], [3.0, -7.0]]))
    np.testing.assert_array_equal(layer.bias, [2.0, -6.0])


def test_refuses_an_output_bias():
    with pytest.raises(ValueError, match="Allowed: zeros, mean"):
        mlp.generator((2,), latent_dim=6, output_bias="marginals")


def test_one_hidden_layer_has_no_normalisation():
    g = mlp.generator((2,), latent_dim=6, hidden=(5,), value_range=None)
    assert not of_kind(g, layers.BatchNormalization)
    hidden, last = of_kind(g, layers.Dense)
    z = latents()
    expected = np.maximum(z @ hidden.kernel + hidden.bias, 0) @ last.kernel + last.bias
    np.testing.assert_allclose(g({"latent": z}), expected, atol=1e-5)


def test_mlp_normalises_hidden_layers_but_the_last():
    g = mlp.generator((2,), latent_dim=6, hidden=(5, 6, 7))
    widths = [n.gamma.shape[0] for n in of_kind(g, layers.BatchNormalization)]
    assert widths == [5, 6]
    assert of_kind(g, layers.Dense)[2].bias is not None
    plain = mlp.generator((2,), latent_dim=6, hidden=(5, 6, 7), normalize=False)
    assert not of_kind(plain, layers.BatchNormalization)


@pytest.mark.parametrize("label_units", [0, 3])
def test_the_label_changes_what_an_mlp_says(label_units):
    shared = {"label_units": label_units, "condition": 3}
    g = mlp.generator((2,), latent_dim=6, hidden=(16,), **shared)
    d = mlp.discriminator((2,), hidden=(16,), **shared)
    z = tf.repeat(latents(1), 3, axis=0)
    out = g({"latent": z, "label": tf.range(3)}, training=False).numpy()
    assert (out[0] != out[1]).all() and (out[1] != out[2]).all()
    x = tf.repeat(samples((2,), 1), 3, axis=0)
    logits = d({"sample": x, "label": tf.range(3)}, training=False).numpy()
    assert len(np.unique(logits)) == 3


def test_the_code_of_a_label():
    named, code = inputs.with_label("latent", (2,), 3)
    network = keras.Model(named["label"], code)
    out = network(tf.constant([0, 2, -1]))
    np.testing.assert_array_equal(out, [[1, 0, 0], [0, 0, 1], [0, 0, 0]])
    assert out.dtype == tf.float32


def test_no_label_is_a_code_of_zeros():
    g = mlp.generator((2,), latent_dim=6, hidden=(5,), condition=3, value_range=None)
    hidden, last = of_kind(g, layers.Dense)
    z = latents()
    out = g({"latent": z, "label": tf.constant([-1, -1, -1])}, training=False)
    first = np.maximum(z @ hidden.kernel[:6] + hidden.bias, 0)
    np.testing.assert_allclose(out, first @ last.kernel + last.bias, atol=1e-5)


def test_maxout_in_place_of_the_activation():
    d = mlp.discriminator((2,), hidden=(5, 4), maxout_pieces=3)
    assert [(m.units, m.pieces) for m in of_kind(d, Maxout)] == [(5, 3), (4, 3)]
    assert not of_kind(d, layers.LeakyReLU)


def test_refuses_an_activation():
    with pytest.raises(ValueError, match="Did you mean 'leaky_relu'?"):
        mlp.discriminator((2,), activation="leakyrelu")


# --- the nets of semi-supervised learning -----------------------------------------


@pytest.mark.parametrize("shape", ANY)
def test_improved_nets(shape):
    g = improved.generator(shape, latent_dim=6, hidden=(5, 5))
    out = g({"latent": latents()}, training=False)
    assert out.shape == (3, *shape)
    assert np.all((out.numpy() >= 0) & (out.numpy() <= 1))
    d = improved.discriminator(shape, outputs=4, hidden=(7, 6))
    answers = d({"sample": out}, training=False)
    assert {k: v.shape for k, v in answers.items()} == {
        "features": (3, 6),
        "logits": (3, 4),
    }
    assert np.all(answers["features"].numpy() >= 0)


def test_the_features_are_those_before_the_noise():
    d = improved.discriminator((2,), outputs=4, hidden=(7, 6), input_noise=0.0)
    head = of_kind(d, WeightNormDense)[-1]
    first = of_kind(d, GaussianNoise)[1]
    x = samples((2,))
    first.stddev = 0.0
    answers = d({"sample": x}, training=True)
    calm = d({"sample": x}, training=False)
    np.testing.assert_allclose(answers["features"], calm["features"], atol=1e-6)
    assert (answers["logits"].numpy() != calm["logits"].numpy()).all()
    np.testing.assert_allclose(head(calm["features"]), calm["logits"], atol=1e-5)


def test_improved_discriminator_trains_its_last_scale_alone():
    d = improved.discriminator((2,), outputs=4, hidden=(7, 6))
    trained = [layer.train_scale for layer in of_kind(d, WeightNormDense)]
    assert trained == [False, False, True]
    assert [n.stddev for n in of_kind(d, GaussianNoise)] == [0.3, 0.5, 0.5]


def test_the_start_makes_every_layer_standard():
    d = improved.discriminator(
        (8, 8, 1), outputs=4, hidden=(7, 6), input_noise=0.0, hidden_noise=0.0
    )
    x = samples((8, 8, 1), 200)
    normed = of_kind(d, WeightNormDense)
    with starting(normed):
        d({"sample": x}, training=True)
    look = keras.Model(d.input, [layer.output for layer in normed])
    for out in look({"sample": x}, training=False):
        np.testing.assert_allclose(out.numpy().mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(out.numpy().std(axis=0), 1, atol=1e-4)


# --- ranges -----------------------------------------------------------------------

FAMILIES = [mlp.generator, dcgan.generator, improved.generator]


@pytest.mark.parametrize("make", FAMILIES)
@pytest.mark.parametrize("value_range,low,high", [((-1, 1), -1, 1), ([0.0, 1.0], 0, 1)])
def test_the_range_of_the_samples(make, value_range, low, high):
    g = make((8, 8, 1), latent_dim=6, value_range=value_range)
    last = g.layers[-1]
    ends = last(tf.constant([[-50.0], [50.0]])).numpy()
    np.testing.assert_allclose(ends, [[low], [high]], atol=1e-6)


def test_an_unbounded_range():
    g = mlp.generator((2,), latent_dim=6, value_range=None)
    out = g.layers[-1](tf.constant([[-50.0, 50.0]]))
    np.testing.assert_array_equal(out, [[-50.0, 50.0]])


@pytest.mark.parametrize("make", FAMILIES)
@pytest.mark.parametrize("value_range", [(0, 255), (-1, 0), (0,), (1, -1)])
def test_refuses_a_range(make, value_range):
    with pytest.raises(ValueError, match=r"`value_range` must be \("):
        make((8, 8, 1), latent_dim=6, value_range=value_range)
