"""`train` and `load`: an experiment becomes a run directory, and a model again."""

import json
import math
import signal
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data import load_data
from ganzoo.data.jitter import Jitter
from ganzoo.data.splits import load_parts
from ganzoo.evaluation.scorer import SELECTION, scorer_for
from ganzoo.models.warm_start import load_generators
from ganzoo.runs import checkpoint
from ganzoo.runs.directory import (
    CHECKPOINTS,
    Terminated,
    check_same,
    claim,
    code_version,
    forget_config,
    read_config,
    write_config,
    write_environment,
)
from ganzoo.runs.experiment import Experiment, completed, to_dict
from ganzoo.runs.load import load
from ganzoo.runs.resolve import data_settings, effective_options
from ganzoo.training import cluster
from ganzoo.training.callbacks import best_checkpoint
from ganzoo.training.callbacks.checkpoint import Checkpoint
from ganzoo.training.callbacks.health import HealthMonitor
from ganzoo.training.callbacks.log import RunLog
from ganzoo.training.callbacks.progress import Progress
from ganzoo.training.callbacks.samples import SampleGrid
from ganzoo.variants._registry import build

STEPS_PER_CALL = 20


def train(experiment: Experiment, workdir, progress: bool = True):
    """Trains an experiment in a run directory, or goes on with it.

    A directory that holds this experiment already is resumed, bit for bit; a larger
    `steps` goes on. Ctrl-C and SIGTERM save before it ends. Under `multi_worker` every
    worker calls this with the same arguments; the chief, worker 0, writes the files.

    Args:
        experiment: what to train.
        workdir: the run directory; see README for what it holds.
        progress: whether to show a progress bar.

    Returns:
        The trained model.

    Raises:
        ValueError: settings that do not fit, or a directory that is not this run's.
        OSError: the disk is full; older checkpoints are intact.
        TrainingDiverged: a term is no longer finite; the last checkpoint is kept.
        RuntimeError: another worker was lost; start them again to go on.
        KeyboardInterrupt: after saving (SIGTERM: its subclass `Terminated`).
    """
    workers = cluster.from_environment() if _on_workers(experiment) else None
    writes = workers is None or workers.is_chief
    with claim(workdir) if writes else nullcontext(Path(workdir)) as path:
        before = read_config(path)
        now = to_dict(experiment)
        if before:
            check_same(completed(before["experiment"]), now, path)
        if workers:
            cluster.meet(workers, _fingerprint(now, path))
        strategy = distribute.get_strategy(
            experiment.strategy, experiment.virtual_devices
        )
        data = _load_data(experiment)
        options = effective_options(experiment, data)
        described = _describe(data)
        _check_data(before, described, strategy, path)
        if before:
            _check_options(before["build"]["options"], options, path)
        with strategy.scope():
            keras.utils.set_random_seed(experiment.seed)
            model = build(experiment.model, dtype=experiment.dtype, **options)
        directory = path / CHECKPOINTS
        done = checkpoint.restore(model, directory)
        if experiment.init_from and not done:
            with strategy.scope():
                load_generators(model, load(experiment.init_from))
        if done > experiment.steps:
            raise ValueError(
                f"The run in {path} is at step {done} already; `steps` must be at "
                f"least that. Received: {experiment.steps}."
            )
        made = {
            "name": experiment.model,
            "dtype": experiment.dtype,
            "options": options,
        }
        if writes:
            write_config(path, {"experiment": now, "build": made, "data": described})
            devices = [device.name for device in tf.config.list_logical_devices()]
            write_environment(path, devices)
        try:
            watchers = _watchers(experiment, model, data, path, writes, progress)
            with _sigterm_interrupts():
                _fit(model, experiment, data, watchers)
        except KeyboardInterrupt:
            checkpoint.save(model, directory, write=writes)
            raise
        except tf.errors.OpError as error:
            if workers is None:
                raise
            raise RuntimeError(
                f"Worker {workers.index} lost the others after step {model.step}. "
                "Start all workers again: the run goes on from its last checkpoint. "
                f"({type(error).__name__})"
            ) from error
        except ValueError:
            if writes and model.step == 0:
                forget_config(path)
            raise
        checkpoint.save(model, directory, write=writes)
        return model


