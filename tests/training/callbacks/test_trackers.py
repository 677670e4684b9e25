"""The log of a run in the programs of others."""

import sys
import types

import keras
import pytest
import tensorflow as tf
from fake_model import HEALTHY, FakeModel
from small_runs import BASE
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import ganzoo
from ganzoo.runs.experiment import Experiment
from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks.trackers import check_trackers, tracking


def test_tensorboard_holds_the_log_by_its_steps(tmp_path):
    experiment = Experiment(**BASE | {"steps": 6, "checkpoint_every": 2})
    ganzoo.train(experiment, tmp_path / "run", progress=False, log=["tensorboard"])
    events = EventAccumulator(str(tmp_path / "run/tensorboard/train"))
    events.Reload()
    rows = read_rows(tmp_path / "run/metrics.jsonl")
    for term in ("d_loss", "g_loss"):
        found = events.Tensors(f"epoch_{term}")
        assert [event.step for event in found] == [2, 4, 6]
        values = [float(tf.make_ndarray(event.tensor_proto)) for event in found]
        assert values == pytest.approx([row[term] for row in rows])


class Recorder(keras.callbacks.Callback):
    """A tracker's callback that notes what it is told."""

    def __init__(self, notes):
        super().__init__()
        self.notes = notes

    def on_train_begin(self, logs=None):
        self.notes.append("begin")

    def on_epoch_end(self, epoch, logs=None):
        self.notes.append((epoch, logs["d_loss"]))

    def on_train_end(self, logs=None):
        self.notes.append("end")


def _wandb(notes):
    parts = {
        "wandb": {
            "init": lambda **given: notes.append(given),
            "finish": lambda: notes.append("finish"),
        },
        "wandb.integration": {},
        "wandb.integration.keras": {"WandbMetricsLogger": lambda: Recorder(notes)},
    }
    expected = {"project": "ganzoo", "name": "run", "config": {"steps": 4}}
    return parts, [expected]


def _mlflow(notes):
    parts = {
        "mlflow": {
            "start_run": lambda run_name: notes.append(run_name),
            "log_params": lambda params: notes.append(params),
            "end_run": lambda: notes.append("finish"),
        },
        "mlflow.keras": {"MlflowCallback": lambda: Recorder(notes)},
    }
    return parts, ["run", {"steps": 4}]


@pytest.mark.parametrize("name, stand_in", [("wandb", _wandb), ("mlflow", _mlflow)])
def test_trackers_get_settings_log_and_an_end(
    name, stand_in, monkeypatch, tmp_path, points
):
    notes = []
    parts, expected = stand_in(notes)
    for module, names in parts.items():
        stand = types.ModuleType(module)
        vars(stand).update(names)
        monkeypatch.setitem(sys.modules, module, stand)
    check_trackers([name])
    model = FakeModel(points)
    settings = {"steps": 4}
    with (
        pytest.raises(KeyboardInterrupt),
        tracking([name], tmp_path / "run", settings) as (tracker,),
    ):
        tracker.set_model(model)
        tracker.set_params({})
        for _ in range(2):  # as `fit` that is called twice
            tracker.on_train_begin()
            model.step += 2
            tracker.on_epoch_end(0, HEALTHY)
            tracker.on_train_end()
        raise KeyboardInterrupt
    if name == "wandb":
        assert notes[0].pop("dir") == tmp_path / "run"
    told = ["begin", (2, 1.0), (4, 1.0), "end", "finish"]
    assert notes == [*expected, *told]


def test_unknown_and_missing_trackers_are_refused_before_anything(
    tmp_path, monkeypatch
):
    with pytest.raises(ValueError, match="tracker 'tensorbord'. Did you mean 'tensor"):
        ganzoo.train(Experiment(**BASE), tmp_path / "run", log=["tensorbord"])
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ImportError, match="--log=wandb needs .* pip install wandb"):
        ganzoo.train(Experiment(**BASE), tmp_path / "run", log=["wandb"])
    assert not (tmp_path / "run").exists()
