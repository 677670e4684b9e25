"""An interrupted run leaves the files of one that was not."""

import json
import shutil
import signal
import warnings

import keras
import numpy as np
import pytest
from small_runs import BASE, TINY, check_equal, files_of, shown

import ganzoo
from ganzoo.runs import checkpoint
from ganzoo.runs.experiment import Experiment
from ganzoo.training import train
from ganzoo.training.callbacks.interruption import Interruption
from ganzoo.utils.signals import Terminated

pytestmark = pytest.mark.long

SETTINGS = {
    **BASE,
    "steps": 13,
    "log_every": 4,
    "sample_every": 4,
    "checkpoint_every": 8,
    "evaluate_every": 4,
    "evaluation_samples": 40,
    "extractor": "pixels",
    "options": {**TINY, "dropout": 0.3},
}


def _train(workdir, **changes):
    return ganzoo.train(Experiment(**SETTINGS | changes), workdir, progress=False)


@pytest.fixture(scope="module")
def watchful():
    """Signs of failure at each check, within intervals of the log, too: counts of
    them are carried over."""
    with pytest.MonkeyPatch.context() as patch:
        monitor = "ganzoo.training.callbacks.health.HealthMonitor"
        for name, value in {"STEPS": 0, "REPEATS": 100.0, "PROGRESS": 2.0}.items():
            patch.setattr(f"{monitor}.{name}", value)
        patch.setattr(train, "spacing", lambda steps, interval, checks: 2)
        # Without the picture after the first call, whose length is no part of a run.
        grid = train.SampleGrid
        patch.setattr(train, "SampleGrid", lambda *a, first=0, **k: grid(*a, **k))
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory, watchful):
    path = tmp_path_factory.mktemp("runs") / "whole"
    return path, _train(path)


class Signals(keras.callbacks.Callback):
    """Sends this process a signal at given moments: before or after a step, or within
    the callbacks at the end of an interval."""

    def __init__(self, number, moments):
        super().__init__()
        self.number, self.moments = number, moments

    def _send(self, moment):
        while (moment, self.model.step) in self.moments:
            self.moments.remove((moment, self.model.step))
            signal.raise_signal(self.number)

    def on_train_batch_begin(self, batch, logs=None):
        self._send("begin")

    def on_train_batch_end(self, batch, logs=None):
        self._send("end")

    def on_epoch_end(self, epoch, logs=None):
        self._send("callbacks")


def _interrupted(path, number, moments, monkeypatch, **changes):
    """Runs the command again until it is done; returns the model and its stops."""
    sender, callbacks, stops = Signals(number, list(moments)), train._callbacks, []
    with monkeypatch.context() as patched:
        patched.setattr(train, "_callbacks", lambda *a: [sender, *callbacks(*a)])
        while True:
            try:
                return _train(path, **changes), stops
            except KeyboardInterrupt as error:
                assert isinstance(error, Terminated) == (number == signal.SIGTERM)
                stops.append(checkpoint.newest(path / "checkpoints"))


RNG = np.random.default_rng(18)
CASES = [
    # One interruption at the last call of an interval, one at its first.
    (signal.SIGTERM, [("end", 4)], 4),
    (signal.SIGINT, [("begin", 4)], 1),
    (signal.SIGINT, [("callbacks", 8), ("begin", 12), ("end", 13)], 4),
    *(
        pytest.param(
            (signal.SIGINT, signal.SIGTERM)[i % 2],
            sorted(
                {
                    (str(RNG.choice(["begin", "end", "callbacks"])), int(step))
                    for step in RNG.integers(0, 14, 4)
                },
                key=lambda moment: moment[1],
            ),
            int(RNG.choice([1, 2, 4])),
            marks=[pytest.mark.slow] * (i >= 3),
        )
        for i in range(5)  # two of them are slow
    ),
]


