"""The few layers that Keras lacks, or has in a form that replicas break."""

import keras
import tensorflow as tf
from keras import ops

from ganzoo import distribute


def batch_norm(**options):
    """Batch normalisation whose statistics span the replicas, momentum 0.9."""
    options = {"momentum": 0.9, "epsilon": 1e-5, **options}
    synchronized = distribute.replica_count() > 1
    return keras.layers.BatchNormalization(synchronized=synchronized, **options)


@keras.saving.register_keras_serializable("ganzoo")
class Dropout(keras.layers.Layer):
    """Inverted dropout with another mask on each replica (Keras' own are alike).

    The mask compares 16 random bits with the rate, half the random numbers that
    a float comparison draws: the rate is exact to 1/65,536, and what is kept is
    scaled by exactly that.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        # At 16 bits, a rate nearer to 1 would drop everything.
        if not 0 <= rate <= 0.99:
            raise ValueError(f"`rate` must be from 0 to 0.99. Received: {rate}.")
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=False):
        threshold = round(self.rate * 65536)
        if not training or threshold == 0:
            return inputs
        bits = _random_bits(ops.shape(inputs), _replica_seed(self.seed_generator))
        scale = tf.cast(65536 / (65536 - threshold), inputs.dtype)
        return tf.where(bits >= threshold, inputs * scale, tf.zeros((), inputs.dtype))

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable("ganzoo")
class GaussianNoise(keras.layers.Layer):
    """Adds N(0, stddev) in training, other noise on each replica."""

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not stddev >= 0:
            raise ValueError(f"`stddev` must be 0 or more. Received: {stddev}.")
        self.stddev = stddev
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training or self.stddev == 0:
            return inputs
        noise = tf.random.stateless_normal(
            ops.shape(inputs), _replica_seed(self.seed_generator), dtype=inputs.dtype
        )
        return inputs + self.stddev * noise

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


@keras.saving.register_keras_serializable("ganzoo")
class Maxout(keras.layers.Layer):
    """The largest of `pieces` linear maps (Goodfellow et al. 2013, arXiv 1302.4389).

    Input (N, d), output (N, units).
    """

    def __init__(self, units, pieces, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.pieces = pieces
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dense = keras.layers.Dense(
            units * pieces, kernel_initializer=kernel_initializer
        )

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
class WeightNormDense(keras.layers.Layer):
    """Dense layer with weight normalisation (Salimans and Kingma 2016, 1602.07868).

    The kernel is v * scale / ||v||, the norm taken over each output's column.

    Args:
        units: length of the output.
        train_scale: whether `scale` is trained, or kept as it was initialised.
        kernel_initializer: of v.
    """

    def __init__(
        self,
        units,
        train_scale=True,
        kernel_initializer="random_normal",
        **kwargs,
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
        norm = ops.sqrt(ops.sum(ops.square(self.kernel), axis=0))
        kernel = self.kernel * (self.scale / norm)
        return ops.matmul(inputs, kernel) + self.bias

    def initialize(self, inputs):
        """Sets scale and bias so that `inputs` give outputs of mean 0, variance 1."""
        outputs = ops.cast(self(inputs), self.variable_dtype)
        mean, deviation = ops.mean(outputs, axis=0), ops.std(outputs, axis=0)
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


def _random_bits(shape, seed):
    """Uniform int32 in 0..65535 of `shape`, two from each 32-bit draw."""
    count = tf.reduce_prod(shape)
    words = tf.random.stateless_uniform(
        ((count + 1) // 2,), seed, None, None, dtype=tf.uint32
    )
    halves = tf.reshape(tf.bitcast(words, tf.uint16), (-1,))
    return tf.reshape(tf.cast(halves[:count], tf.int32), shape)


def _replica_seed(generator):
    """The next seed, another one on each replica."""
    seed = tf.cast(generator.next(), tf.int64)
    return distribute.fold(seed, distribute.replica_id())
