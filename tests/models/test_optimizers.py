"""Optimizers by name, rates that fall, momentum that grows: by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import copied, tiny, train

from ganzoo.models import optimizers
from ganzoo.models.optimizers import (
    ExponentialDecay,
    LinearDecay,
    RampedSGD,
    Scaled,
)

HALVES = {"name": "exponential", "factor": 0.5}
FALLING = {"name": "exponential", "factor": 0.5, "lowest": 0.15}


@pytest.mark.parametrize(
    "schedule,rates",
    [
        (LinearDecay(1.0, 8), {0: 1, 4: 1, 5: 0.75, 6: 0.5, 8: 0, 9: 0}),
        (LinearDecay(1.0, 8, hold=0.0), {0: 1, 2: 0.75, 4: 0.5, 8: 0, 9: 0}),
        (Scaled(LinearDecay(1.0, 8), 0.5), {0: 0.5, 5: 0.375, 8: 0}),
        (ExponentialDecay(0.8, 0.5), {0: 0.8, 1: 0.4, 3: 0.1}),
        (ExponentialDecay(0.8, 0.5, 0.15), {2: 0.2, 3: 0.15, 99: 0.15}),
    ],
)
def test_rates_by_hand(schedule, rates):
    again = copied(schedule)
    for step, rate in rates.items():
        for which in (schedule, again):
            np.testing.assert_allclose(which(tf.constant(step)), rate, atol=1e-7)


def test_a_factor_near_one_is_not_rounded_away():
    """In float32 the power of 1 / 1.000004 would be off by a percent."""
    rate = ExponentialDecay(0.1, 1 / 1.000004)(tf.constant(1_000_000))
    np.testing.assert_allclose(rate, 0.1 * np.exp(-1e6 * np.log(1.000004)), rtol=1e-6)


@pytest.mark.parametrize(
    "decay,rates",
    [
        ("half", (0.8, 0.8, 0.0)),
        ("linear", (0.8, 0.4, 0.0)),
        ("cosine", (0.8, 0.4, 0.0)),
        (FALLING, (0.8, 0.2, 0.15)),
    ],
)
def test_decay_of_both_players(decay, rates):
    steps = {} if decay is FALLING else {"decay_steps": 4}
    model = tiny("vanilla", learning_rate=0.8, decay=decay, d_steps=1, **steps)
    for optimizer in (model.d_optimizer, model.g_optimizer):
        for step, rate in zip((0, 2, 4), rates, strict=True):
            optimizer.iterations.assign(step)
            np.testing.assert_allclose(optimizer.learning_rate, rate, 1e-6, 1e-7)


def test_a_schedule_of_keras_is_a_rate():
    """Each player counts its own updates; lazy penalties correct D's rate."""
    cosine = keras.optimizers.schedules.CosineDecay(0.8, 4)
    lazy = {"r1": {"weight": 1.0, "every": 4}}
    model = tiny("vanilla", learning_rate=cosine, penalties=lazy)
    for optimizer, ratio in ((model.g_optimizer, 1.0), (model.d_optimizer, 4 / 5)):
        optimizer.iterations.assign(2)
        rate = float(optimizer.learning_rate)
        assert rate == pytest.approx(0.4 * ratio)
    apart = tiny("vanilla", learning_rate={"d": 0.1, "g": cosine})
    assert float(apart.d_optimizer.learning_rate.numpy()) == pytest.approx(0.1)
    named = tiny("vanilla", d_optimizer="adamw", learning_rate=cosine)
    assert isinstance(named.d_optimizer, keras.optimizers.AdamW)
    assert float(named.d_optimizer.learning_rate) == pytest.approx(0.8)


def test_refuses_two_schedules():
    cosine = keras.optimizers.schedules.CosineDecay(0.8, 4)
    with pytest.raises(ValueError, match="one schedule.*CosineDecay and decay='half'"):
        tiny("vanilla", learning_rate=cosine, decay_steps=4)


def test_a_config_can_name_adamw_and_its_settings():
    adamw = {"name": "adamw", "learning_rate": 0.1, "weight_decay": 0.02}
    model = tiny("vanilla", g_optimizer=adamw)
    assert model.g_optimizer.weight_decay == 0.02
    assert float(model.g_optimizer.learning_rate.numpy()) == pytest.approx(0.1)


def test_the_rates_of_a_model_that_is_not_told_its_steps_stay():
    adam = optimizers.make("adam", 0.1, "half", None)
    assert float(adam.learning_rate) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "decay,message",
    [
        ("liner", "Unknown decay 'liner'. Did you mean 'linear'?"),
        ({"name": "exponential", "faktor": 0.5}, "Did you mean 'factor'?"),
        ({"name": "exponential", "factor": 1.5}, r"must be in \(0, 1\]. Received: 1.5"),
        (
            {"name": "exponential", "factor": 0.5, "lowest": 0.2},
            "from 0 to the rate, 0.1",
        ),
        ("linear", "'linear' needs `decay_steps`"),
        ("cosine", "'cosine' needs `decay_steps`"),
    ],
)
def test_refuses_a_decay(decay, message):
    with pytest.raises(ValueError, match=message):
        optimizers.make("adam", 0.1, decay, None)


