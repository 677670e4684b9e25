"""Samples in files: by suffix, and meshes with the right place, size and closure."""

import sys
import types

import numpy as np
import pytest
from PIL import Image

from ganzoo.cli import sample_files
from ganzoo.data import codecs
from ganzoo.data.molecules import symbols_of
from ganzoo.data.symbols import one_hot
from ganzoo.plots.pictures import read_png

VOLUMES = np.zeros((3, 8, 8, 8, 1), np.uint8)
VOLUMES[0, 2:6, 2:6, 0:4] = 255  # touches the floor
VOLUMES[2, 1:7, 1:7, 1:7] = 255


def written(samples, path):
    sample_files.writer(path)(samples, path)
    return path


def test_a_picture(tmp_path):
    path = written(VOLUMES, tmp_path / "x.png")
    assert read_png(path).shape == (320, 320, 3)


def test_text_is_a_line_for_each_sample(tmp_path):
    samples = one_hot(np.stack([symbols_of("CCO", 3), np.zeros(6, np.uint8)]), 5)
    path = tmp_path / "x.txt"
    sample_files.writer(path, codecs.get("molecules"))(samples, path)
    assert path.read_text() == "CCO\n\n"
    with pytest.raises(ValueError, match="Text is for samples that are strings"):
        written(VOLUMES, path)


def test_arrays_of_any_rank(tmp_path):
    for samples, name in ((VOLUMES, "x.npz"), (np.zeros((2, 3), np.float32), "X.NPZ")):
        with np.load(written(samples, tmp_path / name)) as file:
            np.testing.assert_array_equal(file["samples"], samples)
    assert {path.name for path in tmp_path.iterdir()} == {"x.npz", "X.NPZ"}


@pytest.mark.parametrize("suffix", sample_files.MESHES)
def test_meshes_are_closed_and_in_their_places(suffix, tmp_path):
    import trimesh

    mesh = trimesh.load(written(VOLUMES, tmp_path / f"x{suffix}"), force="mesh")
    mesh.merge_vertices()
    parts = sorted(mesh.split(), key=lambda part: part.volume)
    assert len(parts) == 2  # the empty volume leaves its place
    small, large = parts
    assert small.is_watertight and large.is_watertight
    np.testing.assert_allclose(
        small.bounds, [[0.25, 0.25, 0], [0.75, 0.75, 0.5]], atol=1e-5
    )
    # The third of three in rows of two: next row, first column.
    low = np.array([0, sample_files.GAP, 0]) + 1 / 8
    np.testing.assert_allclose(large.bounds, [low, low + 6 / 8], atol=1e-5)
    # Marching cubes cuts edges and corners off.
    assert 0.9 * (6 / 8) ** 3 < large.volume < (6 / 8) ** 3


@pytest.mark.parametrize(
    "samples,message",
    [
        (np.zeros((2, 8, 8, 1), np.uint8), "A mesh needs volumes"),
        (VOLUMES // 3, "There is no surface.*Received: 3 volumes"),
    ],
)
def test_refuses_what_has_no_surface(samples, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        written(samples, tmp_path / "x.obj")
    assert not list(tmp_path.iterdir())


def test_an_unknown_suffix_is_refused():
    with pytest.raises(
        ValueError, match=r"Allowed: .png, .npz, .txt, .obj.*Received: 'x.jpg'"
    ):
        sample_files.writer("x.jpg")


def test_without_the_packages_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(ImportError, match=r"pip install 'ganzoo-keras\[mesh\]'"):
        sample_files.writer("x.obj")
    assert sample_files.writer("x.npz") is sample_files.write_arrays


def test_single_files_are_for_images_in_a_folder_of_their_own(tmp_path):
    with pytest.raises(ValueError, match=r"for images.*\(8, 8, 8, 1\)"):
        sample_files.Folder(tmp_path / "new", 3).write(VOLUMES)
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(ValueError, match="new or empty folder"):
        sample_files.Folder(tmp_path, 3)


@pytest.mark.parametrize(
    "out,shape,message",
    [
        ("folder/", (8, 8, 8, 1), "Single files are for images"),
        ("x.obj", (8, 8, 1), "A mesh needs volumes"),
        ("x.PLY", (8, 8, 8, 3), "A mesh needs volumes"),
        ("x.txt", (8, 8, 1), "Text is for samples that are strings"),
        ("x.csv", (8,), "x.csv is for models of tables"),
    ],
)
def test_a_file_that_cannot_hold_the_samples(out, shape, message):
    model = types.SimpleNamespace(
        sample_shape=shape, value_range=(-1.0, 1.0), codec=None, table=None
    )
    with pytest.raises(ValueError, match=message) as error:
        sample_files.check_fits(out, model)
    assert str(shape) in str(error.value)


@pytest.mark.parametrize(
    "out,shape,other",
    [
        ("folder", (8, 8, 3), {}),
        ("x.obj", (8, 8, 8, 1), {}),
        ("x.txt", (6, 5), {"codec": "molecules"}),
        ("x.csv", (8,), {"table": {}}),
        ("x.png", (8,), {}),
        ("x.npz", (8, 8, 8, 3), {}),
    ],
)
def test_a_file_that_holds_the_samples(out, shape, other):
    values = {"value_range": (0.0, 1.0), "codec": None, "table": None, **other}
    sample_files.check_fits(out, types.SimpleNamespace(sample_shape=shape, **values))


def test_floats_are_no_pixels():
    model = types.SimpleNamespace(sample_shape=(8, 8, 1), value_range=None)
    with pytest.raises(ValueError, match="Single files are for images"):
        sample_files.check_fits("folder", model)


def test_images_of_every_kind_become_files(tmp_path):
    for channels, mode in ((1, "L"), (3, "RGB"), (4, "RGBA")):
        folder = sample_files.Folder(tmp_path / mode, 100_001)
        folder.write(np.full((1, 2, 3, channels), 7, np.uint8))
        with Image.open(tmp_path / mode / "000000.png") as image:
            assert (image.mode, image.size) == (mode, (3, 2))
            assert np.asarray(image).max() == 7


@pytest.mark.parametrize(
    "path,single", [("x/", True), ("x.png/", True), ("x", True), ("x.png", False)]
)
def test_what_is_a_folder(path, single):
    assert sample_files.is_folder(path) == single
