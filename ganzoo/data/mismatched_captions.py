"""A different caption, of another sample, for each sample."""

import numpy as np
import tensorflow as tf

_FOLD = 0xCA97


def chooser(captions: np.ndarray, seed: int):
    """Returns a function (rows (B,), step) to rows whose captions are different.

    Each sample with another caption is equally likely. The choice is a function of
    (seed, step).

    Args:
        captions: tokens (N, T).
        seed: seed of the choice.

    Raises:
        ValueError: all captions are the same.
    """
    _, group, counts = np.unique(
        captions, axis=0, return_inverse=True, return_counts=True
    )
    if len(counts) < 2:
        raise ValueError(
            "Mismatched captions need two captions that differ. "
            f"Received: {len(captions)} samples of one caption."
        )
    group = group.reshape(-1)
    # With equal captions next to each other, the others of a sample are one range of
    # the circle, which begins where its own group ends.
    with tf.device("CPU:0"):
        order = tf.constant(np.argsort(group, kind="stable"))
        ends = tf.constant(np.cumsum(counts)[group])
        others = tf.constant(len(captions) - counts[group])

    def choose(rows, step):
        key = tf.stack([tf.constant(seed ^ _FOLD, tf.int64), tf.cast(step, tf.int64)])
        draw = tf.random.stateless_uniform(tf.shape(rows), key, dtype=tf.float64)
        offset = tf.cast(draw * tf.cast(tf.gather(others, rows), tf.float64), tf.int64)
        return tf.gather(order, (tf.gather(ends, rows) + offset) % len(captions))

    return choose


def fill(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Adds `mismatched` to arrays with a `caption`, by a fixed choice."""
    if "caption" not in arrays or "mismatched" in arrays:
        return dict(arrays)
    captions = arrays["caption"]
    rows = chooser(captions, seed=0)(tf.range(len(captions)), 0).numpy()
    return {**arrays, "mismatched": captions[rows]}
