"""Faults of long runs: a full disk, damaged files, NaN, signals, two at once."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo.runs import checkpoint
from ganzoo.runs.experiment import Experiment
from ganzoo.training import train
from ganzoo.training.callbacks.health import TrainingDiverged

pytestmark = pytest.mark.long

TINY = {"g_hidden": [8], "d_hidden": [8], "latent_dim": 4, "normalize": False}
BASE = {
    "model": "vanilla",
    "options": TINY,
    "steps": 8,
    "batch_size": 16,
    "log_every": 2,
    "sample_every": 8,
    "checkpoint_every": 2,
}
COMMAND = [
    *(sys.executable, "-m", "ganzoo", "train", "vanilla", "--batch_size=16"),
    *("--log_every=2", "--sample_every=1000000", "--checkpoint_every=1000000"),
    *(f"--set={name}={str(value).lower()}" for name, value in TINY.items()),
]


def _train(workdir, **changes):
    return ganzoo.train(Experiment(**BASE | changes), workdir, progress=False)


def _checkpoints(workdir):
    return {p.name: p.read_bytes() for p in (workdir / "checkpoints").iterdir()}


# --- a full disk --------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run whose last checkpoints are those of steps 4, 6 and 8, and its weights."""
    path = tmp_path_factory.mktemp("faults") / "whole"
    return path, _train(path).get_weights()


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """The same run at step 4."""
    path = tmp_path_factory.mktemp("faults") / "half"
    _train(path, steps=4)
    return path


@pytest.mark.parametrize(
    "name", ["step_00000006.npz", "step_00000006.json", "config.json"]
)
def test_a_full_disk_stops_the_run_and_says_how_to_go_on(
    name, whole, half, tmp_path, monkeypatch
):
    """Simulated at the write of one file of a run that goes on from step 4."""
    run = shutil.copytree(half, tmp_path / "run")
    before = _checkpoints(run)
    replace = os.replace

    def full(source, target):
        if Path(target).name == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left.*intact.*same command"):
            _train(run)
    assert before.items() <= _checkpoints(run).items()
    assert {file.name for file in run.rglob(".*")} <= {".lock"}  # none half written
    resumed = _train(run)
    for old, new in zip(whole[1], resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MiB."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system is mounted by root alone")
    yield path
    subprocess.run(["umount", str(path)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_truly_full(small_disk):
    """The command on a file system that fills up, and again once there is room."""
    command = [*COMMAND, "--checkpoint_every=2", f"--workdir={small_disk / 'run'}"]
    first = subprocess.run([*command, "--steps=4"], capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    before = _checkpoints(small_disk / "run")
    status = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(bytes(status.f_bavail * status.f_frsize - 8192))
    done = subprocess.run([*command, "--steps=20"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Make room, then run the same command again to resume" in done.stderr
    assert "Traceback" not in done.stderr
    assert before.items() <= _checkpoints(small_disk / "run").items()
    assert ganzoo.load(small_disk / "run").step == 4
    (small_disk / "filler").unlink()
    last = subprocess.run([*command, "--steps=20"], capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    assert ganzoo.load(small_disk / "run").step == 20


# --- damaged files --------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(whole, tmp_path_factory):
    """A copy of the whole run, to be damaged and mended, and its model."""
    path = tmp_path_factory.mktemp("faults") / "run"
    shutil.copytree(whole[0], path)
    return path, ganzoo.load(path)


@pytest.mark.parametrize("file", ["npz", "json"])
def test_a_bit_flipped_anywhere_is_found(file, run):
    """At 64 places of either file of the newest checkpoint, the first and last too."""
    path, model = run
    newest = path / f"checkpoints/step_00000008.{file}"
    sound = newest.read_bytes()
    places = np.unique(np.linspace(0, len(sound) - 1, 64).astype(int))
    try:
        for i, place in enumerate(places):
            damaged = bytearray(sound)
            damaged[place] ^= 1 << i % 8
            newest.write_bytes(damaged)
            if file == "json" and _same_sum(damaged, sound):
                continue  # the step in it, or a space: what counts is untouched
            with pytest.warns(UserWarning, match="step_00000008.npz is damaged"):
                assert checkpoint.restore(model, path / "checkpoints") == 6
    finally:
        newest.write_bytes(sound)
    assert checkpoint.restore(model, path / "checkpoints") == 8


def _same_sum(damaged, sound):
    import json

    try:
        return json.loads(damaged)["sha256"] == json.loads(sound)["sha256"]
    except (ValueError, KeyError, TypeError):
        return False


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_truncated_file_is_found(length, run):
    path, model = run
    newest = path / "checkpoints/step_00000008.npz"
    sound = newest.read_bytes()
    try:
        newest.write_bytes(sound[:length])
        with pytest.warns(UserWarning, match="damaged or incomplete"):
            assert checkpoint.restore(model, path / "checkpoints") == 6
    finally:
        newest.write_bytes(sound)


def test_a_run_goes_on_from_the_one_before_bit_for_bit(whole, tmp_path):
    longer = _train(tmp_path / "longer", steps=12)
    shutil.copytree(whole[0], tmp_path / "run")
    (tmp_path / "run/checkpoints/step_00000008.npz").unlink()
    with pytest.warns(UserWarning, match="the one before it is used"):
        resumed = _train(tmp_path / "run", steps=12)
    for old, new in zip(longer.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# --- NaN ------------------------------------------------------------------------------


class Poison(keras.callbacks.Callback):
    """Puts a NaN into one weight of a player after a step."""

    def __init__(self, step, player):
        super().__init__()
        self.step, self.player = step, player

    def on_epoch_end(self, epoch, logs=None):
        if self.model.step == self.step:
            kernel = getattr(self.model, self.player).trainable_variables[0]
            kernel.assign(np.full(kernel.shape, np.nan, "float32"))


@pytest.mark.parametrize(
    "player,term", [("discriminator", "d_adv"), ("generator", "weights of generator")]
)
def test_nan_stops_with_the_terms_name_and_keeps_the_last_good(
    player, term, tmp_path, monkeypatch
):
    callbacks = train._callbacks
    with monkeypatch.context() as patched:
        patched.setattr(
            train, "_callbacks", lambda *a: [*callbacks(*a), Poison(4, player)]
        )
        with pytest.raises(TrainingDiverged, match=f"{term}.*before step 6") as error:
            _train(tmp_path / "run")
    assert "both rates / 10 (" in str(error.value)
    model = ganzoo.load(tmp_path / "run")
    assert model.step == 4  # saved before the NaN came
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert '"alarm": "not finite"' in (tmp_path / "run/health.jsonl").read_text()
    assert _train(tmp_path / "run").step == 8


# --- signals, and two at once -----------------------------------------------------


def test_sigterm_saves_and_ends_with_143_and_a_second_run_is_refused(tmp_path):
    run = tmp_path / "run"
    command = [*COMMAND, "--steps=1000000", f"--workdir={run}"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while (
            not (run / "metrics.jsonl").exists()
            or not (run / "metrics.jsonl").stat().st_size
        ):
            assert first.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        with pytest.raises(ValueError, match="Another process trains in"):
            _train(run)
        first.send_signal(signal.SIGTERM)
        _, message = first.communicate(timeout=60)
    finally:
        first.kill()
    assert first.returncode == 143, message
    assert f"saved in {run}. Run the same command again to resume." in message
    assert ganzoo.load(run).step > 0
