"""Masks and what is made of them, by hand."""

import numpy as np
import pytest

from ganzoo.data import holes

RNG = np.random.default_rng(0)


def test_central_holes():
    masks = holes.central_masks(2, (8, 8), 4)
    assert masks.shape == (2, 8, 8, 1) and masks.dtype == np.uint8
    assert (masks[:, 2:6, 2:6] == 255).all() and (masks > 0).sum() == 2 * 16


def test_strokes_are_as_wide_as_the_brush():
    """One straight stroke of width 10 and length 50: at most a capsule of that size."""
    one = {"strokes": 1, "points": 1, "width": (0.1, 0.1), "length": (0.5, 0.5)}
    masks = holes.stroke_masks(20, (100, 120), seed=3, **one) > 0
    areas = masks.sum(axis=(1, 2, 3))
    capsule = np.pi * 5**2 + 10 * 50
    assert areas.max() == pytest.approx(capsule, rel=0.03)
    assert (areas > 0).all() and len(set(areas)) > 5  # others were cut off at an edge


def test_strokes_are_seeded_and_alike_at_all_sizes():
    small, large = (holes.stroke_masks(60, (side, side)) for side in (32, 96))
    np.testing.assert_array_equal(small, holes.stroke_masks(60, (32, 32)))
    assert (small != holes.stroke_masks(60, (32, 32), seed=1)).any()
    shares = [float((masks > 0).mean()) for masks in (small, large)]
    assert shares[0] == pytest.approx(shares[1], rel=0.25)
    assert 0.02 < shares[1] < 0.3


def test_punch_by_hand():
    images = np.array([10, 20, 90, 40], np.uint8).reshape(1, 2, 2, 1)
    masks = np.array([0, 255, 0, 0], np.uint8).reshape(1, 2, 2, 1)
    before, after = images + 1, images + 2
    source = holes.punch(images, masks, neighbours=(before, after))
    assert source.dtype == np.uint8
    assert source[0, 0].tolist() == [[11, 12, 0, 10], [21, 22, 255, 47]]  # 140 / 3
    assert source[0, 1].tolist() == [[91, 92, 0, 90], [41, 42, 0, 40]]
    assert holes.punch(images, masks, fill=7)[0, 0].tolist() == [[0, 10], [255, 7]]


def test_punch_fills_each_channel_with_its_own():
    images = RNG.integers(0, 256, (3, 4, 4, 3), dtype="uint8")
    masks = holes.central_masks(3, (4, 4), 2)
    source = holes.punch(images, masks, fill=(1, 2, 3))
    assert (source[:, 1:3, 1:3, 1:] == (1, 2, 3)).all()
    known = np.ones((4, 4), bool)
    known[1:3, 1:3] = False
    np.testing.assert_array_equal(source[:, known, 1:], images[:, known])


@pytest.mark.parametrize(
    "make,message",
    [
        (lambda x, m: holes.central_masks(1, (4, 6), 5), "from 1 to 4"),
        (lambda x, m: holes.stroke_masks(1, (4, 4), width=(0.3, 0.1)), "`width` must"),
        (lambda x, m: holes.stroke_masks(1, (4, 4), length=(0, 1)), "`length` must"),
        (lambda x, m: holes.punch(x, m[:1]), "Received: uint8"),
        (lambda x, m: holes.punch(x / 255, m), "float64"),
        (lambda x, m: holes.punch(x, m, neighbours=(x[:, :2],)), "neighbours"),
        (lambda x, m: holes.punch(x, m // 2), "255 in the hole"),
    ],
)
def test_refuses(make, message):
    images = RNG.integers(0, 256, (2, 4, 4, 1), dtype="uint8")
    with pytest.raises(ValueError, match=message):
        make(images, holes.central_masks(2, (4, 4), 2))
