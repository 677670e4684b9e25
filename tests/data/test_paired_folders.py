from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from prepared_sets import prepare
from real_sets import SETS

from ganzoo.data import account, load_data
from ganzoo.data.dataset import NoSuchSplit


def draw(path, *colors, side=4):
    """Squares of one grey each, side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.repeat(np.array(colors, np.uint8), side)[None].repeat(side, 0)
    Image.fromarray(pixels).save(path)


def first(array):
    return array[:, 0, 0, 0].tolist()


def test_side_by_side_by_split_and_direction(tmp_path):
    for i in range(3):
        draw(tmp_path / "train" / f"{i}.png", i, 100 + i)
    draw(tmp_path / "test" / "9.png", 9, 109)
    data = load_data(tmp_path, source_key="source")
    assert data.arrays["source"].shape == data.arrays["real"].shape == (3, 4, 4, 1)
    assert first(data.arrays["source"]) == [0, 1, 2]
    assert first(data.arrays["real"]) == [100, 101, 102]
    back = load_data(
        tmp_path, source_key="source", direction="BtoA", split="test"
    ).arrays
    assert (first(back["source"]), first(back["real"])) == ([109], [9])
    assert len(load_data(tmp_path, source_key="source", split="all")) == 4


def test_each_half_is_resized_by_itself(tmp_path):
    draw(tmp_path / "1.png", 0, 255, side=16)
    found = load_data(tmp_path, source_key="source", image_size=4, channels=3).arrays
    assert found["source"].shape == (1, 4, 4, 3)
    assert not found["source"].any() and (found["real"] == 255).all()


@pytest.mark.parametrize("names", [["{}/1.png"], ["{}/A/1.png", "{}/B/1.png"]])
def test_both_splits_have_one_scale_and_the_channels_of_training(tmp_path, names):
    for part, peak, mode in (("train", 4000, "RGB"), ("test", 1000, "L")):
        deep = np.full((2, 4 // len(names)), 500, np.uint16)
        deep[0, 0] = peak
        for name in names:
            for folder, image in (
                ("deep", Image.fromarray(deep)),
                ("plain", Image.new(mode, deep.shape[::-1])),
            ):
                file = tmp_path / folder / name.format(part)
                file.parent.mkdir(parents=True, exist_ok=True)
                image.save(file)
    for split in ("train", "test"):
        settings = {"source_key": "source", "split": split}
        found = load_data(tmp_path / "deep", **settings).arrays["real"]
        assert found[0, -1, -1, 0] == 500 * 255 // 4000
        plain = load_data(tmp_path / "plain", **settings).arrays
        assert plain["real"].shape[-1] == plain["source"].shape[-1] == 3


@pytest.mark.parametrize("places", ["{}A", "{}/A", "A/{}"])
def test_two_folders_with_equal_names(tmp_path, places):
    for part, count in (("train", 2), ("test", 1)):
        a = tmp_path / places.format(part)
        b = Path(str(a).replace(f"{tmp_path}", "").replace("A", "B").strip("/"))
        for i in range(count):
            draw(a / f"{i}.png", i)
            draw(tmp_path / b / f"{i}.jpg", 100 + 10 * i)
    found = load_data(tmp_path, source_key="source").arrays
    assert (first(found["source"]), first(found["real"])) == ([0, 1], [100, 110])
    assert len(load_data(tmp_path, source_key="source", split="test")) == 1


def test_names_without_a_partner_are_refused(tmp_path):
    draw(tmp_path / "A" / "1.png", 1)
    draw(tmp_path / "B" / "2.png", 1)
    with pytest.raises(ValueError, match="equal names; cyclegan.*2 without.*: 1, 2"):
        load_data(tmp_path, source_key="source")


def test_two_sets_without_pairs(tmp_path):
    for side, grey, count in (("A", 0, 2), ("B", 100, 3)):
        for part in ("train", "test"):
            for i in range(count):
                draw(tmp_path / f"{part}{side}" / f"{side}{i}.png", grey + i)
    found = load_data(tmp_path, source_key="unpaired").arrays
    assert set(found) == {"real", "unpaired"}
    assert first(found["unpaired"]) == [0, 1]
    assert first(found["real"]) == [100, 101, 102]
    back = load_data(
        tmp_path, source_key="unpaired", direction="BtoA", split="all"
    ).arrays
    assert (len(back["unpaired"]), len(back["real"])) == (6, 4)


def test_pairs_serve_as_two_sets_and_keep_the_answers_in_the_test_split(tmp_path):
    for part in ("train", "test"):
        draw(tmp_path / part / "1.png", 1, 2)
    found = load_data(tmp_path, source_key="unpaired").arrays
    assert set(found) == {"real", "unpaired"}
    held_out = load_data(tmp_path, source_key="unpaired", split="test").arrays
    assert first(held_out["source"]) == first(held_out["unpaired"]) == [1]


def test_an_unreadable_half_drops_its_pair_and_is_named(tmp_path):
    for i in range(3):
        draw(tmp_path / "A" / f"{i}.png", i)
        draw(tmp_path / "B" / f"{i}.png", 100 + i)
    (tmp_path / "B" / "1.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match="Skipped 1 unfit.*B/1.png"):
        found = load_data(tmp_path, source_key="source").arrays
    assert (first(found["source"]), first(found["real"])) == ([0, 2], [100, 102])
    with pytest.raises(ValueError, match="Unreadable image"):
        load_data(tmp_path, source_key="source", strict=True)


def test_pairs_of_any_shape_are_asked_for_by_their_size(tmp_path):
    """Files of 8x4 pixels hold two of 8x2, or else are photographs."""
    pixels = np.arange(32, dtype=np.uint8).reshape(8, 4)
    Image.fromarray(pixels).save(tmp_path / "1.png")
    with pytest.raises(ValueError, match="8x4 pixels, but 2 square.*such as 8x2"):
        load_data(tmp_path, source_key="source")
    found = load_data(tmp_path, source_key="source", image_size="8x2").arrays
    np.testing.assert_array_equal(found["source"][0, ..., 0], pixels[:, :2])
    np.testing.assert_array_equal(found["real"][0, ..., 0], pixels[:, 2:])
    with pytest.raises(ValueError, match="8x4 pixels.*such as 8x2"):
        load_data(tmp_path, source_key="source", image_size=(2, 8))


@pytest.mark.parametrize("place", ["{}A/{}B", "{}/A {}/B", "A/{} B/{}", "{}"])
def test_val_is_the_test_split_of_pairs_too(tmp_path, place):
    for part, count in (("train", 2), ("val", 1)):
        for i in range(count):
            if place == "{}":
                draw(tmp_path / part / f"{i}.png", i, 100 + i)
                continue
            sides = place.replace("A/{}B", "A {}B").format(part, part).split()
            for side, grey in zip(sides, (i, 100 + i), strict=True):
                draw(tmp_path / side / f"{i}.png", grey)
    draw(tmp_path / "train" / ".hidden.png", 5)
    data = load_data(tmp_path, source_key="source")
    assert (first(data.arrays["source"]), data.account.test) == ([0, 1], 1)
    assert data.account.left_out == {"hidden file": ("train/.hidden.png",)}
    assert first(
        load_data(tmp_path, source_key="source", split="test").arrays["real"]
    ) == [100]


def test_images_outside_of_the_two_sides_are_counted(tmp_path):
    for place in ("A", "B", "C"):
        draw(tmp_path / place / "1.png", 1)
    data = load_data(tmp_path, source_key="source")
    assert account.line(data) == (
        f"{tmp_path.name} AtoB: 1 image 4x4x1 with sources 4x4x1, no test split "
        "(scores take a fixed third); left out: 1 outside of A and B"
    )


def test_a_single_image_is_no_pair(tmp_path):
    draw(tmp_path / "1.png", 1, 2, 3)
    with pytest.raises(ValueError, match="4x12 pixels, but 2 square images"):
        load_data(tmp_path, source_key="source")


def test_sets_above_the_limit_are_mapped(tmp_path):
    for i in range(4):
        draw(tmp_path / "a" / f"{i}.png", i, 100 + i)
    settings = {"source_key": "source", "cache_dir": tmp_path / "c", "memory_limit": 10}
    found = load_data(tmp_path / "a", **settings).arrays
    assert isinstance(found["source"], np.memmap)
    assert (first(found["source"]), first(found["real"])[3]) == ([0, 1, 2, 3], 103)


def test_cyclegan_sets_of_tfds(tmp_path):
    prepare(tmp_path, splits={f"{p}{s}": 3 for p in ("train", "test") for s in "AB"})
    found = load_data("tiny", source_key="unpaired", data_dir=tmp_path).arrays
    assert first(found["unpaired"]) == first(found["real"]) == [0, 1, 2]
    both = load_data("tiny", source_key="unpaired", data_dir=tmp_path, split="all")
    assert len(both) == 6


def test_what_has_no_sources_is_told_what_would_do(tmp_path):
    with pytest.raises(ValueError, match="'digits' has no sources.*pairs=edges"):
        load_data("digits", source_key="source")
    prepare(tmp_path)
    with pytest.raises(NoSuchSplit, match="no two sets.*trainA.*pairs=invert"):
        load_data("tiny", source_key="unpaired", data_dir=tmp_path)
    draw(tmp_path / "x" / "A" / "1.png", 1)
    draw(tmp_path / "x" / "B" / "1.png", 1)
    with pytest.raises(NoSuchSplit, match="No test images"):
        load_data(tmp_path / "x", source_key="source", split="test")


@pytest.mark.skipif(not SETS.is_dir(), reason="needs sets in ../shared/data")
def test_real_sets():
    train, test = (
        load_data(SETS / "facades", source_key="source", image_size=8, split=split)
        for split in ("train", "test")
    )
    assert (len(train), len(test)) == (360, 40)
    zebras = load_data(SETS / "horse2zebra_128", source_key="unpaired", image_size=8)
    assert zebras.sample_shape == (8, 8, 3)
    assert (len(zebras), len(zebras.arrays["unpaired"])) == (1334, 1067)


def test_the_tests_of_a_and_b_within_them_are_not_trained_on(tmp_path):
    for side, base in (("A", 0), ("B", 100)):
        for i in range(4):
            draw(tmp_path / side / f"{i}.png", base + i)
        for i in range(2):
            draw(tmp_path / side / "test" / f"{i}.png", base + 10 + i)
    train, test = (
        load_data(tmp_path, source_key="source", split=split).arrays
        for split in ("train", "test")
    )
    assert first(train["source"]) == [0, 1, 2, 3]
    assert (first(test["source"]), first(test["real"])) == ([10, 11], [110, 111])


def test_pairs_are_found_by_their_names_whatever_their_endings(tmp_path):
    for i, name in enumerate(("a", "a.k")):
        draw(tmp_path / "A" / f"{name}.jpg", 10 + i)
        draw(tmp_path / "B" / f"{name}.png", 110 + i)
    found = load_data(tmp_path, source_key="source").arrays
    assert (first(found["source"]), first(found["real"])) == ([10, 11], [110, 111])
    for side in "AB":
        draw(tmp_path / side / "a.bmp", 0)
    with pytest.raises(ValueError, match="several endings, such as 'a'"):
        load_data(tmp_path, source_key="source")


def test_pairs_lie_in_a_folder_of_their_own(tmp_path):
    """As in most archives."""
    for part in ("trainA", "trainB"):
        for i in range(2):
            draw(tmp_path / "h2z" / "h2z" / part / f"{i}.png", i, side=8)
    (tmp_path / "h2z" / "__MACOSX").mkdir()
    data = load_data(tmp_path / "h2z", source_key="unpaired")
    assert len(data.arrays["real"]) == len(data.arrays["unpaired"]) == 2
