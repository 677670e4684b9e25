"""A restricted Boltzmann machine as a layer."""

import itertools
import math

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from ganzoo import distribute
from ganzoo.networks import inputs
from ganzoo.utils.options import check_whole


@keras.saving.register_keras_serializable("ganzoo")
class Boltzmann(layers.Layer):
    """Values v (N, d) in {0, 1} with h hidden units; `call` returns F(v), (N,).

    The energy of (v, h) is -a v - b h - v W h.

    Args:
        hidden: number of hidden units.
    """

    def __init__(self, hidden, **kwargs):
        super().__init__(**kwargs)
        self.hidden = hidden

    def build(self, input_shape):
        values = input_shape[-1]
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.kernel = self.add_weight((values, self.hidden), small, name="kernel")
        self.visible_bias = self.add_weight((values,), "zeros", name="visible_bias")
        self.hidden_bias = self.add_weight((self.hidden,), "zeros", name="hidden_bias")

    def start(self, values):
        """Sets the biases a to the log odds of values (N, d), as if two more were seen.

        Hinton 2010, A Practical Guide to Training RBMs, section 8. From 0, the hidden
        units learn to hold the values down, and a chain that begins where they are off
        stays in noise.
        """
        values = tf.reshape(values, (len(values), -1))
        mean = (tf.reduce_sum(values, axis=0) + 1) / (len(values) + 2)
        self.visible_bias.assign(tf.math.log(mean / (1 - mean)))

    def call(self, values):
        return self.free_energy(values)

    def free_energy(self, values, beta=1.0):
        """F(v) of values (N, d): -log of the sum over h of exp(-energy).

        With W and b scaled by beta it interpolates from the biases a alone to F.
        """
        field = self.hidden_bias + values @ tf.convert_to_tensor(self.kernel)
        softplus = tf.reduce_sum(tf.nn.softplus(beta * field), axis=1)
        return -tf.linalg.matvec(values, self.visible_bias) - softplus

    def chain(self, values, count, seed, draw, beta=1.0):
        """Values (N, d) after `count` Gibbs steps: h from v, then v from h.

        Args:
            values: where the chains start.
            count: number of steps.
            seed: seed of the draws.
            draw: (shape, seed, dtype=) -> uniform numbers.
            beta: see `free_energy`.
        """
        rows = distribute.local_count(values)
        kernel = beta * tf.convert_to_tensor(self.kernel)
        hidden_bias = beta * tf.convert_to_tensor(self.hidden_bias)

        def units(logits, seed):
            uniform = draw((rows, logits.shape[1]), seed, dtype=logits.dtype)
            return tf.cast(uniform < tf.sigmoid(logits), logits.dtype)

        def step(i, v):
            own = distribute.fold(seed, i)
            h = units(v @ kernel + hidden_bias, distribute.fold(own, 0))
            back = tf.linalg.matmul(h, kernel, transpose_b=True)
            return i + 1, units(back + self.visible_bias, distribute.fold(own, 1))

        # The gradient of the chain is not wanted: its values are thresholds.
        start = tf.stop_gradient(values)
        _, end = tf.while_loop(
            lambda i, _: i < count, step, (0, start), maximum_iterations=count
        )
        return tf.stop_gradient(end)

    def log_partition(self) -> float:
        """log Z, by a sum over all states of the hidden units."""
        states = np.array(list(itertools.product((0.0, 1.0), repeat=self.hidden)))
        a, b, w = (
            x.numpy().astype("float64")
            for x in (self.visible_bias, self.hidden_bias, self.kernel)
        )
        nats = states @ b + np.logaddexp(0, states @ w.T + a).sum(axis=1)
        return float(np.logaddexp.reduce(nats))

    def annealed_log_partition(self, betas, chains, seed) -> float:
        """Estimates log Z by annealed importance sampling, see `RBM.log_partition`."""
        bias = tf.convert_to_tensor(self.visible_bias)
        draw = tf.random.stateless_uniform
        shape = (chains, bias.shape[0])
        uniform = draw(shape, distribute.fold(seed, 0), dtype=bias.dtype)
        values = tf.cast(uniform < tf.sigmoid(bias), bias.dtype)
        total = np.zeros(chains)
        steps = np.linspace(0, 1, betas + 1).tolist()
        for i, (cold, warm) in enumerate(itertools.pairwise(steps), start=1):
            change = self.free_energy(values, cold) - self.free_energy(values, warm)
            total += change.numpy()
            values = self.chain(values, 1, distribute.fold(seed, i), draw, beta=warm)
        first = self.hidden * math.log(2) + float(tf.reduce_sum(tf.nn.softplus(bias)))
        return first + float(np.logaddexp.reduce(total)) - math.log(chains)

    def get_config(self):
        return {**super().get_config(), "hidden": self.hidden}


def network(image_shape, *, hidden=500):
    """Network from sample (N, *image_shape) in {0, 1} to its free energy (N,).

    Args:
        image_shape: (H, W, C), (D, H, W, C), or (d,).
        hidden: number of hidden units.
    """
    shape = inputs.check_image_shape(image_shape, ranks=(1, 3, 4))
    check_whole(1, hidden=hidden)
    sample = keras.Input(shape, name="sample")
    flat = layers.Reshape((math.prod(shape),))(sample)
    # Sums of many terms: never in half precision.
    dtype = keras.config.dtype_policy().variable_dtype
    out = Boltzmann(hidden, dtype=dtype, name="machine")(flat)
    return keras.Model({"sample": sample}, out, name="generator")


def of(network) -> Boltzmann:
    """The machine of a network of `network`."""
    return network.get_layer("machine")
