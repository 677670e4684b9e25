"""Strategies, and the few operations that must see the global batch.

A replica holds the r-th contiguous slice of the global batch. Whatever is drawn
or averaged here is the same for any number of replicas.
"""

import functools
import hashlib
import threading
from contextlib import contextmanager

import keras
import tensorflow as tf

from ganzoo.utils.options import check_known


def get_strategy(name: str = "none", virtual_devices: int = 0):
    """Returns the `tf.distribute` strategy called `name`.

    Must be called before TensorFlow computes anything, where it splits the CPU or
    joins other workers.

    Args:
        name: `none`: one device. `mirrored`: every GPU of this machine, or every
            (virtual) CPU where there is no GPU. `multi_worker`: the machines that
            TF_CONFIG, or Slurm, names. `tpu`: the TPU of the environment; untested.
        virtual_devices: split the CPU into this many devices, for tests and teaching.

    Raises:
        ValueError: an unknown name; or the CPU cannot be split any more.
    """
    check_known("strategy", [name], STRATEGIES)
    if virtual_devices:
        _split_cpu(virtual_devices)
    return STRATEGIES[name]()


def _split_cpu(count):
    cpu = tf.config.list_physical_devices("CPU")[0]
    devices = [tf.config.LogicalDeviceConfiguration()] * count
    try:
        tf.config.set_logical_device_configuration(cpu, devices)
    except RuntimeError as error:
        if len(tf.config.list_logical_devices("CPU")) != count:
            raise ValueError(
                "The CPU can be split once, before TensorFlow computes anything. "
                f"Received: virtual_devices={count}, with "
                f"{len(tf.config.list_logical_devices('CPU'))} there already."
            ) from error


@functools.cache
def _mirrored():
    """One for the process: TensorFlow mixes up the exchanges of two."""
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [device.name for device in tf.config.list_logical_devices(kind)]
    return tf.distribute.MirroredStrategy(devices)


def _tpu():
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
    return tf.distribute.TPUStrategy(resolver)


STRATEGIES = {
    "none": tf.distribute.get_strategy,
    "mirrored": _mirrored,
    # Without a timeout: TensorFlow would keep a sleeping thread for each exchange of so
    # many seconds. Its coordination service notices a worker that was lost.
    "multi_worker": tf.distribute.MultiWorkerMirroredStrategy,
    "tpu": _tpu,
}


def same_everywhere(strategy, text: str) -> bool:
    """Whether every worker of the strategy calls this with the same text."""
    own = float(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16))
    value = strategy.run(lambda: tf.constant(own, tf.float64))
    mean = strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
    return abs(float(mean) - own) < 0.5


class _Sight(threading.local):
    whole = False  # whether this replica, a thread, has the whole batch


_sight = _Sight()


@contextmanager
def whole_batch():
    """Within it this replica has the whole batch: it counts as the only one."""
    _sight.whole = True
    try:
        yield
    finally:
        _sight.whole = False


def replica_count() -> int:
    """Number of replicas that share the global batch."""
    return 1 if _sight.whole else tf.distribute.get_strategy().num_replicas_in_sync


def replica_id():
    """Index of this replica among them, 0 outside `strategy.run`."""
    context = _among_replicas()
    return 0 if context is None else context.replica_id_in_sync_group


def fold(seed, number):
    """Derives a new seed, int32 of shape (2,), from `seed` and an integer."""
    return tf.random.experimental.stateless_fold_in(seed, number)


def _own_slice(draw, shape, seed, dtype):
    """Draws for the global batch, so that the replica count changes nothing."""
    local, *rest = shape
    count = replica_count()
    return own_share(draw((local * count, *rest), seed, dtype=dtype), local)


def global_normal(shape, seed, dtype=None):
    """N(0, 1) of `shape` (local batch first): this replica's share of one draw."""
    dtype = dtype or keras.config.floatx()
    return _own_slice(tf.random.stateless_normal, shape, seed, dtype)


def global_uniform(shape, seed, dtype=None):
    """U(0, 1) of `shape` (local batch first): this replica's share of one draw."""
    dtype = dtype or keras.config.floatx()
    return _own_slice(tf.random.stateless_uniform, shape, seed, dtype)


def global_mean(value):
    """Mean of `value` over the replicas, differentiable; `value` where there is one."""
    context = _among_replicas()
    if context is None:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value) / replica_count()


def global_batch(value):
    """The global batch of which `value` (N, ...) is this replica's share, in order.

    Differentiable: the gradient of a share is the sum of what all replicas ask of it.
    `value` where there is one replica.
    """
    context = _among_replicas()
    if context is None:
        return value
    gathered = context.all_gather(value, axis=0)
    return tf.ensure_shape(gathered, (None, *value.shape[1:]))


def own_share(value, local):
    """This replica's `local` rows of what all replicas hold: undoes `global_batch`."""
    if replica_count() == 1:
        return value
    start = replica_id() * local
    return value[start : start + local]


def _among_replicas():
    """The context of this replica among others; None where the batch is whole."""
    return tf.distribute.get_replica_context() if replica_count() > 1 else None
