"""Normalisation of activations, against NumPy, and over the replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import ConditionalBatchNorm, batch_norm, instance_norm, layer_norm

RNG = np.random.default_rng(0)
MAPS = RNG.normal(3.0, 2.0, size=(4, 3, 5, 2)).astype("float32")


def standard(x, axes):
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5)


# --- batch normalisation ----------------------------------------------------------


# 1, 3, 11, 13: mean 7, variance 26; the mean of 1, 3 is 2, and their variance 1.
@pytest.mark.parametrize(
    "synchronized, expected, moving",
    [
        (True, (np.array([1.0, 3.0, 11.0, 13.0]) - 7) / np.sqrt(26 + 1e-5), [7, 7]),
        (False, [-1.0, 1.0, -1.0, 1.0], [2, 12]),
    ],
)
def test_batch_norm_over_replicas(mirrored, synchronized, expected, moving):
    with mirrored.scope():
        layer = batch_norm(synchronized=synchronized)
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
    np.testing.assert_allclose(out[:, 0], expected, atol=1e-5)
    kept = mirrored.experimental_local_results(layer.moving_mean.value)
    np.testing.assert_allclose(np.ravel(kept), 0.1 * np.array(moving), atol=1e-5)


def test_batch_norm_options():
    layer = batch_norm()
    assert (layer.momentum, layer.epsilon) == (0.9, 1e-5)
    layer = batch_norm(scale=False, epsilon=1e-6)
    assert (layer.scale, layer.epsilon, layer.momentum) == (False, 1e-6, 0.9)


# --- by sample --------------------------------------------------------------------


def test_layer_norm_takes_all_axes_of_a_sample():
    layer = layer_norm()
    np.testing.assert_allclose(layer(MAPS), standard(MAPS, (1, 2, 3)), atol=1e-5)
    vectors = MAPS[:, 0, :, 0]
    np.testing.assert_allclose(layer_norm()(vectors), standard(vectors, 1), atol=1e-5)
    assert [v.shape for v in layer.trainable_variables] == [(2,), (2,)]


def test_instance_norm_takes_each_map_by_itself():
    np.testing.assert_allclose(instance_norm()(MAPS), standard(MAPS, (1, 2)), atol=1e-5)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("make", [batch_norm, layer_norm, instance_norm])
def test_second_derivatives_are_those_of_finite_differences(make):
    """Those that a gradient penalty needs; Keras' own layers miss them."""
    norm = make()
    # What is stretched before has a gradient whose sum is not 0.
    weight, direction, stretch = RNG.normal(size=(3, *MAPS.shape))

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            z = x * stretch
            y = norm(z, training=True) if make is batch_norm else norm(z)
            value = tf.reduce_sum(tf.constant(weight) * y**2)
        return tf.reduce_sum(tape.gradient(value, x) ** 2)

    x = tf.constant(MAPS, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = slope(x)
    found = tf.reduce_sum(tape.gradient(value, x) * direction)
    ahead, behind = (slope(x + h * direction) for h in (1e-5, -1e-5))
    np.testing.assert_allclose(found, (ahead - behind) / 2e-5, rtol=1e-6)


@pytest.mark.parametrize("make", [layer_norm, instance_norm])
def test_no_sample_sees_another(make):
    layer = make()
    alone = [layer(MAPS[i : i + 1], training=True) for i in range(4)]
    np.testing.assert_allclose(np.concatenate(alone), layer(MAPS), atol=1e-6)


# --- by label ---------------------------------------------------------------------


def test_each_label_has_its_gain_and_bias():
    layer = ConditionalBatchNorm()
    code = np.eye(3, dtype="float32")[[0, 2, 1, 2]]
    layer.build([MAPS.shape, code.shape])
    np.testing.assert_allclose(  # at first all are plain
        layer([MAPS, code], training=True), standard(MAPS, (0, 1, 2)), atol=1e-5
    )
    layer.gain.assign(RNG.normal(size=(3, 2)))
    layer.shift.assign(RNG.normal(size=(3, 2)))
    gain, shift = (
        v.numpy()[[0, 2, 1, 2]][:, None, None] for v in (layer.gain, layer.shift)
    )
    expected = standard(MAPS, (0, 1, 2)) * (1 + gain) + shift
    np.testing.assert_allclose(layer([MAPS, code], training=True), expected, atol=1e-5)
    no_label = np.zeros_like(code)
    np.testing.assert_allclose(
        layer([MAPS, no_label], training=True), standard(MAPS, (0, 1, 2)), atol=1e-5
    )


def test_conditional_norm_keeps_statistics():
    layer = ConditionalBatchNorm()
    code = np.zeros((4, 3), "float32")
    layer([MAPS, code], training=True)
    np.testing.assert_allclose(
        layer.norm.moving_mean, 0.1 * MAPS.mean(axis=(0, 1, 2)), atol=1e-5
    )
    layer.norm.moving_mean.assign([1.0, 2.0])
    layer.norm.moving_variance.assign([4.0, 9.0])
    expected = (MAPS - [1, 2]) / np.sqrt(np.array([4, 9]) + 1e-5)
    np.testing.assert_allclose(layer([MAPS, code]), expected, atol=1e-5)


def test_conditional_norm_is_saved(tmp_path):
    x, code = keras.Input((5, 2)), keras.Input((3,))
    model = keras.Model([x, code], ConditionalBatchNorm()([x, code]))
    for v in model.weights:
        v.assign(RNG.uniform(1, 2, v.shape))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    given = [MAPS[:, 0], np.eye(3, dtype="float32")[[0, 1, 2, 0]]]
    np.testing.assert_array_equal(loaded(given), model(given))


def test_conditional_norm_spans_the_replicas(mirrored):
    code = np.eye(3, dtype="float32")[[0, 2, 1, 2]]
    gain = RNG.normal(size=(3, 2)).astype("float32")
    with mirrored.scope():
        layer = ConditionalBatchNorm()
        layer.norm.synchronized = True
        layer.build([MAPS.shape, code.shape])
        layer.gain.assign(gain)
    parts = mirrored.experimental_distribute_values_from_function(
        lambda context: [
            tf.constant(v[2 * context.replica_id_in_sync_group :][:2])
            for v in (MAPS, code)
        ]
    )
    run = tf.function(
        lambda p: mirrored.run(lambda p: layer(p, training=True), args=(p,))
    )
    out = np.concatenate(mirrored.experimental_local_results(run(parts)))
    expected = standard(MAPS, (0, 1, 2)) * (1 + code @ gain)[:, None, None]
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize("make", [layer_norm, instance_norm, ConditionalBatchNorm])
def test_in_bfloat16(make):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = make()
    finally:
        keras.config.set_dtype_policy("float32")
    inputs = [MAPS, np.ones((4, 3))] if make is ConditionalBatchNorm else MAPS
    out = layer(inputs, training=True)
    assert out.dtype == tf.bfloat16
    values = tf.cast(out, tf.float32).numpy()
    assert abs(values.mean()) < 0.02 and abs(values.std() - 1) < 0.02
