"""Layers that see the batch, against NumPy and over the replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import copied

from ganzoo.layers import MinibatchDiscrimination, MinibatchStdDev, starting

RNG = np.random.default_rng(0)
LAYERS = [lambda: MinibatchDiscrimination(3, 2), MinibatchStdDev]


def test_closeness_by_hand():
    layer = MinibatchDiscrimination(units=1, dims=2)
    layer.build((None, 2))
    layer.kernel.assign(5 * np.eye(2))  # of no matter: columns have the scale's length
    layer.log_scale.assign(np.log([1.0, 2.0]))
    layer.bias.assign([0.5])
    # L1 distances: 0-1: 1 + 2 * 2, 0-2: 0, 1-2: 5; no sample meets itself.
    x = np.array([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]], "float32")
    far = np.exp(-5)
    expected = [[0.5 + 1 + far], [0.5 + 2 * far], [0.5 + 1 + far]]
    np.testing.assert_allclose(layer(x), np.hstack([x, expected]), rtol=1e-6)


def test_closeness_against_numpy(float64):
    layer = MinibatchDiscrimination(3, 2)
    x = RNG.normal(size=(5, 4))
    layer.build(x.shape)
    layer.log_scale.assign(RNG.normal(size=6))
    layer.bias.assign(RNG.normal(size=3))
    out = layer(x).numpy()
    kernel = layer.kernel.numpy()
    kernel = kernel / np.linalg.norm(kernel, axis=0) * np.exp(layer.log_scale.numpy())
    maps = (x @ kernel).reshape(5, 3, 2)
    for i in range(5):
        others = [j for j in range(5) if j != i]
        for b in range(3):
            near = [np.exp(-np.abs(maps[i, b] - maps[j, b]).sum()) for j in others]
            np.testing.assert_allclose(
                out[i, 4 + b], sum(near) + layer.bias.numpy()[b], rtol=1e-9
            )
    np.testing.assert_array_equal(out[:, :4], x)


def test_the_start_of_closeness(float64):
    """The nearest neighbour at 2 on average, and sums of mean 0, unit by unit."""
    layer = MinibatchDiscrimination(3, 2)
    x = 1e3 * RNG.normal(size=(20, 4))
    with starting([layer]):
        first = layer(x).numpy()
    np.testing.assert_array_equal(layer(x), first)  # once, and no more
    np.testing.assert_allclose(first[:, 4:].mean(axis=0), 0, atol=1e-12)
    kernel = layer.kernel.numpy()
    kernel = kernel / np.linalg.norm(kernel, axis=0) * np.exp(layer.log_scale.numpy())
    maps = (x @ kernel).reshape(20, 3, 2)
    distances = np.abs(maps[:, None] - maps[None]).sum(axis=3)
    distances[np.arange(20), np.arange(20)] = np.inf
    np.testing.assert_allclose(distances.min(axis=1).mean(axis=0), 2, rtol=1e-9)


def test_a_start_from_one_sample_keeps_the_scale():
    layer = MinibatchDiscrimination(3, 2)
    with starting([layer]):
        layer(np.ones((1, 2), "float32"))
    np.testing.assert_array_equal(layer.log_scale, np.zeros(6))


def test_the_start_of_equal_samples_is_finite():
    layer = MinibatchDiscrimination(3, 2)
    with starting([layer]):
        assert np.isfinite(layer(np.ones((4, 2), "float32"))).all()


def test_a_copied_sample_stands_out():
    layer = MinibatchDiscrimination(8, 3)
    varied = RNG.normal(size=(6, 4)).astype("float32")
    with starting([layer]):
        layer(varied)
    one = np.repeat(varied[:1], 6, axis=0)
    near = layer(one).numpy()[:, 4:] - layer.bias.numpy()
    np.testing.assert_allclose(near, 5, rtol=1e-5)
    assert (layer(varied).numpy()[:, 4:] - layer.bias.numpy() < 5).all()


@pytest.mark.parametrize("shape", [(6, 3), (6, 2, 2, 3), (6, 2, 2, 2, 3)])
def test_spread_against_numpy(shape):
    x = RNG.normal(size=shape).astype("float32")
    out = MinibatchStdDev()(x).numpy()
    np.testing.assert_array_equal(out[..., :3], x)
    np.testing.assert_allclose(out[..., 3], x.std(axis=0).mean(), rtol=1e-5)


def test_spread_of_equal_samples_has_a_gradient():
    x = tf.ones((4, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = MinibatchStdDev()(x)
    assert np.isfinite(tape.gradient(out, x)).all()
    np.testing.assert_allclose(out[:, 3], 1e-4, rtol=1e-3)


@pytest.mark.parametrize("make", LAYERS)
def test_two_replicas_see_one_batch(make, mirrored, float64):
    """Outputs, and the gradients of the sum over both replicas."""
    x = RNG.normal(size=(6, 4))

    def look(layer, x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            out = layer(x, training=True)
            loss = tf.reduce_sum(tf.sin(3 * out))
        return out, tape.gradient(loss, x)

    keras.utils.set_random_seed(1)
    expected = look(make(), tf.constant(x))
    with mirrored.scope():
        keras.utils.set_random_seed(1)
        layer = make()
        layer.build((None, 4))
        assert layer(x).shape[0] == 6  # outside of the replicas too
    parts = mirrored.experimental_distribute_values_from_function(
        lambda context: tf.constant(x[3 * context.replica_id_in_sync_group :][:3])
    )
    run = tf.function(lambda p: mirrored.run(lambda p: look(layer, p), args=(p,)))
    for value, wanted in zip(run(parts), expected, strict=True):
        both = np.concatenate(mirrored.experimental_local_results(value))
        np.testing.assert_allclose(both, wanted, atol=1e-12)


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_in_a_model(make, dtype, tmp_path):
    keras.config.set_dtype_policy(dtype)
    try:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, make()(inputs))
    finally:
        keras.config.set_dtype_policy("float32")
    assert copied(model.layers[-1]).get_config() == model.layers[-1].get_config()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = RNG.normal(size=(5, 4)).astype("float32")
    out = model(x)
    assert out.dtype == model.layers[-1].compute_dtype
    assert out.shape[1:] == model.output_shape[1:]
    np.testing.assert_array_equal(
        tf.cast(loaded(x), tf.float32), tf.cast(out, tf.float32)
    )
