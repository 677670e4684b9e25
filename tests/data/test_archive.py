"""Zip archives of images: read as the folder that they hold, and refused."""

import concurrent.futures
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from ganzoo.data import account, load_data
from ganzoo.utils import untrusted


def make(folder):
    for i, name in enumerate(("train/cat/1.png", "train/dog/2.png", "val/dog/3.png")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 4), i, np.uint8)).save(path)


def packed(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def read_all(folder, prefix=""):
    return {
        f"{prefix}{path.relative_to(folder)}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("prefix", ["", "photos/"])
def test_a_zip_is_the_folder_that_it_holds(prefix, tmp_path):
    make(tmp_path / "photos")
    archive = packed(tmp_path / "photos.zip", read_all(tmp_path / "photos", prefix))
    options = {"cache_dir": tmp_path / "cache"}
    folder, unpacked = load_data(tmp_path / "photos"), load_data(archive, **options)
    assert unpacked.fingerprint == folder.fingerprint
    assert account.line(unpacked) == account.line(folder)
    assert len(load_data(archive, split="test", **options)) == 1


def test_a_zip_is_unpacked_once(tmp_path, monkeypatch):
    make(tmp_path / "photos")
    archive = packed(tmp_path / "x.zip", read_all(tmp_path / "photos"))
    first = load_data(archive, cache_dir=tmp_path / "cache")
    monkeypatch.setattr(untrusted, "unpack", None)
    second = load_data(archive, cache_dir=tmp_path / "cache")
    assert first.fingerprint == second.fingerprint


def test_two_processes_unpack_a_zip_once_and_what_a_killed_one_left_is_gone(
    tmp_path, monkeypatch
):
    make(tmp_path / "photos")
    archive = packed(tmp_path / "x.zip", read_all(tmp_path / "photos"))
    cache, unpack, count = tmp_path / "cache", untrusted.unpack, []

    def slowly(path, target):
        count.append(target)
        time.sleep(0.2)
        unpack(path, target)

    def killed(path, target):
        unpack(path, target)
        raise SystemExit

    monkeypatch.setattr(untrusted, "unpack", killed)
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr("shutil.rmtree", lambda path, ignore_errors: None)
        load_data(archive, cache_dir=cache)
    assert len([path for path in cache.iterdir() if path.is_dir()]) == 1
    monkeypatch.setattr(untrusted, "unpack", slowly)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        loads = [pool.submit(load_data, archive, cache_dir=cache) for _ in "ab"]
        one, two = (load.result() for load in loads)
    assert one.fingerprint == two.fingerprint and len(count) == 1
    (folder,) = [path for path in cache.iterdir() if path.is_dir()]
    assert not folder.name.startswith(".")


def test_a_zip_without_images_is_named_itself(tmp_path):
    archive = packed(tmp_path / "book.xlsx", {"xl/book.xml": "<book/>"})
    with pytest.raises(ValueError, match=r"No image in .*book\.xlsx.*1 \.xml"):
        load_data(archive, cache_dir=tmp_path / "cache")


def test_a_damaged_member_is_counted_as_broken(tmp_path):
    make(tmp_path / "photos")
    members = read_all(tmp_path / "photos")
    archive = packed(tmp_path / "x.zip", members, zipfile.ZIP_STORED)
    data, image = archive.read_bytes(), members["train/cat/1.png"]
    place = data.index(image) + 40
    archive.write_bytes(data[:place] + b"XXXX" + data[place + 4 :])
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "more.png")
    with zipfile.ZipFile(archive, "a") as more:
        more.write(tmp_path / "more.png", "train/cat/2.png")
    with pytest.warns(UserWarning, match="Skipped 1"):
        found = load_data(archive, cache_dir=tmp_path / "cache")
    assert found.account.left_out == {"broken": ("train/cat/1.png",)}
    assert len(found) == 2
