"""Strategies, and the few operations that need the global batch.

Replica r holds the r-th contiguous slice of the global batch. Draws and means of this
module are the same for any number of replicas.
"""

import functools
import hashlib
import math
import os
import sys
import threading
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

from ganzoo.utils.options import check_known, check_whole

PHILOX = tf.random.Algorithm.PHILOX.value


def get_strategy(name: str = "none", virtual_devices: int = 0):
    """Returns the `tf.distribute` strategy called `name`.

    Call it before TensorFlow computes anything if it splits the CPU or joins other
    workers.

    Args:
        name: `none`: one device. `mirrored`: the virtual devices, if there are any,
            else every GPU of this machine, or its CPU. `multi_worker`: the machines
            that TF_CONFIG or Slurm names. `tpu`: the TPU of the environment; untested.
        virtual_devices: splits the CPU into this many devices, for tests and teaching.

    Raises:
        ValueError: an unknown name, a negative number of devices, or a CPU that can no
            longer be split.
    """
    check_known("strategy", [name], STRATEGIES)
    check_whole(0, virtual_devices=virtual_devices)
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
    """Returns the strategy of the process: TensorFlow mixes up the exchanges of two."""
    gpus, cpus = map(tf.config.list_logical_devices, ("GPU", "CPU"))
    devices = gpus if gpus and len(cpus) == 1 else cpus  # several CPUs were asked for
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def _tpu():
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
    return tf.distribute.TPUStrategy(resolver)


STRATEGIES = {
    "none": tf.distribute.get_strategy,
    "mirrored": _mirrored,
    # No timeout: for each exchange, TensorFlow would keep a thread asleep for as long.
    # Its coordination service notices lost workers.
    "multi_worker": tf.distribute.MultiWorkerMirroredStrategy,
    "tpu": _tpu,
}


def threads() -> int:
    """Threads that share an operation on the CPU: they set the order of its sums."""
    chosen = tf.config.threading.get_intra_op_parallelism_threads()
    chosen = chosen or int(os.environ.get("TF_NUM_INTRAOP_THREADS", 0))
    if chosen or sys.platform != "linux":
        return chosen or os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def same_everywhere(strategy, text: str) -> bool:
    """Tells if every worker of the strategy calls this with the same text."""
    own = float(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16))
    value = strategy.run(lambda: tf.constant(own, tf.float64))
    mean = strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
    return abs(float(mean) - own) < 0.5


class Halt:
    """A request to stop between two steps, on which all workers agree."""

    def __init__(self):
        self.agreed = False  # after each call of the train function
        with tf.device("CPU:0"):
            self._flag = tf.Variable(0.0)

    def ask(self) -> None:
        """Asks this worker, and so all, to stop; from any thread."""
        self._flag.assign(1.0)

    def anywhere(self, strategy) -> tf.Tensor:
        """True in every worker once one of them has a request."""
        flags = strategy.run(self._flag.read_value)
        return strategy.reduce(tf.distribute.ReduceOp.SUM, flags, axis=None) > 0


def shares_of(strategy, variable) -> np.ndarray:
    """Returns what each replica holds of a metric's variable, (replicas, ...).

    With several workers, all must call this together.
    """
    shares = strategy.run(lambda: tf.convert_to_tensor(variable.value)[None])
    return strategy.gather(shares, axis=0).numpy()


def set_shares(strategy, variable, shares: np.ndarray) -> None:
    """The inverse of `shares_of`; for another number of replicas, the first has all."""
    count = strategy.num_replicas_in_sync
    if len(shares) != count:
        total = shares.sum(0, keepdims=True)
        shares = np.concatenate([total, np.zeros((count - 1, *total.shape[1:]))])
    rows = tf.constant(shares, variable.dtype)

    def assign():
        own = tf.distribute.get_replica_context().replica_id_in_sync_group
        variable.assign(rows[own])

    strategy.run(assign)


class _Sight(threading.local):
    whole = False  # set while this replica, a thread, has the whole batch


_sight = _Sight()


@contextmanager
def whole_batch():
    """Context in which this replica has the whole batch and counts as the only one."""
    _sight.whole = True
    try:
        yield
    finally:
        _sight.whole = False


def replica_count() -> int:
    """Returns the number of replicas that share the global batch."""
    return 1 if _sight.whole else tf.distribute.get_strategy().num_replicas_in_sync


def replica_id():
    """Returns the index of this replica among them, 0 outside `strategy.run`."""
    context = _among_replicas()
    return 0 if context is None else context.replica_id_in_sync_group


