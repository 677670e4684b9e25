"""Self-attention, against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import SelfAttention, SpectralNorm

RNG = np.random.default_rng(0)


def test_starts_as_the_identity():
    x = RNG.normal(size=(2, 3, 4, 16)).astype("float32")
    layer = SelfAttention()
    np.testing.assert_array_equal(layer(x), x)
    shapes = sorted(tuple(v.shape) for v in layer.weights)
    assert shapes == [(), (2, 16), (16, 2), (16, 2), (16, 2)]


@pytest.mark.parametrize("shape", [(2, 3, 4, 16), (2, 2, 2, 3, 16), (2, 5, 16)])
def test_against_numpy(shape, float64):
    layer = SelfAttention()
    x = RNG.normal(size=shape)
    layer.build(shape)
    layer.gamma.assign(0.7)
    names = ("query", "key", "content", "back")
    q, k, v, back = (getattr(layer, name).kernel.numpy() for name in names)
    expected = np.empty_like(x)
    for i in range(2):
        rows = x[i].reshape(-1, 16)
        scores = np.exp((rows @ q) @ (rows @ k).T)
        weights = scores / scores.sum(axis=1, keepdims=True)  # of a query, over keys
        seen = weights @ (rows @ v) @ back
        expected[i] = x[i] + 0.7 * seen.reshape(x[i].shape)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("spectral", [False, True])
def test_is_saved_and_trains_gamma_first(spectral, dtype, tmp_path):
    inputs = keras.Input((4, 4, 8))
    layer = SelfAttention(spectral=spectral, dtype=dtype)
    model = keras.Model(inputs, layer(inputs))
    assert isinstance(layer.query, SpectralNorm) == spectral
    x = tf.constant(RNG.normal(size=(2, 4, 4, 8)), tf.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.cast(model(x, training=True), tf.float32) ** 2)
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    moved = [bool(tf.reduce_any(g != 0)) for g in gradients]
    assert moved == [v.name == "gamma" for v in model.trainable_variables]
    layer.gamma.assign(0.5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        tf.cast(loaded(x), tf.float32), tf.cast(model(x), tf.float32)
    )
