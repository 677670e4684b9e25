"""Noise that differs between replicas."""

import keras
import tensorflow as tf
from keras import ops

from ganzoo import distribute


@keras.saving.register_keras_serializable("ganzoo")
class Dropout(keras.layers.Layer):
    """Inverted dropout with its own mask on each replica (Keras' masks are equal).

    The mask compares 16 random bits with the rate, which takes half as many random
    numbers as a float comparison. The rate is exact to 1/65,536, and kept values are
    scaled by exactly that rate.

    Args:
        rate: share of dropped values, from 0 to 0.99.
        seed: seed of the masks.
        always: if True, inference drops too: noise that is part of a generator.
    """

    def __init__(self, rate, seed=None, always=False, **kwargs):
        super().__init__(**kwargs)
        self.always = always
        # At 16 bits, a rate nearer to 1 would drop everything.
        if not 0 <= rate <= 0.99:
            raise ValueError(f"`rate` must be from 0 to 0.99. Received: {rate}.")
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=False):
        threshold = round(self.rate * 65536)
        if not (training or self.always) or threshold == 0:
            return inputs
        bits = _random_bits(ops.shape(inputs), _replica_seed(self.seed_generator))
        scale = tf.cast(65536 / (65536 - threshold), inputs.dtype)
        return tf.where(bits >= threshold, inputs * scale, tf.zeros((), inputs.dtype))

    def get_config(self):
        own = {"rate": self.rate, "seed": self.seed, "always": self.always}
        return {**super().get_config(), **own}

    @property
    def acts_always(self) -> bool:
        """True if inference is noisy."""
        return bool(self.always and self.rate)


@keras.saving.register_keras_serializable("ganzoo")
class GaussianNoise(keras.layers.Layer):
    """Adds N(0, stddev) in training, with different noise on each replica.

    Args:
        stddev: standard deviation of the noise, from 0.
        seed: seed of the noise.
        always: if True, inference is noisy too: noise that is part of a generator.
    """

    def __init__(self, stddev, seed=None, always=False, **kwargs):
        super().__init__(**kwargs)
        self.always = always
        if not stddev >= 0:
            raise ValueError(f"`stddev` must be 0 or more. Received: {stddev}.")
        self.stddev = stddev
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not (training or self.always) or self.stddev == 0:
            return inputs
        noise = tf.random.stateless_normal(
            ops.shape(inputs), _replica_seed(self.seed_generator), dtype=inputs.dtype
        )
        return inputs + self.stddev * noise

    def get_config(self):
        own = {"stddev": self.stddev, "seed": self.seed, "always": self.always}
        return {**super().get_config(), **own}

    @property
    def acts_always(self) -> bool:
        """True if inference is noisy."""
        return bool(self.always and self.stddev)


def _random_bits(shape, seed):
    """Draws uniform int32 in 0..65535 of `shape`, two from each 32-bit draw."""
    count = tf.reduce_prod(shape)
    words = tf.random.stateless_uniform(
        ((count + 1) // 2,), seed, None, None, dtype=tf.uint32
    )
    halves = tf.reshape(tf.bitcast(words, tf.uint16), (-1,))
    return tf.reshape(tf.cast(halves[:count], tf.int32), shape)


def _replica_seed(generator):
    """Returns the next seed, a different one on each replica."""
    seed = tf.cast(generator.next(), tf.int64)
    return distribute.fold(seed, distribute.replica_id())


def always_on(network) -> list:
    """Returns the layers of a network that are noisy in inference too."""
    layers = network._flatten_layers()
    noisy = [x for x in layers if isinstance(x, Dropout | GaussianNoise)]
    return [x for x in noisy if x.acts_always]


def noise_states(network, seed) -> list:
    """Returns seeds for noise in inference, without a change of the training state.

    Args:
        network: the network whose `always_on` layers draw.
        seed: int32 (2,).

    Returns:
        (state, value) pairs for a `keras.StatelessScope`.
    """
    states = [layer.seed_generator.state for layer in always_on(network)]
    return [
        (x, tf.cast(distribute.fold(seed, i), x.dtype)) for i, x in enumerate(states)
    ]
