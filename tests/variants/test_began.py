"""BEGAN: the error of reconstruction, and k by hand, on one and on two replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, batches_for, tiny, train_eagerly

import ganzoo
from ganzoo.layers import BatchNorm

REAL = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 1))
BATCH = {"real": tf.constant(REAL), "seed": tf.constant([0, 0])}


def error(model, x):
    """Mean absolute error of D's reconstruction."""
    return np.mean(np.abs(x - model.discriminator({"sample": x}, training=True)))


def test_the_losses_by_hand():
    model = tiny("began", gamma=0.5, dtype="float64")
    model.k.assign(0.25)
    fake = model.generate(BATCH, training=True)
    real, made = error(model, REAL), error(model, fake["sample"].numpy())
    terms, watched = model.discriminator_loss(BATCH, fake, training=True)
    np.testing.assert_allclose(terms["d_adv"], real - 0.25 * made, rtol=1e-9)
    np.testing.assert_allclose(
        watched["convergence"], real + abs(0.5 * real - made), rtol=1e-9
    )
    terms, _ = model.generator_loss(BATCH, fake, training=True)
    np.testing.assert_allclose(terms["g_adv"], made, rtol=1e-9)


@pytest.mark.parametrize(
    "before,real,made,after",
    [
        (0.2, 0.8, 0.1, 0.2 + 0.1 * (0.5 * 0.8 - 0.1)),
        (0.2, 0.2, 0.4, 0.2 + 0.1 * (0.5 * 0.2 - 0.4)),
        (0.01, 0.2, 0.9, 0.0),  # stays in [0, 1]
        (0.99, 0.9, 0.1, 1.0),
    ],
)
def test_k_by_hand(before, real, made, after):
    model = tiny("began", gamma=0.5, balance_rate=0.1)
    model.k.assign(before)
    values = {"real_logit": tf.constant(-real), "g_adv": tf.constant(made)}
    model.after_step(values)
    np.testing.assert_allclose(model.k, after, atol=1e-7)


def test_k_follows_the_errors_of_a_step():
    """L(x) is that of the last D step, L(G(z)) that of the G step."""
    model = tiny("began", gamma=0.5, balance_rate=0.5, dtype="float64", d_steps=2)
    real = arrays_for(model)["real"][:8]
    logs = model.train_step(tf.constant(real))
    terms = {name: float(value) for name, value in logs.items()}
    # k was 0: D's loss is L(x), and G's is L(G(z)).
    assert terms["k"] == 0
    expected = 0.5 * (0.5 * terms["d_adv"] - terms["g_adv"])
    np.testing.assert_allclose(model.k, max(0.0, expected), rtol=1e-9)
    assert model.k > 0


@pytest.mark.long
def test_k_is_equal_on_two_replicas_and_saved(mirrored, tmp_path):
    def make():
        keras.utils.set_random_seed(5)
        return tiny("began", dtype="float64", balance_rate=0.5)

    one = make()
    train_eagerly(one, batches_for(one, 3))
    assert 0 < float(one.k) < 1
    with mirrored.scope():
        two = make()
        train_eagerly(two, batches_for(two, 3))
    np.testing.assert_allclose(two.k.numpy(), one.k.numpy(), rtol=1e-12)
    images = arrays_for(one, 8)["real"]
    images[:4] = 0  # the replicas have different errors
    logs = [m.train_on_batch(images, return_dict=True) for m in (one, two)]
    np.testing.assert_allclose(logs[1]["convergence"], logs[0]["convergence"], 1e-9)
    one.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.k, one.k, rtol=1e-6)


@pytest.mark.parametrize("loss", ["hinge", "non_saturating"])
def test_refuses_a_loss(loss):
    with pytest.raises(ValueError, match="began has a loss of its own"):
        tiny("began", loss=loss)


@pytest.mark.parametrize("gamma", [0, -0.5, 1.5])
def test_refuses_a_ratio(gamma):
    with pytest.raises(ValueError, match=r"`gamma` must be in \(0, 1\]"):
        tiny("began", gamma=gamma)


def test_both_pairs_of_networks():
    """The paper's have no normalisation, and end linearly."""
    ours, papers = (tiny("began", normalize=on) for on in (True, False))
    for player in ("generator", "discriminator"):
        normalised = [
            any(isinstance(x, BatchNorm) for x in getattr(model, player).layers)
            for model in (ours, papers)
        ]
        assert normalised == [True, False]


def test_ends_are_those_of_the_range_or_linear():
    latent = {"latent": np.full((1, 4), 50.0)}
    spans = []
    for linear in (False, True):
        generator = tiny("began", normalize=False, linear=linear).generator
        generator.layers[-3].kernel.assign(generator.layers[-3].kernel * 100)
        spans.append(np.ptp(generator(latent)))
    assert spans[0] <= 1 < spans[1]
    with pytest.raises(ValueError, match="`linear` belongs to the paper's networks"):
        tiny("began", linear=True)
