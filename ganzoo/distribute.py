"""Strategies, and the few operations that must see the global batch.

A replica holds the r-th contiguous slice of the global batch. Whatever is drawn
or averaged here is the same for any number of replicas.
"""

import keras
import tensorflow as tf

from ganzoo import specs


def get_strategy(name: str = "none") -> tf.distribute.Strategy:
    """Returns the `tf.distribute` strategy called `name`.

    `none` is one device; `mirrored` uses every GPU of this machine, or every
    (virtual) CPU where there is no GPU.

    Raises:
        ValueError: `name` is not a strategy.
    """
    specs.check_known("strategy", [name], STRATEGIES)
    return STRATEGIES[name]()


def _mirrored():
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [device.name for device in tf.config.list_logical_devices(kind)]
    return tf.distribute.MirroredStrategy(devices)


STRATEGIES = {"none": tf.distribute.get_strategy, "mirrored": _mirrored}


def replica_count() -> int:
    """Number of replicas that share the global batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_id():
    """Index of this replica, 0 outside `strategy.run`."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def fold(seed, number):
    """Derives a new seed, int32 of shape (2,), from `seed` and an integer."""
    return tf.random.experimental.stateless_fold_in(seed, number)


def _own_slice(draw, shape, seed, dtype):
    """Draws for the global batch, so that the replica count changes nothing."""
    local, *rest = shape
    count = replica_count()
    everything = draw((local * count, *rest), seed, dtype=dtype)
    if count == 1:
        return everything
    start = replica_id() * local
    return everything[start : start + local]


def global_normal(shape, seed, dtype=None):
    """N(0, 1) of `shape` (local batch first): this replica's share of one draw."""
    dtype = dtype or keras.config.floatx()
    return _own_slice(tf.random.stateless_normal, shape, seed, dtype)


def global_uniform(shape, seed, dtype=None):
    """U(0, 1) of `shape` (local batch first): this replica's share of one draw."""
    dtype = dtype or keras.config.floatx()
    return _own_slice(tf.random.stateless_uniform, shape, seed, dtype)


def global_mean(value):
    """Mean of `value` over the replicas, differentiable; `value` on one replica."""
    count = replica_count()
    if count == 1:
        return value
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value) / count
