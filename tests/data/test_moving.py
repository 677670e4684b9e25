"""Moving MNIST by its definition, on digits whose place can be seen."""

import numpy as np
import pytest

from ganzoo.data import Data, load_data, moving, tfds
from ganzoo.data.images import Form
from ganzoo.data.reading import Reading

SQUARE = np.full((1, 4, 4, 1), 200, np.uint8)


def places(clips):
    """Top left corners (n, frames, 2) of the one square of each frame."""
    lit = clips[..., 0] > 0
    return np.stack([lit.any(3).argmax(2), lit.any(2).argmax(2)], axis=-1)


def test_one_digit_keeps_its_form_and_bounces():
    clips = moving.moving_digits(SQUARE, 50, frames=30, side=16, digits=1)
    assert clips.shape == (50, 30, 16, 16, 1) and clips.dtype == np.uint8
    assert (clips > 0).sum(axis=(2, 3, 4)).tolist() == [[16] * 30] * 50  # never cut
    corners = places(clips)
    assert corners.min() == 0 and corners.max() == 12  # it reaches every edge
    steps = np.linalg.norm(np.diff(corners, axis=1), axis=-1)
    assert steps.max() <= 5 + np.sqrt(2)  # the greatest speed, and two roundings


def test_between_walls_it_goes_straight_at_one_speed():
    clips = moving.moving_digits(
        SQUARE, 40, frames=4, side=400, digits=1, speed=(20.0, 30.0), seed=5
    )
    steps = np.diff(places(clips), axis=1)
    straight = (np.abs(np.diff(steps, axis=1)) <= 2).all(axis=(1, 2))
    assert straight.mean() > 0.5  # the others met a wall
    speeds = np.linalg.norm(steps[straight].mean(axis=1), axis=-1)
    assert 19 <= speeds.min() < 22 and 28 < speeds.max() <= 31
    angles = np.arctan2(*steps[:, 0].T)
    assert all(((angles > low) & (angles < low + np.pi / 2)).any() for low in
               (-np.pi, -np.pi / 2, 0, np.pi / 2))  # fmt: skip


def test_bounced_by_hand():
    room = np.array([10, 0])
    place = np.array([[3, 5], [12, 5], [-2, 5], [23, 5], [-13, 5]])
    assert moving.bounced(place, room)[:, 0].tolist() == [3, 8, 2, 3, 7]
    assert not moving.bounced(place, room)[:, 1].any()


def test_two_digits_overlap_by_the_brighter_pixel():
    digits = np.concatenate([SQUARE, SQUARE // 2])
    clips = moving.moving_digits(digits, 200, frames=3, side=6)
    assert set(np.unique(clips)) == {0, 100, 200}
    alone = moving.moving_digits(digits, 200, frames=3, side=64)
    assert (alone > 0).sum(axis=(2, 3, 4)).max() == 32


def test_seeds_decide():
    one, again = (moving.moving_digits(SQUARE, 3, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert one.shape == (3, 20, 64, 64, 1)
    assert (one != moving.moving_digits(SQUARE, 3, seed=2)).any()


def test_pairs_are_the_frames_before_and_the_one_after():
    clips = np.arange(2 * 6).reshape(2, 6, 1, 1, 1).astype("uint8")
    made = moving.pairs(clips, history=3)
    assert made["source"].reshape(2, -1).tolist() == [[0, 1, 2], [6, 7, 8]]
    assert made["real"].ravel().tolist() == [3, 9]


@pytest.mark.parametrize(
    "make,message",
    [
        (lambda: moving.moving_digits(SQUARE / 255, 1), r"uint8 images \(m, h, w, 1\)"),
        (lambda: moving.moving_digits(SQUARE, 1, side=3), "side=3"),
        (lambda: moving.pairs(np.zeros((1, 4, 2, 2, 1)), history=4), "more frames"),
    ],
)
def test_refuses(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- the set moving_mnist -----------------------------------------------------------


def small_mnist(n=20):
    real = np.full((n, 28, 28, 1), 200, np.uint8)
    return Data("mnist", {"real": real, "label": np.zeros(n, np.int32)})


def clips_of_digits(mnist, split, form):
    return moving.clips_of_digits(mnist, Reading(split, form)).arrays["real"]


@pytest.mark.parametrize("side,digit", [(64, 28), (32, 14), (16, 7)])
def test_the_set_is_smaller_by_its_frames(side, digit):
    clips = clips_of_digits(small_mnist(), "test", Form((side, side)))
    assert clips.shape == (moving.TEST_CLIPS, 5, side, side, 1)
    assert clips.dtype == np.uint8
    lit = (clips[:, 0, ..., 0] > 0).sum(axis=(1, 2))
    assert digit**2 <= lit.min() and lit.max() <= 2 * digit**2  # two that may overlap
    assert (lit == 2 * digit**2).any()
    apart = np.abs(np.diff(clips.astype(int), axis=1)).sum(axis=(2, 3, 4))
    assert (apart > 0).mean() > 0.9  # it moves


def test_the_draw_of_the_set_is_fixed_and_each_split_has_its_own():
    form = Form((16, 16))
    once, again = (clips_of_digits(small_mnist(), "test", form) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    other = clips_of_digits(small_mnist(21), "test", form)
    assert (once != other).any()
    assert len(clips_of_digits(small_mnist(), "train", form)) == moving.CLIPS


@pytest.mark.parametrize(
    "form", [Form((32, 16)), Form((8, 8)), Form(None, 3), Form(None, 4)]
)
def test_the_set_refuses_other_frames(form):
    with pytest.raises(ValueError, match="grey square frames .* at least 16.*Received"):
        clips_of_digits(small_mnist(), "train", form)


def test_the_set_is_made_of_the_real_digits(mnist_dir):
    data = load_data("moving_mnist", split="test", image_size=16, data_dir=mnist_dir)
    assert data.sample_shape == (5, 16, 16, 1) and data.num_classes == 0


def test_without_mnist_the_set_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(tfds, "answers", lambda url: False)
    with pytest.raises(ValueError, match="moving_mnist is made from MNIST.*tfds build"):
        load_data("moving_mnist", data_dir=tmp_path)
