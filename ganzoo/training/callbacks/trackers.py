"""Trackers: the log of a run in TensorBoard, Weights & Biases or MLflow."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import keras

from ganzoo.utils.options import check_known


class Tracker(keras.callbacks.Callback):
    """Hands each interval of the log to a tracker's own callback, as an epoch.

    The number of the epoch is the step. Several calls of `fit` are one training, which
    `close` ends.

    Args:
        callback: the tracker's callback.
        end: ends the tracked run.
    """

    def __init__(
        self,
        callback: keras.callbacks.Callback,
        end: Callable[[], object] | None = None,
    ):
        super().__init__()
        self.callback = callback
        self.end = end
        self.begun = False

    def on_train_begin(self, logs=None):
        if not self.begun:
            self.begun = True
            self.callback.set_params(self.params)
            self.callback.set_model(self.model)
            self.callback.on_train_begin(logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.callback.on_epoch_begin(self.model.step, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.callback.on_epoch_end(self.model.step, logs)

    def close(self) -> None:
        """Ends the training for the tracker."""
        if self.begun:
            self.callback.on_train_end()
        if self.end:
            self.end()


@contextmanager
def tracking(
    names: Iterable[str], workdir: Path, settings: Mapping
) -> Iterator[list[Tracker]]:
    """Context with the callbacks of trackers, which are closed at its end.

    Args:
        names: keys of `TRACKERS`.
        workdir: run directory, whose name the tracked run gets.
        settings: settings of the run, which the trackers show.
    """
    with ExitStack() as stack:
        trackers = []
        for name in names:
            tracker = TRACKERS[name](workdir, settings)
            stack.callback(tracker.close)
            trackers.append(tracker)
        yield trackers


def check_trackers(names: Iterable[str]) -> None:
    """Checks the names of trackers before anything is begun.

    Raises:
        ValueError: an unknown name, with the nearest one.
        ImportError: the package of a tracker is not installed.
    """
    check_known("tracker", names, TRACKERS)
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise ImportError(
                f"--log={name} needs the package {name}: pip install {name} ({error})."
            ) from error


def _tensorboard(workdir, settings):
    log = str(workdir / "tensorboard")
    return Tracker(keras.callbacks.TensorBoard(log, write_graph=False))


def _wandb(workdir, settings):
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    wandb.init(project="ganzoo", name=workdir.name, dir=workdir, config=dict(settings))
    return Tracker(WandbMetricsLogger(), wandb.finish)


def _mlflow(workdir, settings):
    import mlflow
    from mlflow.keras import MlflowCallback

    mlflow.start_run(run_name=workdir.name)
    mlflow.log_params(dict(settings))
    return Tracker(MlflowCallback(), mlflow.end_run)


TRACKERS: dict[str, Callable[[Path, Mapping], Tracker]] = {
    "tensorboard": _tensorboard,
    "wandb": _wandb,
    "mlflow": _mlflow,
}
