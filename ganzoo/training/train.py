"""`train`: trains an experiment in a run directory."""

import json
import math
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data import account
from ganzoo.data.jitter import Jitter
from ganzoo.evaluation.scorer import SELECTION, scorer_for
from ganzoo.models.adversarial import AdversarialModel
from ganzoo.models.warm_start import take_over
from ganzoo.runs import checkpoint
from ganzoo.runs.directory import (
    CHECKPOINTS,
    FORMAT,
    FREE,
    OtherRun,
    check_same,
    claim,
    code_version,
    forget,
    read_config,
    write_card,
    write_config,
    write_environment,
)
from ganzoo.runs.experiment import Experiment, completed, to_dict
from ganzoo.runs.load import load
from ganzoo.runs.log import last_step
from ganzoo.runs.resolve import Loaded, Resolved, resolve
from ganzoo.training import cluster
from ganzoo.training.callbacks.best_checkpoint import Selection
from ganzoo.training.callbacks.checkpoint import Checkpoint
from ganzoo.training.callbacks.forecast import Forecast
from ganzoo.training.callbacks.health import HealthMonitor, spacing
from ganzoo.training.callbacks.interruption import Halted, Interruption
from ganzoo.training.callbacks.log import METRICS, RunLog, draw_curves
from ganzoo.training.callbacks.progress import Progress
from ganzoo.training.callbacks.samples import SampleGrid, drawing
from ganzoo.training.callbacks.trackers import check_trackers, tracking
from ganzoo.utils import signals
from ganzoo.utils.options import largest_divisor
from ganzoo.utils.progress import Bar, tell
from ganzoo.variants._registry import build, find

STEPS_PER_CALL = 20


def train(
    experiment: Experiment,
    workdir: str | Path,
    progress: bool = True,
    log: Iterable[str] = (),
    patience: float | None = None,
) -> AdversarialModel:
    """Trains an experiment in a run directory, or resumes it.

    A directory with this experiment is resumed, bit for bit on as many threads and
    devices as before; a larger `steps` extends it, and settings that leave the weights
    as they are may change (`runs.directory.FREE`). The content of the data decides, not
    its path. Ctrl-C and SIGTERM end training after the step, and save; a second Ctrl-C
    ends it at once, as a kill does. With `multi_worker`, every worker calls this with
    the same arguments; the chief, worker 0, writes the files. A signal to one ends all.

    Args:
        experiment: experiment to train.
        workdir: the run directory; see docs/guides/train.md for its files.
        progress: if True, say what the data hold and what is trained, and show a bar,
            or lines where there is no terminal.
        log: further places for the log: `tensorboard`, `wandb`, `mlflow`.
        patience: seconds that a worker of `multi_worker` waits for the others at the
            start; by default the environment variable GANZOO_PATIENCE, or 60.

    Returns:
        The trained model.

    Raises:
        ValueError: incompatible settings, or a directory of another run.
        ImportError: the package of a place for the log is not installed.
        OSError: the disk is full; older checkpoints are intact.
        TrainingDiverged: a term is no longer finite; the last checkpoint is kept.
        WorkerLost: a RuntimeError; start all workers again to resume.
        KeyboardInterrupt: after saving (SIGTERM: its subclass `Terminated`).
    """
    model, _ = train_resolved(experiment, workdir, progress, log=log, patience=patience)
    return model


