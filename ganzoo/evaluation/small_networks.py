"""Training of the small networks that scores look through."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from ganzoo.data import pipeline
from ganzoo.evaluation.feature_cache import kept

BATCH_SIZE = 128  # of images looked at


def fit(
    model, arrays: Mapping, error: Callable, *, steps, batch_size, learning_rate
) -> None:
    """Trains a network by Adam, whose rate falls as a cosine; the same each time.

    Args:
        model: made from fixed seeds.
        arrays: what batches hold, see `data.pipeline.batches`.
        error: (batch) -> the scalar to minimise.
        steps: how many.
        batch_size: samples a step; as many as there are, where these are fewer.
        learning_rate: the first.
    """
    stream = pipeline.batches(arrays, min(batch_size, len(arrays["real"])), seed=0)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.Adam(rate)
    variables = model.trainable_variables
    optimizer.build(variables)

    @tf.function
    def run(iterator, count):
        for _ in tf.range(count):
            batch = next(iterator)
            with tf.GradientTape() as tape:
                value = error(batch)
            optimizer.apply(tape.gradient(value, variables), variables)

    run(iter(stream), tf.constant(steps))


def keep_weights(model, kind: str, key: str, train: Callable[[], None]) -> None:
    """Gives the model its trained weights: from the user's cache, or by `train`."""

    def weights():
        train()
        return {f"{i:02d}": w for i, w in enumerate(model.get_weights())}

    found = kept(kind, key, weights)
    model.set_weights([found[name] for name in sorted(found)])


def batched(function, images: np.ndarray) -> list:
    """What a function answers to the images, a batch at a time."""
    starts = range(0, len(images), BATCH_SIZE)
    return [function(images[i : i + BATCH_SIZE]) for i in starts]
