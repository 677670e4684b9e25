"""Optimizers by name, and schedules of rates and momentum."""

import math
from collections.abc import Mapping

import keras
from keras import ops

from ganzoo.utils.options import check_whole, from_spec, is_number

Schedule = keras.optimizers.schedules.LearningRateSchedule
HALF = "half"  # the default decay


def make(spec, rate, decay, updates):
    """Makes the optimizer of one player.

    Args:
        spec: an optimizer, which is used as it is; a name; or `{"name": ...}`.
        rate: learning rate or `LearningRateSchedule`, if the spec has none of its own.
        decay: a name or table of `DECAYS`.
        updates: total updates of this player; None if unknown.

    Raises:
        ValueError: an unknown name or option, an impossible rate or decay, two
            schedules, or one for an optimizer that is already made.
    """
    falling = from_spec("decay", decay, DECAYS)
    if isinstance(spec, keras.optimizers.Optimizer):
        if updates is not None or decay != HALF:
            raise ValueError(
                "`decay` and `decay_steps` are for optimizers by name; one that is "
                "made has its schedule as its learning rate. "
                f"Received: {type(spec).__name__} with decay={decay!r}."
            )
        return spec
    table = spec if isinstance(spec, Mapping) else {"name": spec}
    table = {"learning_rate": rate, **table}
    rate = as_rate(table["learning_rate"])
    if not isinstance(rate, Schedule):
        table["learning_rate"] = falling(rate, updates)
    elif updates is not None or decay != HALF:
        raise ValueError(
            "A rate follows one schedule: a LearningRateSchedule as `learning_rate`, "
            "or `decay` with `decay_steps`. "
            f"Received: {type(rate).__name__} and decay={decay!r}."
        )
    return from_spec("optimizer", table, OPTIMIZERS)


@keras.saving.register_keras_serializable("ganzoo")
class LinearDecay(Schedule):
    """Holds `rate` for the first part of `steps` updates, then falls linearly to 0.

    Args:
        rate: initial rate.
        steps: updates until 0.
        hold: share of the updates at `rate`: a half in CycleGAN (arXiv 1703.10593,
            section 4), none in SNGAN's code.
    """

    def __init__(self, rate, steps, hold=0.5):
        check_whole(1, decay_steps=steps)
        self.rate = rate
        self.steps = steps
        self.hold = hold

    def __call__(self, step):
        left = 1 - ops.cast(step, "float32") / self.steps
        return self.rate * ops.clip(left / (1 - self.hold), 0.0, 1.0)

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps, "hold": self.hold}


@keras.saving.register_keras_serializable("ganzoo")
class ExponentialDecay(Schedule):
    """Multiplies `rate` by `factor` at each update, down to `lowest`.

    The code of the 2014 GAN has a factor of 1 / 1.000004 and a lowest rate of 1e-6.
    """

    def __init__(self, rate, factor, lowest=0.0):
        if not 0 < factor <= 1:
            raise ValueError(f"`factor` must be in (0, 1]. Received: {factor}.")
        if not 0 <= lowest <= rate:
            raise ValueError(
                f"`lowest` must be from 0 to the rate, {rate}. Received: {lowest}."
            )
        self.rate = rate
        self.factor = factor
        self.lowest = lowest

    def __call__(self, step):
        # As a power in float32, a factor near 1 would be off by percents.
        factor = ops.exp(ops.cast(step, "float32") * math.log(self.factor))
        return ops.maximum(self.rate * factor, self.lowest)

    def get_config(self):
        return {"rate": self.rate, "factor": self.factor, "lowest": self.lowest}


@keras.saving.register_keras_serializable("ganzoo")
class Scaled(Schedule):
    """A schedule times a factor.

    Args:
        schedule: a `LearningRateSchedule`.
        factor: the factor.
    """

    def __init__(self, schedule, factor):
        self.schedule = schedule
        self.factor = factor

    def __call__(self, step):
        return self.factor * self.schedule(step)

    def get_config(self):
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "factor": self.factor}

    @classmethod
    def from_config(cls, config):
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(schedule, config["factor"])


def as_rate(value) -> float | Schedule:
    """Returns a learning rate; raises `ValueError` unless it is one."""
    number = is_number(value) and value >= 0
    if not number and not isinstance(value, Schedule):
        raise ValueError(
            "`learning_rate` must be a number from 0 or, in code, a "
            f"keras.optimizers.schedules.LearningRateSchedule. Received: {value!r}."
        )
    return float(value) if number else value