def fold(seed, number):
    """Derives a new seed, int32 of shape (2,), from `seed` and an integer."""
    return tf.random.experimental.stateless_fold_in(seed, number)


def global_normal(shape, seed, dtype=None):
    """N(0, 1) of `shape` (local batch first): this replica's share of one draw."""
    return _own_floats(tf.raw_ops.StatelessRandomNormalV2, shape, seed, dtype)


def global_uniform(shape, seed, dtype=None):
    """U(0, 1) of `shape` (local batch first): this replica's share of one draw."""
    return _own_floats(tf.raw_ops.StatelessRandomUniformV2, shape, seed, dtype)


def global_bits(shape, seed):
    """Uniform int32 in 0..65535: this replica's share of one draw.

    Each 32-bit random number gives two.
    """

    def draw(count, **place):
        words = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[(count + 1) // 2], alg=PHILOX, dtype=tf.uint32, **place
        )
        return tf.reshape(tf.bitcast(words, tf.uint16), (-1,))

    return tf.cast(_own_share(draw, shape, seed, bits=16), tf.int32)


def _own_floats(op, shape, seed, dtype):
    dtype = tf.as_dtype(dtype or keras.config.floatx())

    def draw(count, **place):
        return op(shape=[count], alg=PHILOX, dtype=dtype, **place)

    return _own_share(draw, shape, seed, bits=max(32, 8 * dtype.size))


def _own_share(draw, shape, seed, bits):
    """This replica's share of a draw for the global batch, at the cost of the share.

    Philox makes a block of 128 bits for each value of its counter, in order, so a
    replica sets the counter to the block in which its share begins.

    Args:
        draw: `(count, key, counter)` -> a vector of at least `count` numbers.
        shape: shape of the share.
        seed: int (2,), the same on all replicas.
        bits: random bits in a number.
    """
    per_block = 128 // bits
    size = math.prod(shape)
    start = replica_id() * size
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    counter += tf.cast(tf.stack([start // per_block, 0]), counter.dtype)
    before = start % per_block  # numbers of the first block that belong to another
    numbers = draw(before + size, key=key, counter=counter)
    return tf.reshape(numbers[before : before + size], shape)


def local_count(samples):
    """Returns the number of samples (N, ...) of this replica: an int where known."""
    return samples.shape[0] or tf.shape(samples)[0]


def global_mean(value):
    """Returns the mean of `value` over the replicas; differentiable."""
    context = _among_replicas()
    if context is None:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value) / replica_count()


def moments(value, axes, keepdims=False):
    """Returns mean and variance over `axes`; differentiable any number of times.

    In the variance, `tf.nn.moments`, and so Keras' layers, treat the mean as constant.
    The first derivative is still right, but the second is wrong. Gradient penalties and
    players that look ahead need it.
    """
    mean = tf.reduce_mean(value, axes, keepdims=True)
    variance = tf.reduce_mean(tf.square(value - mean), axes, keepdims)
    return mean if keepdims else tf.squeeze(mean, axes), variance


def global_moments(value, axes):
    """Returns the `moments` over `axes` of the global batch.

    With several replicas, it takes one exchange, which leaves less precision to a
    variance far below the squared mean.
    """
    if replica_count() == 1:
        return moments(value, axes)
    here = [tf.reduce_mean(value, axes), tf.reduce_mean(tf.square(value), axes)]
    mean, square = tf.unstack(global_mean(tf.stack(here)))
    return mean, tf.maximum(square - mean**2, 0)


def global_batch(value):
    """Returns the global batch, in order; `value` (N, ...) is this replica's share.

    Differentiable any number of times, which TensorFlow's own `all_gather` is not: the
    gradient of a share is the sum of the gradients on all replicas. With one replica it
    returns `value`.
    """
    context = _among_replicas()
    if context is None:
        return value
    local = tf.shape(value)[0]

    @tf.custom_gradient
    def gather(value):
        def back(upstream):
            total = context.all_reduce(tf.distribute.ReduceOp.SUM, upstream)
            return own_share(total, local)

        return context.all_gather(value, axis=0), back

    return tf.ensure_shape(gather(value), (None, *value.shape[1:]))


def own_share(value, local):
    """Returns this replica's `local` rows of a global batch: undoes `global_batch`."""
    if replica_count() == 1:
        return value
    start = replica_id() * local
    return value[start : start + local]


def _among_replicas():
    """Returns the context of this replica among others; None if the batch is whole."""
    return tf.distribute.get_replica_context() if replica_count() > 1 else None
