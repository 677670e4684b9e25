"""Run directories: locks on file systems that have none, and settings that are free."""

import errno
import fcntl

import pytest

from ganzoo.runs import directory
from ganzoo.utils import files


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