def test_momentum_that_grows_by_hand():
    """v = m v - rate g, w = w + v, with m from 0.5 to 0.9 over four updates."""
    sgd = RampedSGD(0.1, momentum=0.5, final_momentum=0.9, ramp_steps=4)
    w = keras.Variable([1.0])
    sgd.build([w])
    expected, velocity = 1.0, 0.0
    for momentum in (0.5, 0.6, 0.7, 0.8, 0.9, 0.9):
        velocity = momentum * velocity - 0.1 * 2.0
        expected += velocity
        sgd.apply([tf.constant([2.0])], [w])
        np.testing.assert_allclose(w, [expected], rtol=1e-6)
    assert copied(sgd).get_config() == sgd.get_config()


def test_a_config_can_say_all_of_the_schedule_of_2014():
    ramped = {"name": "ramped_sgd", "momentum": 0.5, "final_momentum": 0.7}
    model = tiny(
        "vanilla",
        learning_rate=0.1,
        d_optimizer=ramped,
        g_optimizer={**ramped, "ramp_steps": 3},
        decay={"name": "exponential", "factor": 1 / 1.000004, "lowest": 1e-6},
    )
    train(model, 2)
    assert model.g_optimizer.ramp_steps == 3
    assert float(model.g_optimizer.learning_rate) == pytest.approx(0.1, rel=1e-4)


@pytest.mark.parametrize("decay", ["half", "linear", "cosine"])
@pytest.mark.parametrize("steps", [0, 0.5, True])
def test_refuses_an_end(decay, steps):
    with pytest.raises(ValueError, match="`decay_steps` must be a whole number from 1"):
        optimizers.make("adam", 0.1, decay, steps)


def test_refuses_an_end_of_a_decay_without_one():
    with pytest.raises(ValueError, match="leave `decay_steps` out.*Received: 4"):
        optimizers.make("adam", 0.1, HALVES, 4)


@pytest.mark.parametrize("name", ["vae", "made", "rbm", "ddpm", "srresnet"])
@pytest.mark.parametrize("rate", [-1.0, np.nan])
def test_refuses_the_rate_of_a_model_without_d(name, rate):
    with pytest.raises(ValueError, match="`learning_rate` must be a number from 0"):
        tiny(name, learning_rate=rate)


def test_refuses_betas_and_nesterov():
    with pytest.raises(
        ValueError, match=r"`beta_1` must be in \[0, 1\). Received: 1.5"
    ):
        tiny("srresnet", beta_1=1.5)
    with pytest.raises(ValueError, match="no Nesterov momentum"):
        RampedSGD(nesterov=True)


@pytest.mark.parametrize(
    "options", [{"momentum": 0.0}, {"final_momentum": 1.0}, {"ramp_steps": 0}]
)
def test_refuses_momentum(options):
    with pytest.raises(ValueError, match=r"must be in \(0, 1\).*`ramp_steps` a whole"):
        RampedSGD(**options)


@pytest.mark.parametrize(
    "options,rates",
    [
        ({}, (4e-4, 2e-3)),
        ({"learning_rate": 0.1}, (0.1, 0.1)),
        ({"d_learning_rate": 0.2}, (0.2, 2e-3)),
        ({"learning_rate": {"d": 0.3, "g": 0.4}, "g_learning_rate": 0.5}, (0.3, 0.5)),
    ],
)
def test_the_rates_of_the_players(options, rates):
    model = tiny("dcgan", **options)
    found = [o.learning_rate for o in (model.d_optimizer, model.g_optimizer)]
    np.testing.assert_allclose(found, rates, rtol=1e-6)


@pytest.mark.parametrize("rate", [{"d": 0.1}, {"d": 0.1, "g": 0.1, "q": 0.1}])
def test_refuses_rates(rate):
    with pytest.raises(
        ValueError, match="`learning_rate` must be a number, or a table"
    ):
        tiny("dcgan", learning_rate=rate)


@pytest.mark.parametrize(
    "optimizer,message",
    [
        (keras.optimizers.SGD(0.1, loss_scale_factor=8.0), "would hardly move"),
        (
            keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
            "would hardly move.*LossScaleOptimizer",
        ),
        (keras.optimizers.SGD(0.1, use_ema=True), "`ema_decay`, such as"),
        ({"name": "adam", "loss_scale_factor": 8.0}, "would hardly move"),
    ],
)
def test_refuses_what_a_step_does_not_follow(optimizer, message):
    with pytest.raises(ValueError, match=message):
        tiny("vanilla", g_optimizer=optimizer)


@pytest.mark.parametrize("options", [{"decay_steps": 10}, {"decay": HALVES}])
def test_an_optimizer_that_is_made_has_its_own_schedule(options):
    with pytest.raises(ValueError, match="has its schedule as its learning rate"):
        tiny("vanilla", g_optimizer=keras.optimizers.Adam(1e-3), **options)
