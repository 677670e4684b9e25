"""Starts that depend on the data (Salimans and Kingma 2016, arXiv 1602.07868)."""

from collections.abc import Iterable
from contextlib import contextmanager

import keras
from keras import ops


class DataDependent(keras.layers.Layer):
    """A layer that sets its scale and bias by the first batch that it sees.

    Within `starting`, its `call` begins with `initialize`.
    """

    starts = False

    def initialize(self, inputs):
        """Sets the weights so that the outputs of `inputs` are as they should be."""
        raise NotImplementedError


@contextmanager
def starting(layers: Iterable[DataDependent]):
    """Each of the layers starts from what it is called with here."""
    layers = list(layers)
    for layer in layers:
        layer.starts = True
    try:
        yield
    finally:
        for layer in layers:
            layer.starts = False


EDGE = 1e-3  # how near to the ends of its range a mean may start
INVERSES = {
    "linear": lambda y: y,
    "tanh": lambda y: ops.arctanh(ops.clip(y, 2 * EDGE - 1, 1 - 2 * EDGE)),
    "sigmoid": lambda y: _logit(ops.clip(y, EDGE, 1 - EDGE)),
}


def _logit(y):
    return ops.log(y) - ops.log(1 - y)


@keras.saving.register_keras_serializable("ganzoo")
class MeanBias(keras.layers.Layer):
    """Adds a bias, from which `activation` makes the mean of the data at the start.

    As `init_sigmoid_bias_from_marginals` of the code of Goodfellow et al. 2014, but
    for the mean, which is that of the first batch in place of all data.

    Args:
        activation: what follows: `linear`, `tanh` or `sigmoid`.
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activation

    def build(self, input_shape):
        self.bias = self.add_weight(input_shape[1:], "zeros", name="bias")

    def call(self, inputs):
        return inputs + self.bias

    def initialize(self, samples):
        """Sets the bias by samples (N, ...) in the range of the activation."""
        mean = ops.mean(ops.cast(samples, self.variable_dtype), axis=0)
        self.bias.assign(INVERSES[self.activation](mean))

    def get_config(self):
        return {**super().get_config(), "activation": self.activation}
