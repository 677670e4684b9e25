"""Spectral normalisation: sigma and its gradient, when u moves, saving, replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import copied
from keras import layers

from ganzoo.layers import Maxout, SpectralNorm

RNG = np.random.default_rng(0)
KINDS = {
    "dense": (lambda **o: layers.Dense(5, **o), (4, 7)),
    "conv": (lambda **o: layers.Conv2D(5, 3, padding="same", **o), (4, 6, 6, 3)),
    "conv3d": (lambda **o: layers.Conv3D(4, 2, **o), (2, 3, 3, 3, 2)),
    "transposed": (lambda **o: layers.Conv2DTranspose(3, 4, 2, **o), (2, 3, 3, 5)),
    "maxout": (lambda **o: Maxout(3, 2, **o), (4, 6)),
}


def made(kind, **options):
    """A layer, its inputs, and enough power iterations that sigma is exact."""
    make, shape = KINDS[kind]
    layer = SpectralNorm(make(**options))
    layer.build(shape)
    for v in layer.layer.trainable_variables:
        v.assign(RNG.normal(size=v.shape))
    for _ in range(300):
        layer.advance(layer.layer.kernel)
    return layer, RNG.normal(size=shape)


def largest(kernel):
    """The largest singular value of a kernel as a matrix of its last axis."""
    kernel = np.asarray(kernel)
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]))[1][0]


@pytest.mark.parametrize("kind", KINDS)
def test_sigma_is_the_largest_singular_value(kind, float64):
    layer, _ = made(kind)
    np.testing.assert_allclose(layer.sigma(), largest(layer.layer.kernel), rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_calls_the_layer_with_the_kernel_over_sigma(kind, float64):
    layer, x = made(kind)
    plain = copied(layer.layer)  # built, as its config says
    kernel, bias = layer.layer.get_weights()
    plain.set_weights([kernel / largest(kernel), bias])
    np.testing.assert_allclose(layer(x), plain(x), rtol=1e-9, atol=1e-12)


def test_both_vectors_are_constants_of_the_gradient(float64):
    """As in the paper: d sigma / dW = v u^T, also before u has converged."""
    layer, _ = made("dense")
    layer.u.assign(RNG.normal(size=layer.u.shape))
    kernel = layer.layer.kernel
    with tf.GradientTape() as tape:
        sigma = layer.sigma()
    matrix = kernel.numpy()
    v = matrix @ layer.u.numpy()
    u = matrix.T @ (v / np.linalg.norm(v))
    expected = np.outer(v / np.linalg.norm(v), u / np.linalg.norm(u))
    np.testing.assert_allclose(tape.gradient(sigma, kernel.value), expected, 1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_flows_through_sigma(kind, float64):
    """Against finite differences of the layer with sigma from NumPy's SVD."""
    layer, x = made(kind)
    plain = copied(layer.layer)  # built, as its config says
    kernel, bias = layer.layer.get_weights()

    def loss(kernel):
        plain.set_weights([kernel / largest(kernel), bias])
        return float(tf.reduce_sum(tf.sin(plain(x))))

    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.sin(layer(x, training=True)))
    gradient = tape.gradient(value, layer.layer.kernel.value).numpy()
    for direction in RNG.normal(size=(5, *kernel.shape)):
        step = 1e-5 * direction
        slope = (loss(kernel + step) - loss(kernel - step)) / 2e-5
        np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=1e-6)
    # W / sigma does not change with W's length: no slope along W.
    assert abs(np.sum(gradient * kernel)) < 1e-8


def test_the_second_gradient_is_finite_and_meets_the_kernel():
    layer, x = made("conv")
    x = tf.constant(x, tf.float32)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            tape.watch(x)
            out = tf.reduce_sum(layer(x, training=True) ** 2)
        norm = tf.reduce_sum(tape.gradient(out, x) ** 2)
    gradient = outer.gradient(norm, layer.layer.kernel.value).numpy()
    assert np.isfinite(gradient).all() and gradient.any()


def test_a_call_changes_nothing():
    layer, x = made("conv")
    before = [v.numpy() for v in layer.weights]
    first = layer(x, training=True)
    np.testing.assert_array_equal(layer(x, training=True), first)
    np.testing.assert_array_equal(layer(x, training=False), first)
    for v, old in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(v, old)


