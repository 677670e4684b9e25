"""Noise that is the same for any number of replicas."""

import itertools
import threading
from contextlib import contextmanager

import keras
import tensorflow as tf
from keras import ops

from ganzoo import distribute


class _Source(threading.local):
    seeds = None  # of this replica, a thread


_source = _Source()


@contextmanager
def noise_from(seed):
    """Context in which the n-th draw of a noise layer is a function of (seed, n).

    No state of a layer changes. Outside, each layer draws from a generator of its own.

    Args:
        seed: int32 (2,), the same on all replicas.
    """
    before = _source.seeds
    _source.seeds = (distribute.fold(seed, n) for n in itertools.count())
    try:
        yield
    finally:
        _source.seeds = before


class Noisy(keras.layers.Layer):
    """A layer with draws of its own."""

    @property
    def acts_always(self) -> bool:
        """True if inference is noisy."""
        raise NotImplementedError


@keras.saving.register_keras_serializable("ganzoo")
class Dropout(Noisy):
    """Inverted dropout; replicas hold shares of one mask (Keras' masks are equal).

    The mask compares 16 random bits with the rate, which takes half as many random
    numbers as a float comparison. The rate is exact to 1/65,536, and kept values are
    scaled by exactly that rate.

    Args:
        rate: share of dropped values, from 0 to 0.99.
        seed: seed of the masks outside `noise_from`.
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
        bits = distribute.global_bits(ops.shape(inputs), next_seed(self))
        scale = tf.cast(65536 / (65536 - threshold), inputs.dtype)
        return tf.where(bits >= threshold, inputs * scale, tf.zeros((), inputs.dtype))

    def get_config(self):
        own = {"rate": self.rate, "seed": self.seed, "always": self.always}
        return {**super().get_config(), **own}

    @property
    def acts_always(self):
        return bool(self.always and self.rate)


@keras.saving.register_keras_serializable("ganzoo")
class GaussianNoise(Noisy):
    """Adds N(0, stddev) in training; replicas hold shares of one noise.

    Args:
        stddev: standard deviation of the noise, from 0.
        seed: seed of the noise outside `noise_from`.
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
        noise = distribute.global_normal(
            ops.shape(inputs), next_seed(self), inputs.dtype
        )
        return inputs + self.stddev * noise

    def get_config(self):
        own = {"stddev": self.stddev, "seed": self.seed, "always": self.always}
        return {**super().get_config(), **own}

    @property
    def acts_always(self):
        return bool(self.always and self.stddev)


def next_seed(layer):
    """The seed of a layer's next draw."""
    own = layer.seed_generator
    seed = own.next() if _source.seeds is None else next(_source.seeds)
    return distribute.fold(tf.cast(seed, tf.int64), 0)  # 0: as 0.1.0 on one device


def always_on(network) -> list:
    """Returns the layers of a network that are noisy in inference too."""
    layers = network._flatten_layers()
    return [x for x in layers if isinstance(x, Noisy) and x.acts_always]
