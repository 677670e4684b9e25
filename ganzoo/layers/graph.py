"""Convolution on graphs whose edges are of several kinds."""

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("ganzoo")
class GraphConvolution(keras.layers.Layer):
    """Relational graph convolution (Schlichtkrull et al. 2018, arXiv 1703.06103).

    Input features (N, n, f) of the nodes and edges (N, n (n - 1) / 2, k), the weight of
    each kind for the pairs (0, 1), (0, 2), ... Output (N, n, units): for node i the sum
    over kinds and nodes j of a_kij (W_k h_j + b_k), plus W_0 h_i + b_0. As in MolGAN's
    code, and not in its paper, a node's sum is not divided by the number of its
    neighbours.

    Args:
        units: number of output features.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        (_, nodes, features), (*_, kinds) = input_shape
        self.kernel = self.add_weight(
            (features, (kinds + 1) * self.units), "glorot_uniform", name="kernel"
        )
        self.bias = self.add_weight(((kinds + 1) * self.units,), "zeros", name="bias")
        self.pairs = _both_ways(nodes)

    def call(self, inputs):
        hidden, edges = inputs
        _, nodes, _ = hidden.shape
        weights = tf.transpose(edges, (0, 2, 1))  # (N, k, pairs)
        weights = tf.tensordot(weights, tf.cast(self.pairs, edges.dtype), 1)
        weights = tf.reshape(weights, (-1, edges.shape[-1], nodes, nodes))
        messages = tf.tensordot(hidden, self.kernel, 1) + self.bias
        messages = tf.reshape(messages, (-1, nodes, edges.shape[-1] + 1, self.units))
        sums = tf.einsum("nkij,njku->niu", weights, messages[:, :, 1:])
        return sums + messages[:, :, 0]

    def compute_output_shape(self, input_shape):
        hidden, _ = input_shape
        return (*hidden[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def _both_ways(nodes):
    """Matrix (pairs, nodes^2) that puts each pair at (i, j) and (j, i)."""
    first, second = np.triu_indices(nodes, 1)
    matrix = np.zeros((len(first), nodes, nodes), np.float32)
    rows = np.arange(len(first))
    matrix[rows, first, second] = matrix[rows, second, first] = 1
    return matrix.reshape(len(first), -1)
