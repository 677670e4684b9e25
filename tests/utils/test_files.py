import errno
import os

import numpy as np
import pytest

from ganzoo.utils import files


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_own_leftovers_are_swept_and_nothing_else(tmp_path):
    ours = [".curves.17304.png", ".step_00000010.4.json", ".x.1.npy", ".samples.99"]
    others = [".lock", ".hidden", ".a.b.png", "x.1.png", ".gitignore", ".v.1.2/x"]
    for name in (*ours, *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    (tmp_path / ".link.5.png").symlink_to(tmp_path / ".hidden")
    files.sweep(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {name.split("/")[0] for name in others} | {".link.5.png"}


@pytest.mark.parametrize("call", [0, 1])
def test_a_disk_that_is_full_leaves_the_older_arrays(call, tmp_path, monkeypatch):
    """At the arrays, and at their record."""
    path = tmp_path / "x.npz"
    files.write_arrays(path, {"a": np.arange(3)}, step=1)
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) > call:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write_arrays(path, {"a": np.arange(4)}, step=2)
    arrays, facts = files.read_arrays(path, "nothing")
    assert list(arrays["a"]) == [0, 1, 2] and facts["step"] == 1
    assert len(list(tmp_path.iterdir())) == 2
