"""Training of the small networks that scores use."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from ganzoo.data import pipeline
from ganzoo.evaluation.feature_cache import cached
from ganzoo.utils.progress import each

BATCH_SIZE = 128  # of images looked at
CALL = 50  # steps of a call of the compiled function


def fit(
    model,
    arrays: Mapping,
    error: Callable,
    *,
    steps,
    batch_size,
    learning_rate,
    seed=0,
    jitter=None,
) -> None:
    """Trains a network with Adam and a cosine decay; the same result each time.

    Args:
        model: model built from fixed seeds.
        arrays: contents of batches, see `data.pipeline.batches`.
        error: (batch) -> the scalar to minimise.
        steps: number of steps.
        batch_size: samples per step, at most as many as there are.
        learning_rate: initial rate.
        seed: seed of the order of the data.
        jitter: crops and flips of the images, see `data.jitter.Jitter`.
    """
    size = min(batch_size, len(arrays["real"]))
    stream = pipeline.batches(arrays, size, seed=seed, jitter=jitter)
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

    iterator = iter(stream)
    for done in each(range(0, steps, CALL), f"training the {model.name}", "calls"):
        run(iterator, tf.constant(min(CALL, steps - done)))


def keep_weights(model, kind: str, key: str, train: Callable[[], None]) -> None:
    """Loads the model's trained weights from the user's cache, or calls `train`."""

    def weights():
        train()
        return {f"{i:02d}": w for i, w in enumerate(model.get_weights())}

    arrays = cached(kind, key, weights)
    model.set_weights([arrays[name] for name in sorted(arrays)])


def batched(function, images: np.ndarray) -> np.ndarray:
    """Applies a function to the images batch by batch; returns all its outputs."""
    starts = range(0, len(images), BATCH_SIZE)
    return np.concatenate([function(images[i : i + BATCH_SIZE]) for i in starts])
