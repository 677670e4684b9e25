"""Run directories: environment, locks that are missing, settings that are free."""

import errno
import fcntl
import json
import os
import subprocess

import pytest
import tensorflow as tf

from ganzoo import distribute
from ganzoo.runs import directory
from ganzoo.runs.directory import write_environment
from ganzoo.utils import files


def threads_of(path):
    return json.loads((path / "environment.json").read_text())["threads"]


def test_other_threads_are_warned_of_on_resume(tmp_path):
    write_environment(tmp_path, ["CPU:0"], 1)
    write_environment(tmp_path, ["CPU:0", "CPU:1"], 1)
    with pytest.warns(UserWarning, match="had 1 threads so far, and has 2 now"):
        write_environment(tmp_path, ["CPU:0"], 2)
    assert threads_of(tmp_path) == 2


@pytest.mark.parametrize("before", ["{}", "{", '{"devices": []}'])
def test_threads_that_were_not_recorded_are_no_reason_for_a_warning(before, tmp_path):
    (tmp_path / "environment.json").write_text(before)
    write_environment(tmp_path, ["CPU:0"], 2)
    assert threads_of(tmp_path) == 2


def test_threads_are_those_of_tensorflow(monkeypatch):
    own = tf.config.threading.get_intra_op_parallelism_threads
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    assert distribute.threads() == (own() or len(os.sched_getaffinity(0)))
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")
    assert distribute.threads() == (own() or 7)
    monkeypatch.setattr(
        tf.config.threading, "get_intra_op_parallelism_threads", lambda: 3
    )
    assert distribute.threads() == 3


def _answers(number):
    def flock(file, operation):
        raise OSError(number, "as the file system says")

    return flock


@pytest.mark.parametrize("name", ["ENOSYS", "EOPNOTSUPP", "ENOLCK", "EINVAL"])
def test_a_file_system_without_locks_is_warned_of(name, tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", _answers(getattr(errno, name)))
    with pytest.warns(UserWarning, match="has no locks.*no other process trains"):
        with directory.claim(tmp_path / "run") as path:
            assert path.is_dir()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_no_empty_directory_that_was_made_for_it(error, tmp_path):
    with pytest.raises(error), directory.claim(tmp_path / "a" / "b"):
        raise error
    assert not list(tmp_path.iterdir())
    with pytest.raises(error), directory.claim(tmp_path / "a" / "b") as path:
        (path / "kept").touch()
        raise error
    with pytest.raises(error), directory.claim(tmp_path / "a" / "c"):
        raise error
    assert {path.name for path in (tmp_path / "a").rglob("*")} == {"b", ".lock", "kept"}
    with directory.claim(tmp_path / "a" / "c") as path:
        pass
    assert path.is_dir()


@pytest.mark.parametrize(
    "name,message", [("EWOULDBLOCK", "Another process"), ("EIO", "cannot be locked")]
)
def test_a_lock_that_fails_is_refused(name, message, tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", _answers(getattr(errno, name)))
    with pytest.raises(ValueError, match=message):
        with directory.claim(tmp_path / "run"):
            pass


def test_a_file_system_without_fsync_is_written_to(tmp_path, monkeypatch):
    def answers(number):
        def fsync(file):
            raise OSError(number, "as the file system says")

        return fsync

    monkeypatch.setattr(files.os, "fsync", answers(errno.EINVAL))
    files.write_atomically(tmp_path / "x", b"abc")
    assert (tmp_path / "x").read_bytes() == b"abc"
    monkeypatch.setattr(files.os, "fsync", answers(errno.EIO))
    with pytest.raises(OSError, match="as the file system says"):
        files.write_atomically(tmp_path / "y", b"abc")


def test_settings_that_leave_the_weights_alone_are_free():
    before = dict.fromkeys(directory.FREE, 1) | {"seed": 0, "options": {"filters": 8}}
    directory.check_same(before, before | dict.fromkeys(directory.FREE, 2), "run")
    with pytest.raises(directory.OtherRun, match=r"  options.filters: 8 before, 9 now"):
        directory.check_same(before, before | {"options": {"filters": 9}}, "run")


def test_links_of_wandb_are_its_own(tmp_path):
    run = tmp_path / "run"
    (run / "wandb" / "run-1").mkdir(parents=True)
    (run / ".lock").touch()
    (run / "wandb" / "latest-run").symlink_to(run / "wandb" / "run-1")
    with directory.claim(run):
        pass
    (run / "checkpoints").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="a link or a pipe: checkpoints"):
        with directory.claim(run):
            pass
    (run / "checkpoints").unlink()
    (run / "wandb").rename(tmp_path / "elsewhere")
    (run / "wandb").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="a link or a pipe: wandb"):
        with directory.claim(run):
            pass


@pytest.mark.parametrize("value", [{}, None])
def test_an_empty_option_is_not_the_default(value, tmp_path):
    empty, default = {"options": {"penalties": value}}, {"options": {}}
    for before, now in ((empty, default), (default, empty)):
        with pytest.raises(directory.OtherRun, match="options.*penalties|options"):
            directory.check_same(before, now, tmp_path)
    directory.check_same(empty, empty, tmp_path)


@pytest.mark.parametrize("content", [{"run": {}}, {"experiment": 1}])
def test_a_newer_version_is_said_whatever_it_writes(content, tmp_path):
    text = json.dumps({"format": 99, **content})
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match="newer version of ganzoo .format 99"):
        directory.read_config(tmp_path)


def test_the_commit_is_that_of_a_checkout_alone(tmp_path, monkeypatch):
    """Not that of a repository of the user's, whose environment holds ganzoo."""

    def git(*words):
        name = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", tmp_path, *name, *words], check=True)

    place = tmp_path / "env" / "directory.py"
    place.parent.mkdir()
    place.touch()
    monkeypatch.setattr(directory, "__file__", str(place))
    git("init", "-q")
    assert directory._commit() is None
    git("commit", "-q", "--allow-empty", "-m", "mine")
    assert directory._commit() is None
    git("add", "env")
    git("commit", "-q", "-m", "a checkout")
    assert len(directory._commit()) == 40
