"""A pool of past fakes (Shrivastava et al. 2017, arXiv 1612.07828, section 2.3)."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.utils.options import check_whole


@keras.saving.register_keras_serializable("ganzoo")
class Pool(keras.layers.Layer):
    """Stores past samples, and shows some of them to D instead of new ones.

    As in CycleGAN: until it is full, the pool stores every sample and returns it; then,
    with probability 1/2, a sample is swapped with one in the pool and the older one is
    returned. Every replica holds the same pool, for the global batch. The samples of
    a batch draw different places, so at most `size` of them are swapped. The step that
    fills the pool swaps none.

    Args:
        size: number of stored samples, from 1.
        shape: shape of a sample.
    """

    def __init__(self, size, shape, **kwargs):
        super().__init__(**kwargs)
        check_whole(1, size=size)
        self.size = size
        self.shape = tuple(shape)
        self.kept = self.add_weight(
            (size, *self.shape), "zeros", trainable=False, name="kept"
        )
        self.count = self.add_weight(
            (), "zeros", dtype="int32", trainable=False, name="count"
        )
        self.built = True

    def exchange(self, samples, seed):
        """Stores this replica's samples (N, ...), and returns N samples for D."""
        local = distribute.local_count(samples)
        new = distribute.global_batch(samples)
        rank = tf.range(tf.shape(new)[0])
        filling = self.count.value < self.size
        order = tf.random.experimental.stateless_shuffle(
            tf.range(self.size), distribute.fold(seed, 0)
        )
        place = tf.where(
            filling,
            self.count.value + rank,
            tf.gather(order, tf.minimum(rank, self.size - 1)),
        )
        coin = tf.random.stateless_uniform(
            tf.shape(rank), distribute.fold(seed, 1), dtype="float32"
        )
        swapped = ~filling & (rank < self.size) & (coin < 0.5)
        stored = swapped | (filling & (place < self.size))
        old = tf.gather(self.kept.value, tf.minimum(place, self.size - 1))
        rows = tf.boolean_mask(place, stored)[:, None]
        values = tf.boolean_mask(new, stored)
        chosen = tf.reshape(swapped, (-1, *(1 for _ in self.shape)))
        answer = tf.where(chosen, old, new)
        self.kept.assign(tf.tensor_scatter_nd_update(self.kept.value, rows, values))
        self.count.assign(tf.minimum(self.count.value + tf.shape(rank)[0], self.size))
        return distribute.own_share(answer, local)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "shape": self.shape}
