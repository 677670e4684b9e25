"""RBM: energy, gradient, chain and log Z against sums over all states."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

from ganzoo.networks import boltzmann
from ganzoo.variants import rbm as module

SHAPE = (1, 3, 1)
STATES = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
HIDDEN = np.array(list(itertools.product((0.0, 1.0), repeat=2)))
W = np.array([[0.5, -1.0], [1.5, 0.3], [-0.7, 0.9]])
A, B = np.array([0.2, -0.4, 0.1]), np.array([-0.3, 0.6])
# exp(-energy) of all (v, h), by hand.
WEIGHTS = np.exp(STATES @ A[:, None] + (HIDDEN @ B)[None] + STATES @ W @ HIDDEN.T)


def filled(**options):
    options = {"hidden": 2, "sample_gibbs": 60, **options}
    model = tiny("rbm", image_shape=SHAPE, dtype="float64", **options)
    machine = boltzmann.of(model.generator)
    machine.kernel.assign(W)
    machine.visible_bias.assign(A)
    machine.hidden_bias.assign(B)
    return model, machine


def test_free_energy_and_log_z_are_sums_over_the_states():
    model, machine = filled()
    energy = machine.free_energy(tf.constant(STATES)).numpy()
    np.testing.assert_allclose(energy, -np.log(WEIGHTS.sum(axis=1)), atol=1e-12)
    assert model.log_partition() == pytest.approx(np.log(WEIGHTS.sum()), abs=1e-12)
    x = STATES.reshape(-1, *SHAPE)
    nats = np.log(WEIGHTS.sum(axis=1) / WEIGHTS.sum())
    np.testing.assert_allclose(model.log_likelihood(x), nats, atol=1e-12)


def test_annealing_estimates_log_z():
    _, machine = filled()
    seed = tf.constant([0, 1])
    found = machine.annealed_log_partition(betas=60, chains=100, seed=seed)
    assert found == pytest.approx(np.log(WEIGHTS.sum()), abs=0.02)


def test_many_hidden_units_are_annealed(monkeypatch):
    model, _ = filled()
    exact = model.log_partition()
    monkeypatch.setattr(module, "MOST_EXACT", 1)
    monkeypatch.setattr(module, "ANNEALED", {"betas": 30, "chains": 50})
    assert model.log_partition() != exact
    assert model.log_partition() == pytest.approx(exact, abs=0.05)


def test_the_term_by_hand_and_its_gradient():
    model, machine = filled(chains=0, gibbs=2)
    data = STATES[[1, 6, 6, 3]]
    batch = {"real": tf.constant(data.reshape(-1, *SHAPE)), "seed": tf.constant([0, 1])}
    with tf.GradientTape() as tape:
        fake = model.generate(batch, training=True)
        terms, _ = model.generator_loss(batch, fake, training=True)
    sample = fake["sample"].numpy()
    assert set(np.unique(sample)) <= {0.0, 1.0}
    energy = {tuple(v): -np.log(w.sum()) for v, w in zip(STATES, WEIGHTS, strict=True)}
    by_hand = np.mean([energy[tuple(v)] for v in data])
    by_hand -= np.mean([energy[tuple(v)] for v in sample])
    assert float(terms["g_energy"]) == pytest.approx(by_hand, abs=1e-12)
    # Minus the gradient is <v h> of the data minus <v h> of the chain.
    gradient = tape.gradient(terms["g_energy"], machine.kernel.value)

    def correlations(v):
        return v.T @ (1 / (1 + np.exp(-(v @ W + B)))) / len(v)

    expected = correlations(data) - correlations(sample)
    np.testing.assert_allclose(-gradient, expected, atol=1e-12)


def test_the_chain_reaches_the_distribution():
    model, _ = filled()
    drawn = model.sample(4000, seed=1).reshape(-1, 3) // 255
    shares = np.bincount(drawn @ [4, 2, 1], minlength=8) / 4000
    np.testing.assert_allclose(shares, WEIGHTS.sum(axis=1) / WEIGHTS.sum(), atol=0.025)


def test_persistent_chains_go_on_in_training_alone():
    model, _ = filled(chains=5)
    batch = {"real": tf.constant(STATES.reshape(-1, *SHAPE))}
    before = model.memory.values.numpy()
    model.generate({**batch, "seed": tf.constant([0, 1])}, training=False)
    np.testing.assert_array_equal(model.memory.values.numpy(), before)
    moved = model.generate({**batch, "seed": tf.constant([0, 1])}, training=True)
    np.testing.assert_array_equal(model.memory.values.numpy(), moved["sample"])
    assert moved["sample"].shape == (5, 3)
    assert moved["sample"].numpy().any()


def test_the_visible_biases_start_at_the_log_odds_of_the_data():
    model, machine = filled()
    real = STATES[[1, 3, 3, 7]].reshape(-1, *SHAPE)  # 1, 3 and 4 of 4 are white
    model.adapt({"real": tf.constant(real)})
    odds = np.array([2 / 4, 4 / 2, 5 / 1])  # as if one more of each were seen
    np.testing.assert_allclose(machine.visible_bias, np.log(odds), atol=1e-12)
    np.testing.assert_array_equal(machine.kernel, W)


def test_learns_what_independent_values_cannot():
    keras.utils.set_random_seed(0)
    model = tiny(
        "rbm", image_shape=SHAPE, hidden=4, chains=50, gibbs=25, learning_rate=0.05
    )
    x = STATES[[0, 7, 7, 7]].reshape(-1, *SHAPE).repeat(32, axis=0)
    model.fit(x, batch_size=64, epochs=80, verbose=0)
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert entropy < -model.log_likelihood(x).mean() < 2 * entropy  # of at least 3


def test_refusals():
    for options in ({"hidden": 0}, {"gibbs": 0}, {"chains": -1}, {"sample_gibbs": 0}):
        with pytest.raises(ValueError, match="must be a whole number"):
            tiny("rbm", image_shape=SHAPE, **options)
