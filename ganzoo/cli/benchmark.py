"""Speed of training and sampling, compared with the machine's own matmul peak."""

import math
import time

import numpy as np
import tensorflow as tf
from keras.callbacks import Callback

from ganzoo.data.pipeline import batches
from ganzoo.models.flops import flops
from ganzoo.models.from_noise import LatentModel
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import build

CALL = 10  # steps per call of the train function
TURNS = 5  # alternations of `fit` and the bare loop


def run(name, batch_size=128, dtype="float32", options=None, seconds=8.0) -> dict:
    """Measures and prints the speed of a variant's train step and sampling.

    Args:
        name: a variant.
        batch_size: real samples per D step.
        dtype: see `build`.
        options: options of the variant.
        seconds: minimum duration of the bare loop, and of `fit`.

    Returns:
        By name: ms/step (medians for `fit` and for a bare loop of the same step), the
        start-up time of `fit` in seconds, images/s, samples/s, GFLOP/step, GFLOP/s, the
        matmul peak in GFLOP/s, and the ratio of the two. A model of sources has no
        samples/s.

    Raises:
        ValueError: an unknown variant, a batch below 1, or no positive duration.
    """
    check_whole(1, batch_size=batch_size)
    if not 0 < seconds < math.inf:
        raise ValueError(f"`seconds` must be a positive number. Received: {seconds}.")
    model = build(name, dtype=dtype, **(options or {}))
    arrays = model.batch_spec.random(4 * batch_size, np.random.default_rng(0))
    fit, bare, start = _time_training(model, arrays, batch_size, seconds)
    operations = flops_of_step(model, arrays, batch_size)
    peak = _matmul_peak(dtype)
    images = batch_size * max(1, model.d_steps)
    result = {
        "ms_per_step": 1e3 * fit,
        "bare_ms_per_step": 1e3 * bare,
        "fit_start_seconds": start,
        "images_per_second": images / fit,
        "gflop_per_step": operations / 1e9,
        "gflops": operations / fit / 1e9,
        "peak_gflops": peak / 1e9,
        "share_of_peak": operations / fit / peak,
    }
    if isinstance(model, LatentModel):
        result["samples_per_second"] = _time_samples(model, seconds / 4)
    for key, value in result.items():
        print(f"{key:>20} {value:.4g}")
    print(f"{name} {dtype} batch {batch_size}: {images / fit:.0f} img/s")
    return result


def _time_training(model, arrays, batch_size, seconds):
    """Measures median seconds per step for `fit` and for a bare compiled loop.

    The two alternate, so that other load on the machine affects both. The third value
    is the start-up time of `fit`, which the median leaves out.
    """
    size = batch_size * max(1, model.d_steps)
    iterator = iter(batches(arrays, size, seed=0))

    @tf.function
    def loop(iterator):
        for _ in tf.range(CALL):
            model.train_step(next(iterator))

    def fit(calls):
        watch = _Stopwatch()
        model.fit(
            arrays,
            batch_size=batch_size,
            steps_per_epoch=CALL * calls,
            steps_per_call=CALL,
            callbacks=[watch],
            verbose=0,
        )
        return np.diff(watch.times)

    def bare(calls):
        times = [time.perf_counter()]
        for _ in range(calls):
            loop(iterator)
            times.append(time.perf_counter())
        return np.diff(times)

    fit(2)  # traces the functions
    bare(2)
    begin = time.perf_counter()
    fit(1)
    start = time.perf_counter() - begin
    calls = max(3, math.ceil(seconds / TURNS / bare(2).min()))
    turns = [(fit(calls + 1), bare(calls)) for _ in range(TURNS)]
    medians = [
        np.median(np.concatenate(times)) / CALL for times in zip(*turns, strict=True)
    ]
    return *medians, start - CALL * medians[0]


class _Stopwatch(Callback):
    """Times the end of each call of the train function."""

    def on_train_begin(self, logs=None):
        self.times = []

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.perf_counter())


def _time_samples(model, seconds):
    model.sample(1024)
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        model.sample(1024)
        count += 1024
    return count / (time.perf_counter() - begin)


def flops_of_step(model, arrays, batch_size) -> int:
    """Counts the operations of a train step, with `batch_size` samples per D step."""
    size = batch_size * max(1, model.d_steps)
    return flops(model.train_step, next(iter(batches(arrays, size, seed=0))))


def _matmul_peak(dtype):
    """Measures the FLOP/s of the fastest of a few square matmuls."""
    kind = "bfloat16" if dtype == "mixed_bfloat16" else dtype
    n = 2048
    a = tf.cast(tf.random.normal((n, n)), kind)
    product = tf.function(lambda a: tf.linalg.matmul(a, a))
    times = []
    for _ in range(8):
        begin = time.perf_counter()
        product(a).numpy()
        times.append(time.perf_counter() - begin)
    return 2 * n**3 / min(times)
