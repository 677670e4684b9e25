from dataclasses import replace

import numpy as np
import pytest

from ganzoo.data import load_data
from ganzoo.data.dataset import Data
from ganzoo.data.images import Form
from ganzoo.data.made_pairs import HOLE, PAIRS, edges, made_pairs
from ganzoo.data.reading import Reading

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 9, 10, 3), dtype=np.uint8)


def pair(name, images=IMAGES):
    return PAIRS[name](images, np.random.default_rng(0))


def made(tmp_path, pairs, images=IMAGES, **changes):
    reading = Reading("train", Form(), tmp_path, 2**20, source_key="source")
    data = Data("set", {"real": images})
    return made_pairs(data, pairs, replace(reading, **changes))


@pytest.mark.parametrize(
    "name", sorted(PAIRS.keys() - {"next_frame", "ink", "glasses"})
)
def test_every_function_makes_pairs_of_uint8(name):
    before = IMAGES.copy()
    source, real = pair(name)
    assert source.dtype == real.dtype == np.uint8
    assert len(source) == len(real) == 6
    np.testing.assert_array_equal(IMAGES, before)


def test_edges_of_a_step_are_black_where_it_is():
    image = np.zeros((1, 16, 16, 3), np.uint8)
    image[:, :, 8:] = 200
    lines = edges(image)[0, ..., 0]
    assert set(np.unique(lines)) == {0, 255}
    assert (lines[:, 7:9] == 0).all()
    assert (lines[:, :5] == 255).all() and (lines[:, 11:] == 255).all()
    assert (edges(np.full((1, 16, 16, 1), 7, np.uint8)) == 255).all()


def test_invert_rotate_and_halves_by_hand():
    image = np.arange(8, dtype=np.uint8).reshape(1, 2, 4, 1)
    assert pair("invert", image)[0].ravel().tolist() == list(range(255, 247, -1))
    turned = pair("rotate", image)[0][0, ..., 0].tolist()
    assert turned == [[3, 7], [2, 6], [1, 5], [0, 4]]
    left, right = pair("halves", image)
    assert left.ravel().tolist() == [0, 1, 4, 5]
    assert right.ravel().tolist() == [2, 3, 6, 7]