def train_resolved(
    experiment: Experiment,
    workdir,
    progress: bool = True,
    loaded: Loaded | None = None,
    log: Iterable[str] = (),
    callbacks: Iterable[keras.callbacks.Callback] = (),
    patience: float | None = None,
) -> tuple[AdversarialModel, Resolved]:
    """Trains as `train` does; returns the model and the `Resolved` experiment.

    This is for callers that then score or draw with the same data, hand over what
    another run has `loaded`, or watch with `callbacks`, which are called last.
    """
    if not isinstance(experiment, Experiment):
        raise ValueError(
            "An experiment is a ganzoo.Experiment, such as ganzoo.load_config(NAME) "
            f"returns. Received: {type(experiment).__name__}."
        )
    log = list(log)
    check_trackers(log)
    find(experiment.model).check_known(experiment.options)
    on_workers = experiment.strategy == "multi_worker"
    workers = cluster.from_environment() if on_workers else None
    if patience is not None and workers is None:
        raise ValueError(
            "`patience` is how long workers wait for each other, which only "
            f"strategy='multi_worker' has. Received: {patience} with "
            f"{experiment.strategy!r}."
        )
    writes = workers is None or workers.is_chief
    visible = progress and writes
    with (
        claim(workdir) if writes else nullcontext(Path(workdir)) as path,
        Bar(experiment.steps, "steps", show=visible, words="reading the data") as bar,
    ):
        config = read_config(path)  # None for a new run
        if config:
            _check_version(config, path)
            settings = completed(config["experiment"])
            now = _stated(to_dict(experiment))
            check_same(_stated(settings), now, path, _free(settings))
        if workers:
            waits = cluster.patience_of(patience)
            cluster.meet(workers, _fingerprint(experiment, path), waits)
        strategy = distribute.get_strategy(
            experiment.strategy, experiment.virtual_devices
        )
        resolved = resolve(experiment, loaded)
        _check_data(config, resolved, strategy, path)
        bar.says(f"building {experiment.model}")
        model, before = _model(experiment, resolved, strategy, path)
        if writes:
            (path / CHECKPOINTS).mkdir(exist_ok=True)
            write_config(path, _config(experiment, resolved))
            write_card(path, account.card(resolved.data))
            if progress:
                tell(account.line(resolved.data))
            devices = [device.name for device in tf.config.list_logical_devices()]
            write_environment(path, devices, distribute.threads())
        halt, begin = distribute.Halt(), model.step
        try:
            every = min(experiment.log_every, experiment.steps)  # an interval
            monitor = HealthMonitor(
                resolved.data,
                path if writes else None,
                before,
                every=spacing(experiment.steps, every, model.checks),
            )
            last = Interruption(halt, every, experiment.steps, before)
            call = largest_divisor(math.gcd(every, monitor.every), STEPS_PER_CALL)
            own_bar = bar if visible else None
            own = _callbacks(
                experiment, model, resolved, path, writes, monitor, call, own_bar
            )
            tracked = tracking(log if writes else (), path, to_dict(experiment))
            with signals.calling(halt.ask), tracked as trackers:
                everyone = [*own, *trackers, *callbacks, last]
                halted = _fit(model, experiment, resolved, every, call, everyone, halt)
                if begin < model.step and model.step % experiment.checkpoint_every:
                    checkpoint.save(
                        model,
                        path / CHECKPOINTS,
                        write=writes,
                        run={**monitor.state(), **last.state(model)},
                    )
                if writes and not halted:
                    bar.says("drawing")
                    _draw(model, resolved, path, experiment)
        except tf.errors.OpError as error:
            if workers is None:
                raise
            raise cluster.WorkerLost(
                f"Worker {workers.index} lost the others after step {model.step}. "
                "Start all workers again to resume from the last checkpoint. "
                f"({type(error).__name__})"
            ) from error
        except ValueError:
            if writes and model.step == begin:  # no step was made with these settings
                write_config(path, config) if config else forget(path)
            raise
        if halted:  # by a signal to another worker
            raise signals.Terminated
        return model, resolved


def _check_version(config, path):
    if config["format"] < FORMAT:
        raise OtherRun(
            f"The run in {path} was begun with ganzoo 0.1.0, whose networks and rates "
            "differ by default. `ganzoo.load` and `ganzoo sample` take it; to train "
            "on, install 0.1.0, or begin anew in another --workdir."
        )


def _stated(settings):
    """The settings with the variant's own name, without options that are its defaults.

    Both may be spelled otherwise on resume, since the model is the same.
    """
    variant, options = find(settings["model"]), settings["options"]
    known = {**variant.options, **variant.network_options(options)}
    defaults = {name: json.dumps(value, default=str) for name, value in known.items()}
    changed = {k: v for k, v in options.items() if json.dumps(v) != defaults.get(k)}
    return {**settings, "model": variant.name, "options": changed}


def _free(settings):
    """Settings that may change on resume; if nothing is scored, also how to score."""
    if settings["evaluate_every"]:
        return FREE
    return FREE | {"metric", "extractor", "evaluation_samples"}


def _fingerprint(experiment, path):
    """Strings that must be equal on all workers before they start."""
    settings = to_dict(experiment)
    del settings["data_dir"]  # the data themselves are compared after loading
    return {
        **{name: json.dumps(value) for name, value in settings.items()},
        "version of ganzoo": code_version(),
        "newest checkpoint (a shared --workdir)": checkpoint.newest(path / CHECKPOINTS),
    }


def _check_data(config, resolved, strategy, path):
    """Refuses data, or options derived from them, that differ from the run's."""
    data = resolved.data
    if config and config["data"]["fingerprint"] != data.fingerprint:
        raise OtherRun(
            f"The data set {data.name!r} has changed since the run in {path} "
            "was begun. Choose another --workdir."
        )
    if not distribute.same_everywhere(strategy, data.fingerprint):
        raise ValueError(f"The data set {data.name!r} is not the same on all workers.")
    if config:  # more steps must not change a schedule that depends on them
        model = {"model": config["build"]["name"]}
        before = {**model, "options": config["build"]["options"]}
        now = {**model, "options": json.loads(json.dumps(resolved.options))}
        check_same(_stated(before), _stated(now), path)


