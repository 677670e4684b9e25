import threading
import time

import numpy as np
import pytest

from ganzoo.evaluation.feature_cache import cached


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    def __init__(self, pause=0.0):
        self.calls = 0
        self.pause = pause

    def __call__(self):
        self.calls += 1
        time.sleep(self.pause)
        return {"x": np.full(3, self.calls)}


def test_arrays_are_made_once_by_kind_and_key(folder):
    make = Maker()
    keys = [("a", "k"), ("a", "k"), ("a", "other"), ("b", "k")]
    values = [cached(kind, key, make)["x"][0] for kind, key in keys]
    assert values == [1, 1, 2, 3]
    assert (folder / "a" / "k.npz").is_file()


@pytest.mark.parametrize("damage", ["cut", "changed", "no checksum"])
def test_a_damaged_file_is_made_anew(folder, damage):
    make = Maker()
    cached("a", "k", make)
    file = folder / "a" / "k.npz"
    content = file.read_bytes()
    if damage == "no checksum":
        file.with_suffix(".json").unlink()
    else:
        file.write_bytes(content[:-1] if damage == "cut" else content + b" ")
    with pytest.warns(UserWarning, match="k.npz is damaged"):
        assert cached("a", "k", make)["x"][0] == 2
    assert cached("a", "k", make)["x"][0] == 2


def test_those_who_ask_at_once_wait_for_the_first():
    make = Maker(pause=0.2)
    threads = [threading.Thread(target=cached, args=("a", "k", make)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make.calls == 1


def test_without_a_directory_nothing_is_kept(folder):
    folder.write_text("a file is in the way")
    make = Maker()
    assert [cached("a", "k", make)["x"][0] for _ in range(2)] == [1, 2]