BETAS = ("beta_1", "beta_2")


def check_epsilon(epsilon) -> None:
    """Raises `ValueError` unless Adam's epsilon is a number above 0."""
    if not is_number(epsilon) or epsilon <= 0:
        raise ValueError(
            f"`epsilon` must be a number above 0, such as 1e-7. Received: {epsilon!r}."
        )


def check_betas(**betas) -> None:
    """Raises `ValueError` unless Adam's decays are in [0, 1)."""
    for name, beta in betas.items():
        if not is_number(beta) or not 0 <= beta < 1:
            raise ValueError(f"`{name}` must be in [0, 1). Received: {beta!r}.")


def times(rate, factor):
    """A rate or schedule, times a factor."""
    if isinstance(rate, Schedule):
        return Scaled(rate, factor)
    return factor * rate


@keras.saving.register_keras_serializable("ganzoo")
class RampedSGD(keras.optimizers.SGD):
    """Gradient descent whose momentum grows linearly, as in the GAN of 2014.

    Args:
        learning_rate: the rate.
        momentum: momentum at the first update.
        final_momentum: momentum from update `ramp_steps` on; the authors' code has 0.5
            to 0.7 over 250 epochs of 500 updates.
        ramp_steps: updates between the two.
    """

    def __init__(
        self,
        learning_rate=0.1,
        momentum=0.5,
        final_momentum=0.7,
        ramp_steps=125_000,
        **kwargs,
    ):
        if not 0 < momentum < 1 or not 0 < final_momentum < 1 or ramp_steps < 1:
            raise ValueError(
                "`momentum` and `final_momentum` must be in (0, 1), and `ramp_steps` a "
                f"whole number from 1. Received: {momentum}, {final_momentum} and "
                f"{ramp_steps}."
            )
        super().__init__(learning_rate, momentum, **kwargs)
        if self.nesterov:
            raise ValueError("ramped_sgd has no Nesterov momentum; leave it out.")
        self.final_momentum = final_momentum
        self.ramp_steps = ramp_steps

    def update_step(self, gradient, variable, learning_rate):
        def cast(value):
            return ops.cast(value, variable.dtype)

        done = ops.minimum(cast(self.iterations) / self.ramp_steps, 1)
        momentum = self.momentum + (self.final_momentum - self.momentum) * done
        velocity = self.momentums[self._get_variable_index(variable)]
        step = velocity * momentum - cast(gradient) * cast(learning_rate)
        self.assign(velocity, step)
        self.assign_add(variable, step)

    def get_config(self):
        own = {"final_momentum": self.final_momentum, "ramp_steps": self.ramp_steps}
        return {**super().get_config(), **own}


OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
    "ramped_sgd": RampedSGD,
}


def _half(rate, updates):
    return rate if updates is None else LinearDecay(rate, updates)


def _linear(rate, updates):
    _check_end("linear", updates)
    return LinearDecay(rate, updates, hold=0.0)


def _cosine(rate, updates):
    _check_end("cosine", updates)
    return keras.optimizers.schedules.CosineDecay(rate, updates)


def _check_end(name, updates):
    if updates is None:
        raise ValueError(
            f"decay={name!r} needs `decay_steps`, after which the rate is 0. "
            "Received: none."
        )
    check_whole(1, decay_steps=updates)


def _exponential(factor, lowest=0.0):
    def falling(rate, updates):
        if updates is not None:
            raise ValueError(
                "decay='exponential' falls by its `factor` without end; leave "
                f"`decay_steps` out, or set it to None. Received: {updates!r}."
            )
        return ExponentialDecay(rate, factor, lowest)

    return falling


DECAYS = {
    HALF: lambda: _half,
    "linear": lambda: _linear,
    "cosine": lambda: _cosine,
    "exponential": _exponential,
}


def compile_without_d(model, learning_rate, jit_compile, **adam):
    """Compiles a model without D with Adam; returns it.

    Args:
        model: an `AdversarialModel` with `d_steps=0`.
        learning_rate: Adam's rate.
        jit_compile: compile the step with XLA (one device only).
        **adam: further arguments of `keras.optimizers.Adam`.
    """
    check_betas(**{name: adam[name] for name in BETAS if name in adam})
    optimizer = keras.optimizers.Adam(as_rate(learning_rate), **adam)
    model.compile(g_optimizer=optimizer, jit_compile=jit_compile)
    return model
