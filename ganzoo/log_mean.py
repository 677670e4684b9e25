"""The terms of a step, by name, and their means over an interval of the log."""

import functools

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("ganzoo")
class LogMean(keras.metrics.Metric):
    """Sample-weighted means of named scalars, held in one vector."""

    def __init__(self, names, name="log", **kwargs):
        super().__init__(name=name, **kwargs)
        self.names = list(names)
        make = functools.partial(self.add_weight, initializer="zeros", dtype=self.dtype)
        self.total = make((len(self.names),), name="total")
        self.count = make((), name="count")

    def update_state(self, values, count):
        count = tf.cast(count, self.total.dtype)
        values = tf.stack([tf.cast(value, self.total.dtype) for value in values])
        self.total.assign_add(values * count)
        self.count.assign_add(count)

    def result(self):
        means = tf.math.divide_no_nan(self.total.value, self.count.value)
        return dict(zip(self.names, tf.unstack(means, len(self.names)), strict=True))


def total_of(term):
    """The total that a term belongs to: d_adv to d_loss, g_adv to g_loss."""
    return term.split("_")[0] + "_loss"
