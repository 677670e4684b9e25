"""Data-dependent initialisation (Salimans and Kingma 2016, arXiv 1602.07868)."""

from collections.abc import Iterable
from contextlib import contextmanager

import keras
from keras import ops


class DataDependent(keras.layers.Layer):
    """A layer that sets its scale and bias from the first batch.

    Within `starting`, its `call` begins with `initialize`.
    """

    starts = False

    def initialize(self, inputs):
        """Sets the weights from a first batch of inputs."""
        raise NotImplementedError


@contextmanager
def starting(layers: Iterable[DataDependent]):
    """Initialises each layer from its input in the first call within the block."""
    layers = list(layers)
    for layer in layers:
        layer.starts = True
    try:
        yield
    finally:
        for layer in layers:
            layer.starts = False


EDGE = 1e-3  # smallest distance of a starting mean from the ends of its range
INVERSES = {
    "linear": lambda y: y,
    "tanh": lambda y: ops.arctanh(ops.clip(y, 2 * EDGE - 1, 1 - 2 * EDGE)),
    "sigmoid": lambda y: _logit(ops.clip(y, EDGE, 1 - EDGE)),
}


def _logit(y):
    return ops.log(y) - ops.log(1 - y)


@keras.saving.register_keras_serializable("ganzoo")
class MeanBias(keras.layers.Layer):
    """Adds a bias that starts so that `activation` maps it to the mean of the data.

    As `init_sigmoid_bias_from_marginals` in the code of Goodfellow et al. 2014, but
    with the mean of the first batch instead of all data.

    Args:
        activation: the activation that follows: `linear`, `tanh` or `sigmoid`.
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activation

    def build(self, input_shape):
        self.bias = self.add_weight(input_shape[1:], "zeros", name="bias")

    def call(self, inputs):
        return inputs + self.bias

    def initialize(self, samples):
        """Sets the bias from samples (N, ...) in the range of the activation."""
        mean = ops.mean(ops.cast(samples, self.variable_dtype), axis=0)
        self.bias.assign(INVERSES[self.activation](mean))

    def get_config(self):
        return {**super().get_config(), "activation": self.activation}