@pytest.mark.parametrize("number,moments,call", CASES)
def test_files_of_an_interrupted_run_equal_those_of_a_whole_one(
    number, moments, call, whole, watchful, tmp_path, monkeypatch
):
    """At random moments; metrics, health, scores and pictures, byte for byte."""
    monkeypatch.setattr(train, "STEPS_PER_CALL", call)
    model, stops = _interrupted(tmp_path / "run", number, moments, monkeypatch)
    check_equal(model, whole[1])
    assert shown(tmp_path / "run") == shown(whole[0])
    assert stops == sorted(stops)
    lines = (whole[0] / "health.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["step"] for row in rows if "signs" in row] == [2, 4, 6, 8, 10, 12]
    assert {row["step"] for row in rows if "alarm" in row} == {6}


def test_a_call_of_several_steps_ends_after_the_step(whole, tmp_path, monkeypatch):
    """The request comes while TensorFlow computes, from another thread."""
    monkeypatch.setattr(train, "STEPS_PER_CALL", 4)
    real = train.distribute.Halt.ask
    halts = []
    monkeypatch.setattr(
        Interruption, "on_train_begin", lambda self, logs=None: halts.append(self.halt)
    )

    class Asker(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.step == 4:
                real(halts[-1])  # as the watcher of signals does

    callbacks = train._callbacks
    with monkeypatch.context() as patched:
        patched.setattr(train, "_callbacks", lambda *a: [*callbacks(*a), Asker()])
        with pytest.raises(Terminated):
            _train(tmp_path / "run")
    assert ganzoo.load(tmp_path / "run").step == 5
    check_equal(_train(tmp_path / "run"), whole[1])


def test_a_second_ctrl_c_ends_at_once_and_loses_no_checkpoint(
    whole, watchful, tmp_path, monkeypatch
):
    moments = [("callbacks", 12), ("callbacks", 12)]
    model, stops = _interrupted(tmp_path / "run", signal.SIGINT, moments, monkeypatch)
    check_equal(model, whole[1])
    assert stops == ["step_00000008.npz"]  # nothing is saved in a hurry
    assert shown(tmp_path / "run") == shown(whole[0])


def test_replicas_carry_their_sums(mirrored, watchful, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "STEPS_PER_CALL", 1)
    settings = {"strategy": "mirrored", "options": TINY}
    whole = _train(tmp_path / "whole", **settings)
    moments = [("end", 5)]  # it is seen then or a step later, within an interval
    model, stops = _interrupted(
        tmp_path / "run", signal.SIGTERM, moments, monkeypatch, **settings
    )
    (stop,) = stops
    assert "step_00000004.npz" < stop < "step_00000008.npz"
    check_equal(model, whole)
    assert shown(tmp_path / "run") == shown(tmp_path / "whole")


# --- what is drawn, and what is lost ----------------------------------------------


@pytest.mark.parametrize(
    "failing,names",
    [
        (
            ["figures.curves_figure", "pictures.read_png"],
            ["curves.png", "samples/training.gif"],
        ),
        (["pictures.save_png"], ["curves.png", "samples/step_00000013.png"]),
    ],
)
def test_what_is_only_drawn_ends_no_run(failing, names, whole, tmp_path, monkeypatch):
    """The checkpoint comes first; the same command draws what is missing."""

    def fails(*args):
        raise MemoryError("no room to draw")

    with monkeypatch.context() as patched:
        for function in failing:
            patched.setattr(f"ganzoo.plots.{function}", fails)
        with pytest.warns(UserWarning) as said:
            _train(tmp_path / "run")
    said = {str(warning.message) for warning in said}
    why = "could not be drawn: MemoryError: no room to draw"
    assert {f"{name} {why}" for name in names} <= said
    assert ganzoo.load(tmp_path / "run").step == 13
    _train(tmp_path / "run")
    assert (tmp_path / "run/curves.png").exists()
    last = {n: d for n, d in shown(whole[0]).items() if "13" in n}
    assert last and last.items() <= shown(tmp_path / "run").items()
    if "pictures.save_png" not in failing:
        assert shown(tmp_path / "run").keys() == shown(whole[0]).keys()


def test_missing_pictures_are_drawn_and_leftovers_removed(whole, watchful, tmp_path):
    run = shutil.copytree(whole[0], tmp_path / "run")
    missing = ["curves.png", "samples/training.gif", "samples/step_00000013.png"]
    before = {name: (run / name).read_bytes() for name in missing}
    for name in missing:
        (run / name).unlink()
    (run / ".curves.17304.png").write_text("half")
    (run / "checkpoints/.step_00000013.17304.npz").write_text("half")
    kept = files_of(run / "checkpoints").keys()
    _train(run)
    assert {name: (run / name).read_bytes() for name in missing} == before
    assert not list(run.rglob(".*.*.*"))
    assert files_of(run / "checkpoints").keys() < kept


def _lose_folder(run):
    shutil.rmtree(run / "checkpoints")


def _lose_files(run):
    for path in (run / "checkpoints").iterdir():
        path.unlink()


def _lose_sums(run):
    for path in (run / "checkpoints").glob("*.json"):
        path.unlink()


@pytest.mark.parametrize(
    "lose,message",
    [
        (_lose_folder, "goes to step 13, but .*checkpoints is not there"),
        (_lose_files, "goes to step 13, but .*checkpoints is empty"),
        (_lose_sums, "holds no sound checkpoint, but step_00000008.npz, step_0000001"),
    ],
)
def test_lost_checkpoints_are_refused_and_nothing_is_overwritten(
    lose, message, whole, tmp_path
):
    run = shutil.copytree(whole[0], tmp_path / "run")
    lose(run)
    before = files_of(run)
    with warnings.catch_warnings(), pytest.raises(ValueError, match=message) as error:
        warnings.simplefilter("ignore")
        _train(run)
    assert "--workdir" in str(error.value)
    assert files_of(run) == before


def test_a_run_that_ended_before_its_first_checkpoint_begins_anew(tmp_path):
    """Its folder is there, and empty: nothing is lost."""
    settings = {"checkpoint_every": 1000}
    _train(tmp_path / "run", steps=8, **settings)
    for path in (tmp_path / "run/checkpoints").iterdir():
        path.unlink()
    assert _train(tmp_path / "run", steps=8, **settings).step == 8
