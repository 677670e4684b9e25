"""Penalties on the critic: pure functions (critic, real, fake, seed) -> scalar mean.

`critic` maps samples to logits and closes over the labels; `real` and `fake` are
samples, or their logits for a penalty `of_logits`. A new gradient penalty is one
function that returns a `Penalty`, and one line in `PENALTIES`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.utils.options import check_known, is_number, parameters

EPSILON = 1e-12  # inside the root of a norm, whose slope is infinite at 0


@dataclass(frozen=True)
class Penalty:
    """A mean over samples of a function of the norm of the critic's gradient.

    For each sample, it is the norm, over all axes, of the gradient of the sum of its
    logits.

    Attributes:
        points: `(real, fake, seed) -> samples` at which the gradient is taken;
            operations that span the replicas belong here.
        value: squared norms (N,) to the values that are averaged.
    """

    points: Callable
    value: Callable
    per_sample = True  # the critic must look at each sample alone
    of_logits = False
    state = ()  # variables

    def __call__(self, critic, real, fake, seed):
        return self.at(critic, self.points(real, fake, seed))

    def at(self, critic, points):
        """Returns the penalty at points that are already known."""
        return tf.reduce_mean(self.value(squared_norms(critic, points)))

    def follow(self, values):
        """Does nothing: this penalty has no state."""


def squared_norms(critic: Callable, samples: tf.Tensor) -> tf.Tensor:
    """Squared norm (N,) of the critic's gradient at each sample, all axes summed."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(samples)
        total = tf.reduce_sum(critic(samples))
    gradient = tape.gradient(total, samples)
    return tf.reduce_sum(gradient**2, axis=range(1, len(gradient.shape)))


def gradient_penalty(target: float = 1.0) -> Penalty:
    """WGAN-GP (Gulrajani et al. 2017, arXiv 1704.00028), section 4, two-sided.

    The norm is pulled to `target` at points drawn uniformly between a real and a fake
    sample, one random number per sample. The paper's weight is 10.

    Args:
        target: the norm, from 0.
    """
    _check_from_zero(target=target)

    def between(real, fake, seed):
        return real + _one_a_sample(real, seed) * (fake - real)

    return Penalty(between, lambda squares: _distance(squares, target))


def dragan(target: float = 1.0, spread: float = 0.5) -> Penalty:
    """DRAGAN (Kodali et al. 2017, arXiv 1705.07215), around the real samples.

    As in the authors' code: a random fraction, one number per sample, of a perturbation
    that is uniform in [0, spread x standard deviation of all numbers of the global
    batch). The paper's weight is 10.

    Args:
        target: the norm, from 0.
        spread: size of the perturbation, from 0.
    """
    _check_from_zero(target=target, spread=spread)

    def around(real, fake, seed):
        _, variance = distribute.global_moments(real, list(range(len(real.shape))))
        shape = (distribute.local_count(real), *real.shape[1:])
        noise = distribute.global_uniform(shape, distribute.fold(seed, 1), real.dtype)
        part = _one_a_sample(real, distribute.fold(seed, 0))
        return real + part * spread * tf.sqrt(variance) * noise

    return Penalty(around, lambda squares: _distance(squares, target))


def r1() -> Penalty:
    """R1 (Mescheder et al. 2018, arXiv 1801.04406), eq. 9: on real samples.

    Half the mean squared norm, so the weight is the paper's gamma (10).
    """
    return Penalty(lambda real, fake, seed: real, lambda squares: squares / 2)


def r2() -> Penalty:
    """R2 (Mescheder et al. 2018), eq. 10: as `r1`, on fake samples."""
    return Penalty(lambda real, fake, seed: fake, lambda squares: squares / 2)


class LeCam:
    """LeCam (Tseng et al. 2021, arXiv 2104.03310), eq. 2, one-sided as in their code.

    Real logits are pulled down to a running mean of the fake logits, fake logits up to
    a running mean of the real ones; both means follow the global batch of the last D
    step. The logits are those of D's loss, as in their code, so they cost no time.

    Args:
        decay: decay of the running means, which are unbiased from the first step.
    """

    per_sample = False
    of_logits = True

    def __init__(self, decay: float = 0.99):
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must be in [0, 1). Received: {decay}.")
        self.decay = decay
        # Sums of the real logits, of the fake logits, and of their weights.
        dtype = keras.config.dtype_policy().variable_dtype
        self.sums = keras.Variable([0.0] * 3, dtype, trainable=False, name="lecam")

    @property
    def state(self):
        return [self.sums]

    def __call__(self, critic, real, fake, seed):
        return self.at(critic, self.points(real, fake, seed))

    def points(self, real, fake, seed):
        return real, fake

    def at(self, critic, points):
        """Mean squared distances beyond the running means, which begin at 0."""
        real, fake = points
        sum_real, sum_fake, weight = tf.unstack(tf.cast(self.sums, real.dtype))
        down = tf.nn.relu(real - tf.math.divide_no_nan(sum_fake, weight))
        up = tf.nn.relu(tf.math.divide_no_nan(sum_real, weight) - fake)
        return tf.reduce_mean(down**2) + tf.reduce_mean(up**2)

    def follow(self, values):
        """Moves the means towards this replica's `real_logit` and `fake_logit`."""
        one = tf.ones_like(values["real_logit"])
        here = tf.stack([values["real_logit"], values["fake_logit"], one])
        new = tf.cast(distribute.global_mean(here), self.sums.dtype)
        self.sums.assign(self.decay * self.sums + (1 - self.decay) * new)


