"""`project`: the latents of given samples, by gradient descent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from ganzoo.models.priors import PRIORS
from ganzoo.utils.options import check_seed, check_whole

CHUNK = 256  # latents that descend at once, which bounds the memory


@dataclass(frozen=True, eq=False)
class Projection:
    """Latents of n samples, the result of `project`.

    Attributes:
        latents: (n, latent_dim), the best of the starts.
        distances: (n,), from each sample to its latent's: the root mean square
            of the differences of features, or of pixels in `value_range`.
        random: (n,), the same for random latents, the mean over the starts, to compare
            the distances with.
    """

    latents: np.ndarray
    distances: np.ndarray
    random: np.ndarray


def project(
    model,
    x,
    conditions: Mapping[str, np.ndarray],
    *,
    features: Callable | None = None,
    starts: int = 8,
    steps: int = 400,
    learning_rate: float = 0.1,
    seed: int = 0,
) -> Projection:
    """Finds latents whose samples are near `x`: Adam on z from several starts.

    The search of AnoGAN (Schlegl et al. 2017, arXiv 1703.05921) without D's term,
    started from the prior several times, since it ends in the nearest minimum. Latents
    of a uniform prior stay within it. The rate falls to 0 by a cosine.

    Args:
        model: a `LatentModel`.
        x: samples (n, ...), uint8 or floats in `value_range`.
        conditions: n values for each further input of the generator.
        features: differentiable function from samples (m, ...) in `value_range` to
            features (m, ...), whose distance is minimised instead of the pixels'.
        starts: number of starts for each sample.
        steps: steps of Adam.
        learning_rate: initial rate.
        seed: seed of the starts, which no seed of `sample` draws.

    Raises:
        ValueError: samples of another shape or range, no start or step, a rate that is
            not above 0, features that have no gradient.
    """
    check_whole(1, starts=starts, steps=steps)
    check_seed(seed)
    if not 0 < learning_rate < np.inf:
        raise ValueError(
            f"`learning_rate` must be finite and above 0. Received: {learning_rate}."
        )
    x = model._checked(x)
    size = max(1, CHUNK // starts)
    parts = [
        _project(
            model,
            x[i : i + size],
            {key: value[i : i + size] for key, value in conditions.items()},
            features or tf.identity,
            starts,
            steps,
            learning_rate,
            seed,
        )
        for i in range(0, len(x), size)
    ]
    if not parts:
        return Projection(model.latents(0), np.empty(0), np.empty(0))
    return Projection(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _project(model, x, conditions, features, starts, steps, rate, seed):
    n = len(x)
    repeated = {
        key: tf.repeat(value, starts, axis=0) for key, value in conditions.items()
    }
    scaled = model.as_batch({"real": x})["real"]
    target = tf.repeat(features(scaled), starts, axis=0)
    _, low, high = PRIORS[model.prior]
    latents = keras.Variable(model._draw(n * starts, tf.constant([seed, 2])))
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(rate, steps)
    )
    optimizer.build([latents])
    noise = tf.constant([seed, 1])

    def squared():
        """Mean squared differences (n * starts,)."""
        samples = model.inferred({"latent": latents.value, **repeated}, None, noise)
        difference = tf.square(features(samples) - target)
        return tf.reduce_mean(tf.reshape(difference, (n * starts, -1)), axis=1)

    @tf.autograph.experimental.do_not_convert
    def descend():
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(squared())  # each latent's gradient is its own
        optimizer.apply([tape.gradient(total, latents.value)], [latents])
        latents.assign(tf.clip_by_value(latents.value, low, high))

    @tf.function
    def run(count):
        for _ in tf.range(count):
            descend()

    with tf.GradientTape() as tape:
        first = squared()
    if tape.gradient(first, latents.value) is None:
        raise ValueError(
            "`features` must have a gradient: use functions of TensorFlow or Keras "
            f"alone. Received: {features}."
        )
    begin = np.sqrt(first.numpy()).reshape(n, starts)
    run(tf.constant(steps))
    end = np.sqrt(squared().numpy()).reshape(n, starts)
    best = end.argmin(axis=1)
    nearest = latents.numpy().reshape(n, starts, -1)[np.arange(n), best]
    return nearest, end.min(axis=1), begin.mean(axis=1)
