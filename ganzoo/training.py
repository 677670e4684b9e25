"""`train` and `load`: an experiment becomes a run directory, and a model again."""

import math
from pathlib import Path

import keras
import tensorflow as tf

from ganzoo import callbacks, checkpoint, distribute, run_directory
from ganzoo.data import load_data
from ganzoo.experiment import Experiment, effective_options, to_dict
from ganzoo.registry import build, discover

STEPS_PER_CALL = 20


def train(experiment: Experiment, workdir, progress: bool = True):
    """Trains an experiment in a run directory, or goes on with it.

    A directory that holds this experiment already is resumed, bit for bit; a larger
    `steps` goes on. Ctrl-C saves before it ends.

    Args:
        experiment: what to train.
        workdir: the run directory; see README for what it holds.
        progress: whether to show a progress bar.

    Returns:
        The trained model.

    Raises:
        ValueError: settings that do not fit, or a directory that is not this run's.
        TrainingDiverged: a term is no longer finite; the last checkpoint is kept.
        KeyboardInterrupt: after saving.
    """
    with run_directory.claim(workdir) as path:
        before = run_directory.read_config(path)
        now = to_dict(experiment)
        if before:
            run_directory.check_same(before["experiment"], now, path)
        data = _load_data(experiment)
        options = effective_options(experiment, data)
        described = {
            "name": data.name,
            "fingerprint": data.fingerprint,
            "samples": len(data),
            "class_names": list(data.class_names),
        }
        if before and before["data"]["fingerprint"] != described["fingerprint"]:
            raise ValueError(
                f"The data set {data.name!r} has changed since the run in {path} was "
                "begun. Choose another --workdir."
            )
        strategy = distribute.get_strategy(experiment.strategy)
        with strategy.scope():
            keras.utils.set_random_seed(experiment.seed)
            model = build(experiment.model, dtype=experiment.dtype, **options)
        made = {
            "name": experiment.model,
            "dtype": experiment.dtype,
            "options": options,
        }
        directory = path / run_directory.CHECKPOINTS
        done = checkpoint.restore(model, directory)
        if done > experiment.steps:
            raise ValueError(
                f"The run in {path} is at step {done} already; `steps` must be at "
                f"least that. Received: {experiment.steps}."
            )
        run_directory.write_config(
            path, {"experiment": now, "build": made, "data": described}
        )
        devices = [device.name for device in tf.config.list_logical_devices()]
        run_directory.write_environment(path, devices)
        watchers = _watchers(experiment, model, data, path, progress)
        try:
            _fit(model, experiment, data, watchers)
        except KeyboardInterrupt:
            checkpoint.save(model, directory)
            raise
        except ValueError:
            if model.step == 0:
                run_directory.forget_config(path)
            raise
        checkpoint.save(model, directory)
        return model


def load(source):
    """Loads a model: a run directory, or a `.keras` file. The data are not needed.

    Raises:
        ValueError: there is no such file, or it holds no model of ganzoo.
    """
    discover()
    path = Path(source)
    if path.is_file():
        try:
            return keras.saving.load_model(path, safe_mode=True)
        except (OSError, TypeError, KeyError) as error:
            raise ValueError(f"{path} holds no model of ganzoo: {error}") from error
    config = run_directory.read_config(path)
    if config is None:
        raise ValueError(
            f"{path} is neither a run directory nor a .keras file. A run directory "
            "holds config.json and checkpoints/."
        )
    made = config["build"]
    model = build(made["name"], dtype=made["dtype"], **made["options"])
    if not checkpoint.restore(model, path / run_directory.CHECKPOINTS):
        raise ValueError(f"The run in {path} has no checkpoint yet.")
    return model


def _load_data(experiment):
    return load_data(
        experiment.dataset,
        data_dir=experiment.data_dir,
        image_size=experiment.image_size,
        channels=experiment.channels,
        strict=experiment.strict,
        labels_per_class=experiment.labels_per_class,
        seed=experiment.seed,
    )


def _watchers(experiment, model, data, path, progress):
    d_samples = experiment.batch_size * max(1, model.d_steps)
    checkpoints = path / run_directory.CHECKPOINTS
    watchers = [
        callbacks.HealthMonitor(data, path),  # first: nothing saves what it stops
        callbacks.RunLog(path, images_per_step=d_samples),
        callbacks.SampleGrid(path, data, every=experiment.sample_every),
        callbacks.Checkpoint(checkpoints, experiment.checkpoint_every),
    ]
    if progress:
        watchers.append(callbacks.Progress(experiment.steps, d_samples))
    return watchers


def _fit(model, experiment, data, watchers):
    """One Keras epoch is one interval of the log.

    A run that was interrupted within an interval first completes it, so that the
    steps of a call, and with them every bit, are those of an uninterrupted run.
    """
    every = min(experiment.log_every, experiment.steps)
    call = max(d for d in range(1, STEPS_PER_CALL + 1) if every % d == 0)
    while (step := model.step) < experiment.steps:
        to_boundary = every - step % every
        length = min(to_boundary, experiment.steps - step)
        whole = (experiment.steps - step) // every if to_boundary == every else 1
        model.fit(
            data.arrays,
            batch_size=experiment.batch_size,
            epochs=max(1, whole),
            steps_per_epoch=length,
            steps_per_call=math.gcd(length, call),
            callbacks=watchers,
            verbose=0,
        )
        if model.stop_training:
            return
