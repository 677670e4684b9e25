"""Self-attention over the positions of a map (Zhang et al. 2019, SAGAN)."""

import keras
import tensorflow as tf
from keras import layers

from ganzoo.layers.spectral import SpectralNorm


@keras.saving.register_keras_serializable("ganzoo")
class SelfAttention(keras.layers.Layer):
    """Computes x + gamma * attention(x), gamma from 0 (arXiv 1805.08318, section 3).

    Input and output are (N, ..., C), with any number of axes between. Query, key
    and value are linear maps of each position to C / 8 channels, at least one; a
    fourth map leads back to C. The weights of a position are the softmax of the
    unscaled products of its query with all keys, in float32 or better.

    Args:
        spectral: if True, the four maps have spectral normalisation, as in the paper.
    """

    def __init__(self, spectral=False, **kwargs):
        super().__init__(**kwargs)
        self.spectral = spectral

    def build(self, input_shape):
        channels = input_shape[-1]
        inner = max(1, channels // 8)
        self.query = self._map((None, None, channels), inner)
        self.key = self._map((None, None, channels), inner)
        self.content = self._map((None, None, channels), inner)
        self.back = self._map((None, None, inner), channels)
        self.gamma = self.add_weight((), "zeros", name="gamma")

    def _map(self, shape, units):
        layer = layers.Dense(units, use_bias=False, dtype=self.dtype_policy)
        layer = SpectralNorm(layer) if self.spectral else layer
        layer.build(shape)
        return layer

    def call(self, inputs):
        x = tf.reshape(inputs, (tf.shape(inputs)[0], -1, inputs.shape[-1]))
        products = tf.matmul(self.query(x), self.key(x), transpose_b=True)
        weights = tf.nn.softmax(tf.cast(products, self.variable_dtype))
        context = tf.matmul(tf.cast(weights, x.dtype), self.content(x))
        context = tf.reshape(self.back(context), tf.shape(inputs))
        return inputs + tf.cast(self.gamma, context.dtype) * context

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "spectral": self.spectral}
