"""Layers that show D the whole batch, with any number of replicas."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.layers.start import DataDependent

NEAREST = 2.0  # initial mean distance of the nearest neighbour
TINY = 1e-6  # lower bound on distances


@keras.saving.register_keras_serializable("ganzoo")
class MinibatchDiscrimination(DataDependent):
    """Appends each sample's closeness to the others (Salimans et al. 2016, sec. 3.2).

    Input (N, A), output (N, A + units). With M_i = x_i T of shape (units, dims),
    o(x_i)_b = bias_b + sum over the others j of exp(-||M_i,b - M_j,b||_1), in the
    global batch. A sample's features depend on the other samples in the batch, in
    inference too.

    This is the authors' layer (openai/improved-gan, class MinibatchLayer), not the
    paper's equation: the sample itself is left out; T has weight-normalised columns;
    initially, the scale puts the nearest neighbour at a mean distance of 2, and the
    bias centres the sums. Without that, the sums are large and drown D's other
    features.

    Args:
        units: B, the number of appended features.
        dims: C, the length of the compared vectors.
        kernel_initializer: initializer of T's directions (A, units * dims); by default
            N(0, 0.05).
    """

    def __init__(self, units=100, dims=5, kernel_initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dims = dims
        normal = keras.initializers.RandomNormal(stddev=0.05)
        self.kernel_initializer = keras.initializers.get(kernel_initializer or normal)

    def build(self, input_shape):
        columns = self.units * self.dims

        def weight(name, shape, initializer):
            return self.add_weight(shape, initializer, autocast=False, name=name)

        self.kernel = weight(
            "kernel", (input_shape[-1], columns), self.kernel_initializer
        )
        self.log_scale = weight("log_scale", (columns,), "zeros")
        self.bias = weight("bias", (self.units,), keras.initializers.Constant(-1.0))

    def call(self, inputs):
        if self.starts:
            self.initialize(inputs)
        near = self._closeness(self._maps(inputs)) + self.bias
        return tf.concat([inputs, tf.cast(near, inputs.dtype)], axis=1)

    def initialize(self, inputs):
        """Sets scale and bias from a global batch; of one sample, the bias alone."""
        maps = self._maps(inputs)
        itself = tf.eye(tf.shape(maps)[0], dtype=maps.dtype)[..., None] / TINY
        nearest = tf.reduce_min(_distances(maps, maps) + itself, axis=1)
        factor = NEAREST / tf.maximum(tf.reduce_mean(nearest, axis=0), TINY)
        factor = tf.where(tf.shape(maps)[0] > 1, factor, tf.ones_like(factor))
        shift = tf.repeat(tf.math.log(factor), self.dims)
        self.log_scale.assign_add(tf.cast(shift, self.log_scale.dtype))
        sums = tf.reduce_mean(self._closeness(self._maps(inputs)), axis=0)
        self.bias.assign(tf.cast(-sums, self.bias.dtype))

    def _maps(self, inputs):
        """M (N, units, dims), in at least float32."""
        kernel = tf.convert_to_tensor(self.kernel)
        kernel *= tf.exp(self.log_scale) / tf.norm(kernel, axis=0)
        maps = tf.matmul(inputs, tf.cast(kernel, inputs.dtype))
        maps = tf.reshape(maps, (-1, self.units, self.dims))
        return tf.cast(maps, self.variable_dtype)

    def _closeness(self, maps):
        distances = _distances(maps, distribute.global_batch(maps))
        # A sample has distance 0 from itself, which adds 1 to its own sum.
        return tf.reduce_sum(tf.exp(-distances), axis=1) - 1

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "dims": self.dims,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _distances(some, all_):
    """L1 distances (N, M, units) of maps (N, units, dims) and (M, units, dims)."""
    return tf.reduce_sum(tf.abs(some[:, None] - all_[None]), axis=3)


@keras.saving.register_keras_serializable("ganzoo")
class MinibatchStdDev(keras.layers.Layer):
    """Appends the batch's spread as one channel (Karras et al. 2018, arXiv 1710.10196).

    Input (N, ..., C), output (N, ..., C + 1). The channel holds the standard
    deviation of each feature over the batch, averaged to one number. It is taken over
    the global batch, as in the paper's text, not over groups of four as in its code. So
    it is the same for any number of replicas, and works with any batch size.
    """

    def call(self, inputs):
        own = tf.cast(inputs, self.variable_dtype)
        _, variance = distribute.global_moments(own, [0])
        # The root has no finite gradient at 0, where all samples are equal.
        spread = tf.sqrt(variance + 1e-8)
        channel = tf.ones_like(inputs[..., :1])
        channel *= tf.cast(tf.reduce_mean(spread), inputs.dtype)
        return tf.concat([inputs, channel], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)