@pytest.mark.parametrize("factor", [2, 4])
def test_downscaling_crops_to_a_multiple_and_does_not_alias(factor):
    source, real = pair(f"downscale{factor}", IMAGES)
    width = 10 // factor * factor
    assert real.shape == (6, 8, width, 3)
    assert source.shape == (6, 8 // factor, width // factor, 3)
    np.testing.assert_array_equal(real, IMAGES[:, :8, :width])
    # Stripes of one pixel are grey afterwards; without the wide filter they alias.
    stripes = np.zeros((1, 16, 16, 1), np.uint8)
    stripes[:, :, ::2] = 254
    grey = pair(f"downscale{factor}", stripes)[0][:, :, 1:-1]
    assert abs(grey.astype(int) - 127).max() < 30


def test_the_hole_of_an_image_is_a_grey_square_and_has_its_mask():
    image = np.zeros((2, 8, 8, 3), np.uint8)
    image[..., 1] = 9
    source, real = pair("hole", image)
    np.testing.assert_array_equal(real, image)
    mask, shown = source[..., 0], source[..., 1:]
    assert (mask[:, 2:6, 2:6] == 255).all() and (mask == 255).sum() == 2 * 16
    assert (shown[mask == 255] == HOLE).all()
    np.testing.assert_array_equal(shown[mask == 0], image[mask == 0])


def test_free_forms_differ_and_follow_the_generator():
    large = np.zeros((30, 64, 64, 1), np.uint8)
    source, real = pair("free_form", large)
    masks = source[..., 0] == 255
    np.testing.assert_array_equal(source[..., 1] == HOLE, masks)
    assert 0.02 < masks.mean() < 0.3 and masks.any(axis=(1, 2)).all()
    assert (masks[0] != masks[1]).any()
    assert not real.any()
    again = PAIRS["free_form"](large, np.random.default_rng(0))[0]
    np.testing.assert_array_equal(source, again)
    other = PAIRS["free_form"](large, np.random.default_rng(1))[0]
    assert (source != other).any()


@pytest.mark.parametrize("name", ["hole", "free_form"])
def test_the_hole_of_a_clip_is_in_its_middle_frame(name):
    clips = RNG.integers(0, 256, (4, 5, 8, 8, 1), dtype=np.uint8)
    source, real = pair(name, clips)
    np.testing.assert_array_equal(real, clips[:, 2])
    around = clips[..., 0][:, [0, 1, 3, 4]]
    np.testing.assert_array_equal(np.moveaxis(source[..., :4], -1, 1), around)
    known = source[..., 4] == 0
    np.testing.assert_array_equal(source[..., 5][known], clips[:, 2, ..., 0][known])
    assert (source[..., 5][~known] == HOLE).all() and not known.all()


def test_the_next_frame_is_the_last():
    clips = RNG.integers(0, 256, (4, 3, 8, 6, 3), dtype=np.uint8)
    source, real = pair("next_frame", clips)
    np.testing.assert_array_equal(source, np.concatenate([clips[:, 0], clips[:, 1]], 3))
    np.testing.assert_array_equal(real, clips[:, 2])


def test_clips_of_a_file_become_pairs(tmp_path):
    clips = RNG.integers(0, 256, (6, 3, 8, 8, 1), dtype=np.uint8)
    np.savez(tmp_path / "clips.npz", x_train=clips)
    found = load_data(tmp_path / "clips.npz", source_key="source", pairs="next_frame")
    assert found.arrays["source"].shape == (6, 8, 8, 2)
    np.testing.assert_array_equal(found.arrays["real"], clips[:, 2])


def test_direction_swaps_what_is_given_and_what_is_wanted(tmp_path):
    there, back = (
        made(tmp_path, "invert", direction=way).arrays for way in ("AtoB", "BtoA")
    )
    np.testing.assert_array_equal(there["source"], 255 - IMAGES)
    np.testing.assert_array_equal(there["real"], IMAGES)
    np.testing.assert_array_equal(back["source"], IMAGES)
    np.testing.assert_array_equal(back["real"], 255 - IMAGES)


def test_an_unpaired_training_set_shares_no_image(tmp_path):
    found = made(tmp_path, "invert", source_key="unpaired").arrays
    known = {x.tobytes() for x in found["real"]}
    hidden = {(255 - x).tobytes() for x in found["unpaired"]}
    assert len(known) == len(hidden) == 3 and not known & hidden
    assert known | hidden == {x.tobytes() for x in IMAGES}
    assert "source" not in found


def test_an_unpaired_test_set_keeps_the_answers(tmp_path):
    found = made(tmp_path, "invert", source_key="unpaired", split="test").arrays
    np.testing.assert_array_equal(found["source"], 255 - found["real"])
    np.testing.assert_array_equal(found["unpaired"], found["source"])


def test_labels_stay_with_their_images():
    plain = load_data("digits")
    halves = load_data("digits", source_key="source", pairs="halves")
    np.testing.assert_array_equal(halves.arrays["label"], plain.arrays["label"])
    split = load_data("digits", source_key="unpaired", pairs="invert")
    rows = [x.tobytes() for x in plain.arrays["real"]]
    labels = dict(zip(rows, plain.arrays["label"], strict=True))
    asked = [labels[x.tobytes()] for x in split.arrays["real"]]
    assert split.arrays["label"].tolist() == asked


@pytest.mark.parametrize("name", ["halves", "free_form"])
def test_a_set_above_the_limit_is_mapped_and_the_same(tmp_path, name):
    images = RNG.integers(0, 256, (600, 4, 4, 1), dtype=np.uint8)  # over one block
    kept = made(tmp_path, name, images, memory_limit=100).arrays
    for key, array in made(tmp_path, name, images).arrays.items():
        assert isinstance(kept[key], np.memmap) and not isinstance(array, np.memmap)
        np.testing.assert_array_equal(kept[key], array)


def test_both_directions_of_an_unpaired_set_have_files_of_their_own(tmp_path):
    found = [
        made(
            tmp_path / cache,
            "invert",
            IMAGES,
            memory_limit=0,
            source_key="unpaired",
            direction=direction,
        ).arrays
        for cache, direction in (("a", "AtoB"), ("a", "BtoA"), ("b", "BtoA"))
    ]
    for key, array in found[1].items():
        np.testing.assert_array_equal(array, found[2][key])


def test_refuses_what_are_no_images(tmp_path):
    with pytest.raises(ValueError, match=r"uint8 images.*float32 of shape \(4, 2\)"):
        made(tmp_path, "invert", np.zeros((4, 2), np.float32))
    with pytest.raises(ValueError, match="sides of at least 4"):
        made(tmp_path, "hole", np.zeros((4, 3, 8, 1), np.uint8))
    clips = np.zeros((4, 3, 8, 8, 1), np.uint8)
    with pytest.raises(ValueError, match=r"edges needs .* images \(N, H, W, C\), "):
        made(tmp_path, "edges", clips)
    with pytest.raises(
        ValueError, match=r"next_frame needs .* clips .*\(6, 9, 10, 3\)"
    ):
        made(tmp_path, "next_frame")
    with pytest.raises(ValueError, match=r"clips .* of 2 or more.*\(4, 1, 8, 8, 1\)"):
        made(tmp_path, "hole", clips[:, :1])


def test_refuses_unknown_names_and_directions():
    with pytest.raises(ValueError, match="'edge'. Did you mean 'edges'"):
        load_data("digits", source_key="source", pairs="edge")
    with pytest.raises(ValueError, match="AtoB or BtoA. Received: 'AB'"):
        load_data("digits", source_key="source", pairs="edges", direction="AB")
    with pytest.raises(ValueError, match="for models that translate.*'edges'"):
        load_data("digits", pairs="edges")