def test_u_advances_once_an_update_of_the_kernel():
    layer, x = made("dense")
    kernel, bias = layer.layer.kernel, layer.layer.bias
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build([kernel, bias])
    u, gradient = layer.u.numpy(), RNG.normal(size=kernel.shape).astype("float32")
    optimizer.apply([tf.constant(gradient), tf.zeros_like(bias)], [kernel, bias])
    v = kernel.numpy() @ u
    expected = kernel.numpy().T @ (v / np.linalg.norm(v))
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(layer.u, expected, atol=1e-6)
    assert np.abs(layer.u - u).max() > 1e-4
    # An optimizer of other weights leaves it.
    kept = layer.u.numpy()
    other = keras.optimizers.SGD(0.1)
    other.build([bias])
    other.apply([tf.ones_like(bias)], [bias])
    np.testing.assert_array_equal(layer.u, kept)


def test_starts_near_the_largest_singular_value():
    layer = SpectralNorm(layers.Dense(64))
    layer.build((None, 128))
    assert 0.9 < layer.sigma() / largest(layer.layer.kernel) <= 1 + 1e-6


@pytest.mark.parametrize("scale", [1e-10, 1e10])
def test_the_scale_of_the_kernel_is_irrelevant(scale):
    layer, x = made("dense")
    before = layer(x).numpy()
    layer.layer.kernel.assign(scale * layer.layer.kernel)
    np.testing.assert_allclose(layer(x), before, rtol=1e-4)


def test_sees_the_values_of_a_scope_around_it():
    """Another kernel and bias, as a step that looks ahead gives them."""
    layer, x = made("dense")
    kernel, bias = layer.layer.kernel, layer.layer.bias
    before = layer(x).numpy()
    with keras.StatelessScope([(kernel, 3 * kernel), (bias, bias + 1)]):
        inside = layer(x).numpy()
    np.testing.assert_allclose(inside, before + 1, rtol=1e-5)


def test_refuses_a_constraint():
    layer = SpectralNorm(layers.Dense(2, kernel_constraint="non_neg"))
    with pytest.raises(ValueError, match="takes no constraint.* Received: "):
        layer.build((None, 3))


def test_is_saved_with_u_and_copied_without_its_constraint(tmp_path):
    inputs = keras.Input((6, 6, 3))
    model = keras.Model(inputs, SpectralNorm(layers.Conv2D(4, 3))(inputs))
    x = RNG.normal(size=(2, 6, 6, 3)).astype("float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.layers[-1].u, model.layers[-1].u)
    np.testing.assert_array_equal(loaded(x), model(x))
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone(x), model(x))
    assert [v.name for v in loaded.non_trainable_variables] == ["u"]
    # Its u follows its own kernel.
    own = clone.layers[-1].layer.kernel.constraint
    assert own.layer is clone.layers[-1]


def test_sigma_is_float32_in_bfloat16():
    inputs = keras.Input((7,))
    dense = layers.Dense(5, dtype="mixed_bfloat16")
    model = keras.Model(inputs, SpectralNorm(dense)(inputs))
    layer = model.layers[-1]
    assert layer.u.dtype == dense.kernel.dtype == "float32"
    for _ in range(200):
        layer.advance(dense.kernel)
    np.testing.assert_allclose(layer.sigma(), largest(dense.kernel), rtol=1e-5)
    x = RNG.normal(size=(4, 7)).astype("float32")
    out = model(x)
    assert out.dtype == tf.bfloat16
    expected = x @ (dense.kernel / largest(dense.kernel))
    np.testing.assert_allclose(tf.cast(out, tf.float32), expected, atol=0.05)


def test_u_is_equal_on_all_replicas_and_as_on_one(mirrored, float64):
    def updated():
        keras.utils.set_random_seed(1)
        layer = SpectralNorm(layers.Dense(5))
        layer.build((None, 7))
        optimizer = keras.optimizers.Adam(0.1)
        optimizer.build(layer.trainable_variables)
        return layer, optimizer

    x = np.random.default_rng(5).normal(size=(8, 7))

    def step(layer, optimizer, x, count):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(layer(x, training=True) ** 2) / count
        weights = layer.trainable_variables
        optimizer.apply(tape.gradient(loss, [v.value for v in weights]), weights)

    one, optimizer = updated()
    for _ in range(5):
        step(one, optimizer, x, 1)
    with mirrored.scope():
        two, both = updated()
    parts = mirrored.experimental_distribute_values_from_function(
        lambda context: tf.constant(x[4 * context.replica_id_in_sync_group :][:4])
    )
    run = tf.function(
        lambda part: mirrored.run(lambda p: step(two, both, p, 2), args=(part,))
    )
    for _ in range(5):
        run(parts)
    for a, b in zip(one.weights, two.weights, strict=True):
        for local in mirrored.experimental_local_results(b.value):
            np.testing.assert_allclose(local, a, atol=1e-12)
