"""Further state of training: the step, and the means of the log."""

import functools

import keras
import tensorflow as tf


class Updates(keras.layers.Layer):
    """Counts G updates: the step that noise, penalties, averages and data order read.

    An optimizer's `iterations` do not serve: gradient accumulation divides them.

    Args:
        earlier: () -> the count for a file of ganzoo 0.1.0, which has no such layer.
            There the optimizer counted. Keras loads attributes in alphabetical order,
            so the optimizer is loaded before this layer.
    """

    def __init__(self, earlier):
        super().__init__(name="updates")
        self.earlier = earlier
        self.count = self.add_weight(
            (),
            "zeros",
            dtype="int64",
            trainable=False,
            aggregation="only_first_replica",
            name="count",
        )
        self.built = True

    def add_one(self, after):
        """Counts an update, once the tensors `after` are computed."""
        with tf.control_dependencies(after):
            self.count.assign_add(1)

    def load_own_variables(self, store):
        self.count.assign(store["0"] if "0" in store.keys() else self.earlier())


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
    """Name of the total of a term: d_loss for d_adv, g_loss for g_adv."""
    return term.split("_")[0] + "_loss"
