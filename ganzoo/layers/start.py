"""Starts that depend on the data (Salimans and Kingma 2016, arXiv 1602.07868)."""

from collections.abc import Iterable
from contextlib import contextmanager

import keras


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