@contextmanager
def _sigterm_interrupts():
    """Lets SIGTERM save as Ctrl-C does; in the main thread, where signals arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number, frame):
        raise Terminated

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _on_workers(experiment):
    return experiment.strategy == "multi_worker"


def _fingerprint(now, path):
    """What all workers must agree on before they start."""
    return {
        **{
            name: json.dumps(value) for name, value in now.items() if name != "data_dir"
        },
        "version of ganzoo": code_version(),
        "newest checkpoint (a shared --workdir)": checkpoint.newest(path / CHECKPOINTS),
    }


def _describe(data):
    return {
        "name": data.name,
        "fingerprint": data.fingerprint,
        "samples": len(data),
        "class_names": list(data.class_names),
    }


def _check_data(before, described, strategy, path):
    if before and before["data"]["fingerprint"] != described["fingerprint"]:
        raise ValueError(
            f"The data set {described['name']!r} has changed since the run in {path} "
            "was begun. Choose another --workdir."
        )
    if not distribute.same_everywhere(strategy, described["fingerprint"]):
        raise ValueError(
            f"The data set {described['name']!r} is not the same on all workers."
        )


def _check_options(before, now, path):
    """More steps may not move a schedule that they decide."""
    before, now = ({"options": json.loads(json.dumps(x))} for x in (before, now))
    check_same(before, now, path)


def _load_data(experiment, **changes):
    return load_data(
        **{**data_settings(experiment), **changes},
        labels_per_class=experiment.labels_per_class,
        class_name=experiment.class_name,
        seed=experiment.seed,
    )


def _training_arrays(experiment, model, data):
    """What `fit` is given: the arrays, and how they are cropped and mirrored."""
    if not experiment.load_size and not experiment.flip:
        return data.arrays, None
    if experiment.load_size:
        data = _load_data(experiment, image_size=experiment.load_size)
    shapes = {k: s for k, s in model.batch_spec.shapes.items() if k in data.arrays}
    sizes = {key: tuple(s[:2]) for key, s in shapes.items() if len(s) == 3}
    return data.arrays, Jitter(sizes, experiment.flip)


def _watchers(experiment, model, data, path, writes, progress):
    d_samples = experiment.batch_size * max(1, model.d_steps)
    checkpoints = path / CHECKPOINTS
    watchers = [HealthMonitor(data, path if writes else None)]
    if experiment.evaluate_every:
        watchers.append(_selection(experiment, model, path, writes))
    if writes:
        watchers += [  # after the monitor: nothing saves what it stops
            RunLog(path, images_per_step=d_samples),
            SampleGrid(path, data, every=experiment.sample_every),
            Checkpoint(
                checkpoints, experiment.checkpoint_every, experiment.checkpoint_minutes
            ),
        ]
    if progress and writes:
        watchers.append(Progress(experiment.steps, d_samples))
    return watchers


def _selection(experiment, model, path, writes):
    scorer = scorer_for(
        model,
        load_parts(**data_settings(experiment)),
        n=experiment.evaluation_samples,
        extractor=experiment.extractor,
        roles=SELECTION,
    )
    every, metric = experiment.evaluate_every, experiment.metric
    return best_checkpoint.Selection(scorer, metric, every, path, writes)


def _fit(model, experiment, data, watchers):
    """One Keras epoch is one interval of the log.

    A run that was interrupted within an interval first completes it, so that the
    steps of a call, and with them every bit, are those of an uninterrupted run.
    """
    every = min(experiment.log_every, experiment.steps)
    call = max(d for d in range(1, STEPS_PER_CALL + 1) if every % d == 0)
    arrays, jitter = _training_arrays(experiment, model, data)
    while (step := model.step) < experiment.steps:
        to_boundary = every - step % every
        length = min(to_boundary, experiment.steps - step)
        whole = (experiment.steps - step) // every if to_boundary == every else 1
        model.fit(
            arrays,
            batch_size=experiment.batch_size,
            jitter=jitter,
            epochs=max(1, whole),
            steps_per_epoch=length,
            steps_per_call=math.gcd(length, call),
            callbacks=watchers,
            verbose=0,
        )
        if model.stop_training:
            return
