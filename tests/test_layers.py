"""The layers: statistics of the noise, arithmetic against NumPy, replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import Dropout, GaussianNoise, Maxout, WeightNormDense, batch_norm

ONES = np.ones((101, 999), "float32")  # an odd number: the last random word is halved


def copied(layer):
    return keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )


def on_each_replica(strategy, layer, inputs):
    """What each of two replicas makes of the same inputs."""
    run = tf.function(lambda: strategy.run(lambda: layer(inputs, training=True)))
    return [value.numpy() for value in strategy.experimental_local_results(run())]


# --- dropout ----------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.8])
def test_dropout_keeps_what_it_says(rate):
    out = Dropout(rate)(ONES, training=True).numpy()
    kept = np.mean(out > 0)
    bound = 5 * np.sqrt(rate * (1 - rate) / out.size)
    assert abs(kept - (1 - rate)) < bound
    assert abs(out.mean() - 1) < bound / (1 - rate)


@pytest.mark.parametrize(
    "rate,scale", [(0.5, 2.0), (0.25, 4 / 3), (0.3, 65536 / 45875)]
)
def test_dropout_scales_by_what_is_kept_exactly(rate, scale):
    out = Dropout(rate)(ONES, training=True).numpy()
    assert set(np.unique(out)) == {np.float32(0), np.float32(scale)}


def test_dropout_takes_the_two_halves_of_a_word_as_independent():
    out = Dropout(0.5)(ONES, training=True).numpy().reshape(-1)[:-1].reshape(-1, 2) > 0
    assert abs(np.mean(out[:, 0] == out[:, 1]) - 0.5) < 5 * 0.5 / np.sqrt(len(out))


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(0.5)])
def test_noise_is_only_for_training(layer):
    np.testing.assert_array_equal(layer(ONES, training=False), ONES)
    np.testing.assert_array_equal(layer(ONES), ONES)
    assert np.any(layer(ONES, training=True).numpy() != ONES)


@pytest.mark.parametrize("layer", [Dropout(0), Dropout(0.0), GaussianNoise(0.0)])
def test_no_noise_at_zero(layer):
    np.testing.assert_array_equal(layer(ONES, training=True), ONES)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan")])
def test_dropout_refuses_a_rate(rate):
    with pytest.raises(ValueError, match=r"`rate` must be from 0 to 0.99. Received: "):
        Dropout(rate)


def test_dropout_lets_the_gradient_through_what_is_kept():
    x = tf.ones((20, 20))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = Dropout(0.5)(x, training=True)
    np.testing.assert_array_equal(tape.gradient(out, x), out)


# --- noise ------------------------------------------------------------------------


def test_gaussian_noise_has_its_deviation():
    noise = GaussianNoise(0.3)(ONES, training=True).numpy() - ONES
    assert abs(noise.mean()) < 5 * 0.3 / np.sqrt(noise.size)
    assert abs(noise.std() - 0.3) < 5 * 0.3 / np.sqrt(2 * noise.size)
    # 15.9 % of a normal lie beyond one deviation, on either side.
    assert abs(np.mean(noise > 0.3) - 0.1587) < 0.006
    assert abs(np.mean(noise < -0.3) - 0.1587) < 0.006


def test_gaussian_noise_refuses_a_negative_deviation():
    with pytest.raises(ValueError, match="`stddev` must be 0 or more. Received: -1"):
        GaussianNoise(-1)


# --- both -------------------------------------------------------------------------

NOISY = [
    pytest.param(Dropout, 0.4, id="dropout"),
    pytest.param(GaussianNoise, 0.4, id="noise"),
]


@pytest.mark.parametrize("kind,amount", NOISY)
def test_noise_differs_from_call_to_call_and_repeats_from_its_seed(kind, amount):
    one, two = kind(amount, seed=3), kind(amount, seed=3)
    first = one(ONES, training=True).numpy()
    np.testing.assert_array_equal(two(ONES, training=True), first)
    assert np.mean(one(ONES, training=True).numpy() == first) < 0.9
    assert np.mean(kind(amount, seed=4)(ONES, training=True).numpy() == first) < 0.9


@pytest.mark.parametrize("kind,amount", NOISY)
def test_replicas_draw_other_noise(kind, amount, mirrored):
    with mirrored.scope():
        layer = kind(amount, seed=3)
    inputs = tf.constant(ONES)
    a, b = on_each_replica(mirrored, layer, inputs)
    # Equal masks would agree everywhere, independent ones at 0.4^2 + 0.6^2 = 0.52.
    agree = {Dropout: 0.52, GaussianNoise: 0.0}[kind]
    assert abs(np.mean(a == b) - agree) < 0.01
    again, _ = on_each_replica(mirrored, layer, inputs)
    assert np.mean(a == again) < 0.9


@pytest.mark.parametrize("kind,amount", NOISY)
def test_noise_comes_back_from_its_config(kind, amount):
    layer = kind(amount, seed=5, name="mine")
    back = copied(layer)
    assert isinstance(back, kind)
    assert back.get_config() == layer.get_config()
    np.testing.assert_array_equal(back(ONES, training=True), layer(ONES, training=True))


@pytest.mark.parametrize("kind,amount", NOISY)
def test_noise_in_bfloat16(kind, amount):
    layer = kind(amount, dtype="mixed_bfloat16")
    out = layer(ONES, training=True)
    assert out.dtype == tf.bfloat16
    out = tf.cast(out, tf.float32).numpy()
    assert abs(out.mean() - 1) < 0.02
    spread = {Dropout: np.sqrt(0.4 / 0.6), GaussianNoise: 0.4}[kind]
    assert abs(out.std() - spread) < 0.02


@pytest.mark.parametrize("kind,amount", NOISY)
def test_noise_where_the_batch_is_unknown(kind, amount):
    layer = kind(amount)
    call = tf.function(
        lambda x: layer(x, training=True),
        input_signature=[tf.TensorSpec((None, 3))],
    )
    for count in (0, 1, 7):
        assert call(tf.ones((count, 3))).shape == (count, 3)


# --- maxout -----------------------------------------------------------------------


def test_maxout_by_hand():
    layer = Maxout(2, 3)
    layer.build((None, 1))
    kernel = np.array([[1.0, -1.0, 0.0, 2.0, 0.5, -3.0]], "float32")
    bias = np.array([0.0, 0.0, 0.5, 0.0, 0.0, 1.0], "float32")
    layer.set_weights([kernel, bias])
    # x = 1: max(1, -1, 0.5), max(2, 0.5, -2); x = -2: max(-2, 2, 0.5), max(-4, -1, 7).
    out = layer(np.array([[1.0], [-2.0]], "float32"))
    np.testing.assert_allclose(out, [[1.0, 2.0], [2.0, 7.0]], atol=1e-6)


def test_maxout_against_numpy():
    layer = Maxout(5, 4)
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    out = layer(x)
    kernel, bias = layer.get_weights()
    maps = [x @ kernel[:, p::4] + bias[p::4] for p in range(4)]
    np.testing.assert_allclose(out, np.max(maps, axis=0), atol=1e-5)


def test_maxout_is_saved_with_its_weights(tmp_path):
    inputs = keras.Input((3,))
    own = keras.initializers.RandomNormal(stddev=0.5)
    model = keras.Model(inputs, Maxout(4, 2, kernel_initializer=own)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(loaded(x), model(x))
    assert loaded.layers[-1].get_config() == model.layers[-1].get_config()
    assert loaded.layers[-1].dense.kernel_initializer.stddev == 0.5


# --- weight normalisation ---------------------------------------------------------


def test_weight_norm_by_hand():
    layer = WeightNormDense(1)
    layer.build((None, 2))
    layer.set_weights([np.array([[3.0], [4.0]]), np.array([10.0]), np.array([1.0])])
    # v / ||v|| = (0.6, 0.8): 10 (0.6 + 2 x 0.8) + 1
    np.testing.assert_allclose(layer(np.array([[1.0, 2.0]], "float32")), [[23.0]], 1e-6)


def test_weight_norm_against_numpy():
    layer = WeightNormDense(5)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, 3)).astype("float32")
    layer.build(x.shape)
    kernel = layer.kernel.numpy()
    scale, bias = rng.normal(size=(2, 5)).astype("float32")
    layer.scale.assign(scale)
    layer.bias.assign(bias)
    expected = x @ (kernel * scale / np.linalg.norm(kernel, axis=0)) + bias
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


def test_the_length_of_v_is_irrelevant():
    layer = WeightNormDense(5)
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    before = layer(x).numpy()
    layer.kernel.assign(7 * layer.kernel)
    np.testing.assert_allclose(layer(x), before, atol=1e-5)


@pytest.mark.parametrize("train_scale", [True, False])
def test_initialize_gives_mean_0_and_deviation_1(train_scale):
    layer = WeightNormDense(5, train_scale=train_scale)
    x = np.random.default_rng(0).normal(3.0, 7.0, size=(50, 3)).astype("float32")
    layer.build(x.shape)
    layer.scale.assign([1.0, 2.0, 3.0, 4.0, 5.0])  # a start of any kind
    layer.bias.assign([5.0, 4.0, 3.0, 2.0, 1.0])
    layer.initialize(x)
    out = layer(x).numpy()
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=1e-4)


def test_a_kept_scale_is_not_trained():
    free, kept = WeightNormDense(2), WeightNormDense(2, train_scale=False)
    for layer in (free, kept):
        layer.build((None, 3))
    assert [v.name for v in free.trainable_variables] == ["kernel", "scale", "bias"]
    assert [v.name for v in kept.trainable_variables] == ["kernel", "bias"]
    assert [v.name for v in kept.non_trainable_variables] == ["scale"]


def test_weight_norm_comes_back_from_its_config():
    layer = WeightNormDense(
        2,
        train_scale=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.5),
    )
    back = copied(layer)
    assert back.get_config() == layer.get_config()
    assert (back.units, back.train_scale) == (2, False)
    assert back.kernel_initializer.stddev == 0.5


def test_weight_norm_in_bfloat16():
    layer = WeightNormDense(3, dtype="mixed_bfloat16")
    x = np.random.default_rng(0).normal(size=(64, 4))
    layer.build(x.shape)
    layer.initialize(x)
    assert layer.scale.dtype == "float32"
    out = layer(x)
    assert out.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(out, tf.float32).numpy().std(axis=0), 1, 0.03)


# --- batch normalisation ----------------------------------------------------------


def test_batch_norm_spans_the_replicas(mirrored):
    assert not batch_norm().synchronized
    with mirrored.scope():
        layer = batch_norm()
        assert layer.synchronized
        layer.build((None, 1))
    value = mirrored.experimental_distribute_values_from_function(
        lambda context: (
            tf.constant([[1.0], [3.0]]) + 10.0 * context.replica_id_in_sync_group
        )
    )
    run = tf.function(
        lambda x: mirrored.run(lambda x: layer(x, training=True), args=(x,))
    )
    out = np.concatenate(
        [v.numpy() for v in mirrored.experimental_local_results(run(value))]
    )
    # 1, 3, 11, 13: mean 7, variance 26.
    expected = (np.array([[1.0], [3.0], [11.0], [13.0]]) - 7) / np.sqrt(26 + 1e-5)
    np.testing.assert_allclose(out, expected, atol=1e-5)
    for moving in mirrored.experimental_local_results(layer.moving_mean.value):
        np.testing.assert_allclose(moving, [0.7], atol=1e-5)  # momentum 0.9


def test_batch_norm_options():
    layer = batch_norm()
    assert (layer.momentum, layer.epsilon) == (0.9, 1e-5)
    layer = batch_norm(scale=False, epsilon=1e-6)
    assert (layer.scale, layer.epsilon, layer.momentum) == (False, 1e-6, 0.9)
