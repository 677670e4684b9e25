"""The Dirac-GAN (Mescheder et al. 2018, arXiv 1801.04406) through the zoo's own code.

The data are one point at 0, G's sample is the number theta, D(x) = psi x. What the
losses and penalties do to (theta, psi) is known in closed form: which of them reach
the equilibrium (0, 0), and how fast.
"""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from keras import layers

from ganzoo import losses, penalties
from ganzoo.models.assemble import assemble
from ganzoo.models.discriminated import Clip

PENALTIES = {
    "none": {},
    "gradient_penalty": {"gradient_penalty": 1.0},
    "r1": {"r1": 1.0},
    "r2": {"r2": 1.0},
}
# Slope of the loss at (0, 0): the two players push each other with f'(0).
SLOPES = {
    "minimax": 0.5,
    "non_saturating": 0.5,
    "wasserstein": 1.0,
    "relativistic": 0.5,
}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@functools.cache
def field(loss, penalty="none", weight=1.0):
    """(theta', psi') of the gradient flow, a function of tensors (theta, psi)."""
    loss = losses.get(loss)
    terms = penalties.terms_of(dict.fromkeys(PENALTIES[penalty], weight))

    def velocity(state):
        theta, psi = tf.unstack(state)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([theta, psi])
            real, fake = tf.zeros((1, 1), state.dtype), tf.reshape(theta, (1, 1))

            def critic(x):
                return psi * x

            d = loss.discriminator(critic(real), critic(fake))
            for term in terms.values():
                d += term(critic, real, tf.stop_gradient(fake), [0, 1])
            g = loss.generator(critic(real), critic(fake))
        return -tf.stack([tape.gradient(g, theta), tape.gradient(d, psi)])

    return tf.function(
        velocity, input_signature=[tf.TensorSpec((2,), tf.float64)], autograph=False
    )


def simultaneous(velocity, state, h):
    return state + h * velocity(state)


def alternating(velocity, state, h):
    """Algorithm 1: D moves first, G answers the D that has moved."""
    state += h * velocity(state) * tf.constant([0, 1], state.dtype)
    return state + h * velocity(state) * tf.constant([1, 0], state.dtype)


def flow(velocity, state, h):
    """One step of the classical Runge-Kutta method."""
    k1 = velocity(state)
    k2 = velocity(state + h / 2 * k1)
    k3 = velocity(state + h / 2 * k2)
    k4 = velocity(state + h * k3)
    return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def path(step, velocity, start=(1.0, 1.0), h=0.1, steps=1000):
    """The states (steps + 1, 2)."""

    @tf.function
    def run(state):
        states = tf.TensorArray(state.dtype, steps + 1).write(0, state)
        for i in tf.range(steps):
            state = step(velocity, state, h)
            states = states.write(i + 1, state)
        return states.stack()

    return run(tf.constant(start, tf.float64)).numpy()


def radius(states):
    return np.linalg.norm(states, axis=-1)


# --- the fields -------------------------------------------------------------------


@pytest.mark.parametrize("theta,psi", [(1.0, 1.0), (-0.7, 0.2), (0.4, -1.6), (2, 0.5)])
def test_fields_are_the_published_ones(theta, psi):
    """The paper's D is larger on fakes, so that its psi is minus ours."""
    p = theta * psi
    push = {
        "minimax": (psi * sigmoid(p), -theta * sigmoid(p)),
        "non_saturating": (psi * sigmoid(-p), -theta * sigmoid(p)),
        "wasserstein": (psi, -theta),
        "relativistic": (psi * sigmoid(-p), -theta * sigmoid(p)),
    }
    pull = {
        "none": 0.0,
        "gradient_penalty": -2 * 3 * (abs(psi) - 1) * np.sign(psi),
        "r1": -3 * psi,
        "r2": -3 * psi,
    }
    assert push.keys() == SLOPES.keys() and pull.keys() == PENALTIES.keys()
    for loss, (to_theta, to_psi) in push.items():
        for penalty, damping in pull.items():
            found = field(loss, penalty, 3.0)(tf.constant([theta, psi], tf.float64))
            expected = [to_theta, to_psi + damping]
            np.testing.assert_allclose(found, expected, atol=1e-10)


