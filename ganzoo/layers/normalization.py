"""Normalisation of activations: by batch, by sample, by map, and by label."""

import keras
from keras import ops

from ganzoo import distribute

EPSILON = 1e-5


@keras.saving.register_keras_serializable("ganzoo")
class BatchNorm(keras.layers.BatchNormalization):
    """Keras' layer with right second derivatives, and a cheaper exchange of statistics.

    For the derivatives see `distribute.moments`. If `synchronized`, Keras' own layer
    exchanges three values one after the other, and two for their gradients. On two
    local workers, a step of `dcgan` spent most of its time waiting for these exchanges.
    `Trainer.compile` sets `synchronized`.
    """

    def _moments(self, inputs, mask):
        if mask is not None:
            return super()._moments(inputs, mask)
        of = distribute.global_moments if self.synchronized else distribute.moments
        return of(inputs, self._reduction_axes)


@keras.saving.register_keras_serializable("ganzoo")
class GroupNorm(keras.layers.GroupNormalization):
    """Keras' layer with right second derivatives, see `distribute.moments`."""

    def _apply_normalization(self, grouped, input_shape):
        x = ops.cast(grouped, keras.backend.result_type(grouped.dtype, "float32"))
        rank = len(x.shape)
        axes = [axis for axis in range(1, rank) if axis != rank - 2]
        mean, variance = distribute.moments(x, axes, keepdims=True)
        rows = self._create_broadcast_shape(input_shape)
        gamma, beta = (
            ops.cast(ops.reshape(weight, rows), x.dtype)
            for weight in (self.gamma, self.beta)
        )
        gain = ops.rsqrt(variance + self.epsilon) * gamma
        return ops.cast(x * gain + (beta - mean * gain), grouped.dtype)


def batch_norm(**options):
    """Makes batch normalisation with statistics that span replicas, momentum 0.9."""
    return BatchNorm(**{"momentum": 0.9, "epsilon": EPSILON, **options})


def layer_norm():
    """Normalises each sample over all its axes; gain and bias by channel.

    Ba et al. 2016, arXiv 1607.06450, as used in critics with a gradient penalty.
    """
    return GroupNorm(groups=1, epsilon=EPSILON)


def instance_norm():
    """Normalises each channel of each sample over its positions (Ulyanov et al. 2016).

    arXiv 1607.08022. A channel needs at least two positions: a single position is
    its own mean, and becomes 0.
    """
    return GroupNorm(groups=-1, epsilon=EPSILON)


@keras.saving.register_keras_serializable("ganzoo")
class ConditionalBatchNorm(keras.layers.Layer):
    """`batch_norm` with gain and bias that depend on a code (Dumoulin et al. 2017).

    arXiv 1610.07629. Called on [x (N, ..., C), code (N, k)]. The gain is
    1 + code @ gain, the bias code @ shift, both tables (k, C) from zero: with a
    one-hot code each label has its own gain and bias; with zeros (no label) the
    normalisation is plain.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norm = batch_norm(center=False, scale=False, dtype=self.dtype_policy)

    def build(self, input_shape):
        shape, code = input_shape
        self.norm.build(shape)
        self.gain = self.add_weight((code[-1], shape[-1]), "zeros", name="gain")
        self.shift = self.add_weight((code[-1], shape[-1]), "zeros", name="shift")

    def call(self, inputs, training=False):
        x, code = inputs
        rows = (-1, *(1 for _ in x.shape[1:-1]), x.shape[-1])
        gain = ops.reshape(1 + ops.matmul(code, self.gain), rows)
        shift = ops.reshape(ops.matmul(code, self.shift), rows)
        return self.norm(x, training=training) * gain + shift

    def compute_output_shape(self, input_shape):
        return input_shape[0]