PENALTIES = {
    "gradient_penalty": gradient_penalty,
    "dragan": dragan,
    "r1": r1,
    "r2": r2,
    "lecam": LeCam,
}


@dataclass(frozen=True)
class Term:
    """A penalty with its weight, taken at every `every`-th D update.

    Attributes:
        penalty: the penalty.
        weight: its factor; multiplied by `every`, so that the mean over `every`
            updates equals the mean of a penalty taken at each update.
        every: the interval.
    """

    penalty: Penalty | LeCam
    weight: float
    every: int = 1

    def __call__(self, critic, real, fake, seed, update=None, logits=()):
        """Returns the weighted penalty.

        Args:
            update: number of D updates so far; None, as in evaluation, ignores
                the interval.
            logits: D's logits of `real` and `fake` in its loss.
        """
        real, fake = map(_wide, logits if self.penalty.of_logits else (real, fake))
        # Outside the branch, which must not contain operations that span the replicas.
        points = self.penalty.points(real, fake, seed)

        def value(factor=1):
            return factor * self.weight * self.penalty.at(critic, points)

        if self.every == 1 or update is None:
            return value()
        due = tf.equal(update % self.every, 0)
        return tf.cond(due, lambda: value(self.every), lambda: tf.zeros((), real.dtype))


def terms_of(spec: Mapping | None) -> dict[str, Term]:
    """Returns the terms of `{"r1": weight}` or `{"r1": {"weight": ..., ...}}`.

    Raises:
        ValueError: an unknown penalty or option, with the nearest name; a weight below
            0 or an interval below 1.
    """
    if not isinstance(spec, Mapping | None):
        raise ValueError(
            "`penalties` is a table of weights, or of tables with a weight and "
            'options, such as {"r1": 10.0} or {"r1": {"weight": 10.0, "every": 16}}. '
            f"Received: {spec!r}."
        )
    check_known("penalty", spec or {}, PENALTIES)
    return {name: _term(name, value) for name, value in (spec or {}).items()}


def lazy_ratio(terms: Mapping[str, Term]) -> float:
    """StyleGAN2's factor c = k / (k + 1) for the shortest interval k above 1, else 1.

    Adam's rate is multiplied by c and its betas are raised to the power c (Karras et
    al. 2020, arXiv 1912.04958, appendix B). There the penalty has an update of its own;
    here it joins the update of the loss, so c slows D down a little.
    """
    every = min((t.every for t in terms.values() if t.every > 1), default=math.inf)
    return 1.0 if math.isinf(every) else every / (every + 1)


def _term(name, value):
    options = dict(value) if isinstance(value, Mapping) else {"weight": value}
    factory = PENALTIES[name]
    allowed = ["weight", "every", *parameters(factory)]
    check_known(f"option of penalty {name!r}", options, allowed)
    weight, every = options.pop("weight", None), options.pop("every", 1)
    if not is_number(weight) or weight < 0:
        raise ValueError(
            f"The weight of penalty {name!r} must be a number from 0. "
            f"Received: {weight!r}."
        )
    if not is_number(every) or every < 1 or every != int(every):
        raise ValueError(
            f"`every` of penalty {name!r} must be a whole number from 1: the D updates "
            f"from one penalty to the next. Received: {every!r}."
        )
    return Term(factory(**options), float(weight), int(every))


def _check_from_zero(**options):
    for name, value in options.items():
        if not is_number(value) or value < 0:
            raise ValueError(f"`{name}` must be a number from 0. Received: {value!r}.")


def _distance(squares, target):
    return (tf.sqrt(squares + EPSILON) - target) ** 2


def _one_a_sample(samples, seed):
    """Draws U(0, 1), one number per sample, in a shape that broadcasts."""
    shape = (distribute.local_count(samples), *[1] * (len(samples.shape) - 1))
    return distribute.global_uniform(shape, seed, samples.dtype)


def _wide(samples):
    """Casts to float32 or better."""
    return samples if samples.dtype == tf.float64 else tf.cast(samples, tf.float32)