# --- simultaneous gradient descent ------------------------------------------------


@pytest.mark.parametrize("h", [0.01, 0.1, 0.5])
def test_simultaneous_wgan_grows_by_the_closed_form(h):
    r = radius(path(simultaneous, field("wasserstein"), h=h, steps=50))
    np.testing.assert_allclose(r[1:] / r[:-1], np.sqrt(1 + h**2), rtol=1e-13)


@pytest.mark.parametrize("loss", SLOPES)
def test_simultaneous_descent_leaves_the_equilibrium_without_a_penalty(loss):
    """Near 0 every radius grows by sqrt(1 + (h f'(0))^2)."""
    r = radius(path(simultaneous, field(loss), start=(1e-4, 0.0), steps=500))
    growth = np.sqrt(1 + (0.1 * SLOPES[loss]) ** 2)
    np.testing.assert_allclose(r[1:] / r[:-1], growth, rtol=1e-6)


CONVERGES = {"none": False, "gradient_penalty": False, "r1": True, "r2": True}


@pytest.mark.parametrize("step", [simultaneous, alternating, flow])
@pytest.mark.parametrize("penalty", CONVERGES)
@pytest.mark.parametrize("loss", SLOPES)
def test_what_converges(loss, penalty, step):
    r = radius(path(step, field(loss, penalty)))
    if CONVERGES[penalty]:
        assert r[-1] < 1e-9
    else:
        # The last quarter: circles do not come nearer. (The non-saturating flow does,
        # but see below how slowly.)
        assert r[750:].min() > 0.1


# Equally likely values of N(0, 1): their mean is the expectation.
QUANTILES = np.sort(scipy.stats.norm.ppf((np.arange(256) + 0.5) / 256))


def noisy_field(loss, stddev):
    """The field where D sees both points with noise of its own on each."""
    loss = losses.get(loss)
    noise = tf.constant(stddev * QUANTILES[:, None])

    def velocity(state):
        theta, psi = tf.unstack(state)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([theta, psi])
            real, fake = psi * noise, psi * (theta + noise)
            d, g = loss.discriminator(real, fake), loss.generator(real, fake)
        return -tf.stack([tape.gradient(g, theta), tape.gradient(d, psi)])

    return tf.function(
        velocity, input_signature=[tf.TensorSpec((2,), tf.float64)], autograph=False
    )


@pytest.mark.parametrize("step", [simultaneous, alternating, flow])
@pytest.mark.parametrize("loss", ["minimax", "non_saturating"])
def test_instance_noise_converges(loss, step):
    """Its variance times f'' is to psi what R1's gamma is."""
    r = radius(path(step, noisy_field(loss, 1.0)))
    assert r[-1] < 1e-6


def test_instance_noise_is_nothing_to_a_linear_loss():
    r = radius(path(flow, noisy_field("wasserstein", 1.0)))
    np.testing.assert_allclose(r, np.sqrt(2), rtol=1e-5)


def test_clipping_does_not_converge():
    """WGAN's own remedy: psi kept within a limit, by the constraint of `d_clip`."""
    clip = Clip(0.5)

    def step(velocity, state, h):
        state += h * velocity(state) * tf.constant([0, 1], state.dtype)
        state = tf.stack([state[0], clip(state[1])])
        return state + h * velocity(state) * tf.constant([1, 0], state.dtype)

    states = path(step, field("wasserstein"))
    assert radius(states)[750:].min() > 0.1
    assert abs(states[1:, 1]).max() <= 0.5
    assert states[750:, 1].min() < -0.4 and states[750:, 1].max() > 0.4


# --- the eigenvalues --------------------------------------------------------------


