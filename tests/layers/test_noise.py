"""Noise layers: statistics of the noise, and replicas."""

from contextlib import nullcontext

import numpy as np
import pytest
import tensorflow as tf
from helpers import copied

from ganzoo.layers import Dropout, GaussianNoise, noise_from

SEED = tf.constant([1, 2])
ONES = np.ones((101, 999), "float32")  # an odd number: the last random word is halved


def on_each_replica(strategy, layer, inputs):
    """Outputs of each of two replicas for the same inputs."""
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


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("kind,amount", NOISY)
def test_replicas_hold_shares_of_one_noise(kind, amount, inside, mirrored):
    """Twice, so that the second draw is shared as the first."""
    alone = kind(amount, seed=3)
    with mirrored.scope():
        layer = kind(amount, seed=3)

    def twice(layer, rows):
        with noise_from(SEED) if inside else nullcontext():
            return [layer(tf.ones((rows, 5, 3)), training=True) for _ in range(2)]

    run = tf.function(lambda: mirrored.run(lambda: twice(layer, 3)))
    for parts, whole in zip(run(), twice(alone, 6), strict=True):
        shares = mirrored.experimental_local_results(parts)
        np.testing.assert_array_equal(np.concatenate(shares), whole)


@pytest.mark.parametrize("kind,amount", NOISY)
def test_noise_from_a_seed_moves_no_state(kind, amount):
    one, two = kind(amount), kind(amount)
    before = [v.numpy() for v in one.variables]

    @tf.function
    def draws(layer, seed):
        with noise_from(seed):
            return [layer(ONES, training=True) for _ in range(2)]

    first, second = draws(one, SEED)
    assert np.mean(first == second) < 0.9
    np.testing.assert_array_equal(draws(two, SEED), [first, second])
    assert np.mean(draws(one, SEED + 1)[0] == first) < 0.9
    np.testing.assert_array_equal(before, [v.numpy() for v in one.variables])


def test_noise_from_an_inner_seed_ends_with_its_block():
    layer, draws = GaussianNoise(1.0), []
    with noise_from(SEED):
        draws.append(layer(ONES, training=True))
        with pytest.raises(ZeroDivisionError), noise_from(SEED):
            draws.append(layer(ONES, training=True))
            _ = 1 / 0
        draws.append(layer(ONES, training=True))
    np.testing.assert_array_equal(draws[0], draws[1])
    assert np.all(draws[0] != draws[2])
    before = layer.seed_generator.state.numpy()
    layer(ONES, training=True)
    assert (layer.seed_generator.state.numpy() != before).any()


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
