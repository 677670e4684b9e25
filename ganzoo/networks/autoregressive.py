"""MADE's network (Germain et al. 2015, arXiv 1502.03509): weights under masks."""

import math

import keras
import numpy as np
from keras import layers, ops

from ganzoo.networks import inputs
from ganzoo.utils.options import check_whole


@keras.saving.register_keras_serializable("ganzoo")
class MaskedDense(layers.Dense):
    """Dense layer whose unit k sees input j only if the mask (inputs, units) is 1.

    Units and inputs have degrees from 1 to `values`, evenly spread over them: an input
    of degree m depends only on the first m values of a sample.

    Args:
        units: length of the output.
        values: number of values of a sample.
        last: if True, the outputs are those values, and each sees inputs of a lower
            degree than its own place; else of at most its own degree.
    """

    def __init__(self, units, values, last=False, **kwargs):
        super().__init__(units, **kwargs)
        self.values = values
        self.last = last

    def build(self, input_shape):
        super().build(input_shape)
        inputs = degrees(input_shape[-1], self.values)[:, None]
        own = degrees(self.units, self.values)
        self.mask = (inputs < own if self.last else inputs <= own).astype("float32")

    def call(self, x):
        mask = ops.cast(self.mask, self.kernel.dtype)
        x = ops.matmul(x, ops.cast(self.kernel * mask, x.dtype))
        return self.activation(x + ops.cast(self.bias, x.dtype))

    def get_config(self):
        return {**super().get_config(), "values": self.values, "last": self.last}


def degrees(units, values):
    """Degree of each unit: 1 .. values for the values, 1 .. values - 1 for others.

    The paper draws those of hidden units at random.
    """
    if units == values:
        return np.arange(1, values + 1)
    return 1 + np.arange(units) * max(1, values - 1) // units


def network(image_shape, *, hidden=(500,)):
    """Network from sample (N, *image_shape) to logits of the same shape.

    The logit of a value, in the order of rows, depends only on the values before it.
    Hidden layers have ReLU; the samples also reach the last layer directly.

    Args:
        image_shape: (H, W, C), (D, H, W, C), or (d,).
        hidden: units of each hidden layer.
    """
    shape = inputs.check_image_shape(image_shape, ranks=(1, 3, 4))
    check_whole(1, **{f"hidden[{i}]": units for i, units in enumerate(hidden)})
    values = math.prod(shape)
    sample = keras.Input(shape, name="sample")
    x = flat = layers.Reshape((values,))(sample)
    for units in hidden:
        x = MaskedDense(units, values, activation="relu")(x)
    x = MaskedDense(values, values, last=True)(x)
    x = x + MaskedDense(values, values, last=True)(flat)
    return keras.Model({"sample": sample}, layers.Reshape(shape)(x), name="generator")