@pytest.mark.parametrize("gamma", [0.0, 0.3, 0.7, 1.5, 4.0])
@pytest.mark.parametrize("loss", SLOPES)
def test_eigenvalues_with_r1(loss, gamma):
    """-gamma / 2 +- sqrt(gamma^2 / 4 - f'(0)^2), of the field's own Jacobian."""
    velocity = field(loss, "r1", gamma)
    h = 1e-4
    jacobian = [
        (velocity(h * unit) - velocity(-h * unit)) / (2 * h)
        for unit in tf.eye(2, dtype=tf.float64)
    ]
    found = np.linalg.eigvals(np.transpose(jacobian))
    root = np.sqrt(complex(gamma**2 / 4 - SLOPES[loss] ** 2))
    expected = [-gamma / 2 + root, -gamma / 2 - root]
    np.testing.assert_allclose(
        sorted(found, key=lambda z: (z.real, z.imag)),
        sorted(expected, key=lambda z: (z.real, z.imag)),
        atol=1e-7,
    )


def test_r1_contracts_at_the_rate_of_its_eigenvalues():
    """Descent is the linear map whose eigenvalues are 1 + h lambda, so small."""
    h, gamma = 0.1, 1.0
    states = path(simultaneous, field("wasserstein", "r1", gamma), h=h, steps=100)
    factor = 1 + h * complex(-gamma / 2, np.sqrt(1 - gamma**2 / 4))
    expected = 2 * factor.real * states[1:-1] - abs(factor) ** 2 * states[:-2]
    np.testing.assert_allclose(states[2:], expected, atol=1e-13)
    assert abs(factor) < 1


# --- the flow, and the alternating schedule ---------------------------------------


@pytest.mark.parametrize("loss", ["minimax", "wasserstein"])
def test_the_flow_of_a_zero_sum_game_keeps_its_radius(loss):
    r = radius(path(flow, field(loss)))
    np.testing.assert_allclose(r, np.sqrt(2), rtol=1e-5)


def test_the_flow_of_the_non_saturating_game_shrinks_slower_than_any_exponential():
    r = radius(path(flow, field("non_saturating"), steps=4000))
    assert (np.diff(r) <= 1e-12).all()
    # d(r^2)/dt = 2 p (s(-p) - s(p)), about -p^2; p^2 is r^4 / 8 on average over a
    # turn: 1 / r^2 grows by t / 8.
    growth = (1 / r[-1] ** 2 - 1 / r[2000] ** 2) / 200
    assert abs(growth - 1 / 8) < 0.01


def test_alternating_wgan_stays_on_an_ellipse():
    h = 0.1
    states = path(alternating, field("wasserstein"), h=h)
    theta, psi = states.T
    kept = theta**2 + psi**2 - h * theta * psi
    np.testing.assert_allclose(kept, kept[0], rtol=1e-12)
    r = radius(states)
    assert 1.3 < r.min() < r.max() < 1.5


def test_the_train_step_is_the_alternating_schedule():
    """The model itself, with SGD, walks the path that the fields give."""
    z = keras.Input((1,), name="latent")
    x = keras.Input((1,), name="sample")
    plain = {"use_bias": False, "kernel_initializer": "ones"}
    one = keras.ops.ones_like(z)
    sgd = {"name": "sgd", "learning_rate": 0.1}
    for loss in SLOPES:
        model = assemble(
            generator=keras.Model({"latent": z}, layers.Dense(1, **plain)(one)),
            discriminator=keras.Model({"sample": x}, layers.Dense(1, **plain)(x)),
            value_range=None,
            loss=loss,
            penalties={"r1": 0.5},
            d_optimizer=sgd,
            g_optimizer=sgd,
        )
        expected = path(alternating, field(loss, "r1", 0.5), steps=5)
        for theta, psi in expected[1:]:
            model.train_step(tf.zeros((2, 1)))
            networks = model.generator, model.discriminator
            found = [float(network.get_weights()[0][0, 0]) for network in networks]
            np.testing.assert_allclose(found, [theta, psi], atol=1e-6)
