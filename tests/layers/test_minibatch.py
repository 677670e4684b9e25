"""Layers that see the batch, against NumPy and over the replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import copied

from ganzoo.layers import MinibatchDiscrimination, MinibatchStdDev

RNG = np.random.default_rng(0)
LAYERS = [lambda: MinibatchDiscrimination(3, 2), MinibatchStdDev]


def test_closeness_by_hand():
    layer = MinibatchDiscrimination(units=1, dims=2)
    layer.build((None, 2))
    layer.kernel.assign(np.eye(2))
    # L1 distances: 0-1: 1 + 2, 0-2: 0, 1-2: 3; each sample is at 0 from itself.
    x = np.array([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]], "float32")
    far = np.exp(-3)
    expected = [[2 + far], [1 + 2 * far], [2 + far]]
    np.testing.assert_allclose(layer(x), np.hstack([x, expected]), rtol=1e-6)


def test_closeness_against_numpy(float64):
    layer = MinibatchDiscrimination(3, 2)
    x = RNG.normal(size=(5, 4))
    out = layer(x).numpy()
    maps = (x @ layer.kernel.numpy()).reshape(5, 3, 2)
    for i in range(5):
        for b in range(3):
            near = [np.exp(-np.abs(maps[i, b] - maps[j, b]).sum()) for j in range(5)]
            np.testing.assert_allclose(out[i, 4 + b], sum(near), rtol=1e-9)
    np.testing.assert_array_equal(out[:, :4], x)


def test_a_copied_sample_stands_out():
    layer = MinibatchDiscrimination(8, 3)
    varied = RNG.normal(size=(6, 4)).astype("float32")
    one = np.repeat(varied[:1], 6, axis=0)
    near = layer(one).numpy()[:, 4:]
    np.testing.assert_allclose(near, 6, rtol=1e-5)
    assert (layer(varied).numpy()[:, 4:] < 6).all()


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
