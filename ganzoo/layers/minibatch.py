"""Layers that show D the whole batch, under any number of replicas."""

import keras
import tensorflow as tf

from ganzoo import distribute


@keras.saving.register_keras_serializable("ganzoo")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends each sample's closeness to the batch (Salimans et al. 2016, sec. 3.2).

    Input (N, A), output (N, A + units). With M_i = f(x_i) T of shape (units, dims),
    o(x_i)_b = sum over j of exp(-||M_i,b - M_j,b||_1), j over the global batch and,
    as in the paper's equation, i itself included (it adds 1). The features of a sample
    depend on the others that are judged with it, in inference too.

    Args:
        units: B, the number of appended features.
        dims: C, the length of the vectors that are compared.
        kernel_initializer: initializer of T (A, units * dims).
    """

    def __init__(
        self, units=100, dims=5, kernel_initializer="glorot_uniform", **kwargs
    ):
        super().__init__(**kwargs)
        self.units = units
        self.dims = dims
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        shape = (input_shape[-1], self.units * self.dims)
        self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel")

    def call(self, inputs):
        maps = tf.matmul(inputs, tf.cast(self.kernel, inputs.dtype))
        maps = tf.reshape(maps, (-1, self.units, self.dims))
        maps = tf.cast(maps, self.variable_dtype)
        distances = tf.abs(maps[:, None] - distribute.global_batch(maps)[None])
        near = tf.reduce_sum(tf.exp(-tf.reduce_sum(distances, axis=3)), axis=1)
        return tf.concat([inputs, tf.cast(near, inputs.dtype)], axis=1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "dims": self.dims,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable("ganzoo")
class MinibatchStdDev(keras.layers.Layer):
    """Appends the batch's spread as one channel (Karras et al. 2018, arXiv 1710.10196).

    Input (N, ..., C), output (N, ..., C + 1). The standard deviation of each feature
    over the batch, averaged to one number. It is taken over the global batch, as in
    the paper's text, not over groups of four as in its code: it is then the same for
    any number of replicas and works with any batch size.
    """

    def call(self, inputs):
        batch = distribute.global_batch(tf.cast(inputs, self.variable_dtype))
        # The root has no gradient at 0, where all samples are alike.
        spread = tf.sqrt(tf.math.reduce_variance(batch, axis=0) + 1e-8)
        channel = tf.ones_like(inputs[..., :1])
        channel *= tf.cast(tf.reduce_mean(spread), inputs.dtype)
        return tf.concat([inputs, channel], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)
