"""Means and batches that span the replicas, with their gradients."""

import types

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import distribute

X = tf.constant(np.random.default_rng(0).normal(size=(6, 2)))


def on_two(mirrored, function):
    """Answers of `function` for a replica's share of X, by replica."""

    @tf.function
    def run():
        def step():
            start = 3 * distribute.replica_id()
            return function(X[start : start + 3])

        return mirrored.run(step)

    return [
        mirrored.experimental_local_results(answer) for answer in tf.nest.flatten(run())
    ]


def cube(x):
    """A value of the global batch and its gradient, shared by the replicas."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        batch = distribute.global_batch(x)
        mean = distribute.global_mean(tf.reduce_mean(x))
        total = tf.reduce_mean(batch**3) + mean**2
        share = total / distribute.replica_count()
    return batch, mean, tape.gradient(share, x)


def test_the_global_batch_and_its_gradient(mirrored):
    batches, means, slopes = on_two(mirrored, cube)
    for batch in batches:
        np.testing.assert_array_equal(batch, X)
    expected = np.mean(X)
    np.testing.assert_allclose(means, [expected] * 2, atol=1e-14)
    by_hand = 3 * X**2 / 12 + 2 * expected / 12
    np.testing.assert_allclose(np.concatenate(slopes), by_hand, atol=1e-14)
    for whole, part in zip(cube(X), (batches[0], means[0], by_hand), strict=True):
        np.testing.assert_allclose(whole, part, atol=1e-14)


def test_outside_of_the_replicas_the_batch_is_whole(mirrored):
    with mirrored.scope():
        assert distribute.global_batch(X) is X
        assert distribute.global_mean(X) is X


SEED = tf.constant([1, 2])
KNOWN = {
    distribute.global_normal: tf.random.stateless_normal,
    distribute.global_uniform: tf.random.stateless_uniform,
}
DTYPES = ["float64", "float32", "bfloat16"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("draw", KNOWN)
def test_one_device_draws_what_tensorflow_draws(draw, dtype):
    expected = KNOWN[draw]((5, 3), SEED, dtype=dtype)
    np.testing.assert_array_equal(draw((5, 3), SEED, dtype), expected)


@pytest.mark.parametrize("rest", [(), (2,), (5, 3)])  # blocks that replicas share
def test_draws_are_shares_of_one_draw(rest, mirrored):
    def draws(rows):
        floats = [draw((rows, *rest), SEED, d) for draw in KNOWN for d in DTYPES]
        return [*floats, distribute.global_bits((rows, *rest), SEED)]

    shares = on_two(mirrored, lambda x: draws(3))
    for parts, whole in zip(shares, draws(6), strict=True):
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_shares_of_a_size_known_only_in_the_step(mirrored):
    def draws(x):
        shape = tf.shape(x)[0], 3
        draw = distribute.global_normal(shape, SEED, "float64")
        return draw, distribute.global_bits(shape, SEED)

    for parts, whole in zip(on_two(mirrored, draws), draws(X), strict=True):
        np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize(
    "gpus,cpus,chosen", [(2, 1, "GPU"), (1, 2, "CPU"), (0, 1, "CPU"), (0, 2, "CPU")]
)
def test_virtual_devices_come_before_gpus(gpus, cpus, chosen, monkeypatch):
    """They were asked for: on a machine with a GPU, two replicas are two."""
    known = {"GPU": gpus, "CPU": cpus}

    def devices(kind):
        return [types.SimpleNamespace(name=f"{kind}:{i}") for i in range(known[kind])]

    monkeypatch.setattr(tf.config, "list_logical_devices", devices)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", list)
    made = distribute._mirrored.__wrapped__()
    assert made == [f"{chosen}:{i}" for i in range(known[chosen])]