def _model(experiment, resolved, strategy, path):
    """Builds the model, and restores the newest checkpoint if there is one.

    Returns:
        The model, and what the checkpoint holds of the run.
    """
    with strategy.scope():
        keras.utils.set_random_seed(experiment.seed)
        model = build(experiment.model, dtype=experiment.dtype, **resolved.options)
        if experiment.local_batch_norm:
            model.compile(local_batch_norm=True)
    before = checkpoint.restore_run(model, path / CHECKPOINTS) or {}
    step = model.step
    if not step:
        _check_lost(experiment, path)
    if experiment.init_from and not step:
        with strategy.scope():
            start = load(experiment.init_from)
            lines = take_over(model, start, experiment.init_optimizers)
        tell("\n  ".join([f"start from {experiment.init_from}:", *lines]), sys.stderr)
    if step > experiment.steps:
        raise OtherRun(
            f"The run in {path} is at step {step} already; `steps` must be at "
            f"least that. Received: {experiment.steps}."
        )
    return model, before


def _check_lost(experiment, path):
    """Refuses to begin anew over the log of a run whose checkpoints are lost."""
    last = last_step(path / METRICS)
    folder = path / CHECKPOINTS
    if last > experiment.checkpoint_every or (last and not folder.is_dir()):
        lost = "empty" if folder.is_dir() else "not there"
        raise ValueError(
            f"The log of the run in {path} goes to step {last}, but {folder} is "
            f"{lost}: training would begin at step 0 and overwrite {METRICS} and the "
            "pictures. Put the checkpoints back, choose another --workdir, or remove "
            f"{path / METRICS} to begin anew here."
        )


def _config(experiment, resolved):
    """The content of `config.json`."""
    data = resolved.data
    return {
        "experiment": to_dict(experiment),
        "build": {
            "name": experiment.model,
            "dtype": experiment.dtype,
            "options": resolved.options,
        },
        "data": {
            "name": data.name,
            "fingerprint": data.fingerprint,
            "samples": len(data),
            "class_names": list(data.class_names),
        },
    }


def _callbacks(experiment, model, resolved, path, writes, monitor, call, bar):
    """The callbacks of this worker; `bar` is the bar to move, None for no sign of it.

    Those that save come after the monitor, which stops a run before.
    """
    callbacks, images = [monitor], resolved.batch_size * max(1, model.d_steps)
    if experiment.evaluate_every:
        scorer = scorer_for(
            model,
            resolved.parts,
            n=experiment.evaluation_samples,
            extractor=experiment.extractor,
            roles=SELECTION,
        )
        when = experiment.evaluate_every, experiment.steps
        callbacks.append(Selection(scorer, experiment.metric, *when, path, writes))
    if writes:
        callbacks += [
            RunLog(path, images),
            SampleGrid(path, resolved.data, experiment.sample_every, first=call),
            Checkpoint(
                path / CHECKPOINTS,
                experiment.checkpoint_every,
                experiment.checkpoint_minutes,
                monitor.state,
            ),
        ]
    if bar is not None:
        callbacks += [
            Forecast(experiment.model, experiment.steps, resolved.batch_size, path),
            Progress(experiment.steps, images, bar=bar),
        ]
    return callbacks


def _draw(model, resolved, path, experiment):
    """Draws what a finished run shows."""
    SampleGrid(path, resolved.data, every=experiment.sample_every).finish(model)
    with drawing("curves.png"):
        draw_curves(path)


def _fit(model, experiment, resolved, every, call, callbacks, halt):
    """Trains to the experiment's steps; one Keras epoch is one interval of the log.

    A run that was interrupted within an interval completes it first. Then each call has
    the same steps as in an uninterrupted run, and the result is equal bit for bit.

    Returns:
        True if training was halted before its end.
    """
    data, jitter = _training_data(experiment, model, resolved)
    while (step := model.step) < experiment.steps:
        length = min(every - step % every, experiment.steps - step)
        intervals = 1
        if step % every == 0:
            intervals = max(1, (experiment.steps - step) // every)
        try:
            model.fit(
                data,
                batch_size=resolved.batch_size,
                jitter=jitter,
                halt=halt,
                epochs=intervals,
                steps_per_epoch=length,
                steps_per_call=math.gcd(step, length, call),
                callbacks=callbacks,
                verbose=0,
            )
        except Halted:
            break
        if model.stop_training:
            break
    return halt.agreed and model.step < experiment.steps


def _training_data(experiment: Experiment, model, resolved: Resolved):
    """The set for `fit`, and a `Jitter` for random crops and mirroring, if any."""
    data = resolved.data
    if not experiment.load_size and not experiment.flip:
        return data, None
    if experiment.load_size and experiment.load_size != experiment.image_size:
        # Crops need larger images, which must be loaded again from the files.
        data = resolve(replace(experiment, image_size=experiment.load_size)).data
    shapes = {k: s for k, s in model.batch_spec.shapes.items() if k in data.arrays}
    sizes = {key: tuple(shape[:2]) for key, shape in shapes.items() if len(shape) == 3}
    return data, Jitter(sizes, experiment.flip)
