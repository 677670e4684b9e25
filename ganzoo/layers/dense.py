"""Dense layers that Keras lacks: maxout and weight normalisation."""

import keras
from keras import ops

from ganzoo.layers.start import DataDependent

TINY = 1e-6  # deviations below it are rounding errors


@keras.saving.register_keras_serializable("ganzoo")
class Maxout(keras.layers.Layer):
    """Maximum of `pieces` linear maps (Goodfellow et al. 2013, arXiv 1302.4389).

    Input (N, d), output (N, units).
    """

    def __init__(self, units, pieces, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.pieces = pieces
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dense = keras.layers.Dense(
            units * pieces,
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
        )

    @property
    def kernel(self):
        """Kernel of all pieces: (d, units * pieces)."""
        return self.dense.kernel

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        maps = ops.reshape(self.dense(inputs), (-1, self.units, self.pieces))
        return ops.max(maps, axis=-1)

    def get_config(self):
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {
            **super().get_config(),
            "units": self.units,
            "pieces": self.pieces,
            "kernel_initializer": initializer,
        }


@keras.saving.register_keras_serializable("ganzoo")
class WeightNormDense(DataDependent):
    """Dense layer with weight normalisation (Salimans and Kingma 2016, 1602.07868).

    The kernel is v * scale / ||v||, with the norm over each output's column. Initially,
    scale and bias give the outputs mean 0 and variance 1 (section 3).

    Args:
        units: length of the output.
        train_scale: if True, `scale` is trained; else it keeps its initial value.
        kernel_initializer: initializer of v.
    """

    def __init__(
        self, units, train_scale=True, kernel_initializer="random_normal", **kwargs
    ):
        super().__init__(**kwargs)
        self.units = units
        self.train_scale = train_scale
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel")
        self.scale = self.add_weight(
            (self.units,), "ones", trainable=self.train_scale, name="scale"
        )
        self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def call(self, inputs):
        if self.starts:
            self.initialize(inputs)
        return self._outputs(inputs)

    def normed_kernel(self):
        """The kernel that multiplies the inputs: (d, units)."""
        norm = ops.sqrt(ops.sum(ops.square(self.kernel), axis=0))
        return self.kernel * (self.scale / norm)

    def _outputs(self, inputs):
        return ops.matmul(inputs, self.normed_kernel()) + self.bias

    def initialize(self, inputs):
        """Sets scale and bias so that `inputs` give outputs of mean 0, variance 1."""
        outputs = ops.cast(self._outputs(inputs), self.variable_dtype)
        mean, deviation = ops.mean(outputs, axis=0), ops.std(outputs, axis=0)
        # A batch of one sample, or a dead unit, has none: its scale stays.
        deviation = ops.where(deviation > TINY, deviation, 1.0)
        self.scale.assign(self.scale / deviation)
        self.bias.assign((self.bias - mean) / deviation)

    def get_config(self):
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {
            **super().get_config(),
            "units": self.units,
            "train_scale": self.train_scale,
            "kernel_initializer": initializer,
        }
