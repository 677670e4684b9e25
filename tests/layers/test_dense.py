"""Maxout and weight normalisation, against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import copied

from ganzoo.layers import Maxout, WeightNormDense, starting

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


def test_one_sample_sets_the_mean_and_leaves_the_scale():
    layer = WeightNormDense(3)
    x = np.ones((1, 2), "float32")
    layer.build(x.shape)
    layer.initialize(x)
    np.testing.assert_allclose(layer(x), 0, atol=1e-6)
    np.testing.assert_array_equal(layer.scale, 1)


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
    with starting([layer]):
        layer(x)
    assert layer.scale.dtype == "float32"
    out = layer(x)
    assert out.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(out, tf.float32).numpy().std(axis=0), 1, 0.03)
