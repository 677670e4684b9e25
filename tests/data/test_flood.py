import numpy as np
import pytest

from ganzoo.data import flood
from ganzoo.data.made_pairs import PAIRS

RNG = np.random.default_rng(0)
PHOTOGRAPHS = RNG.integers(0, 256, (3, 16, 12, 3), dtype=np.uint8)


def test_the_mask_lies_below_the_line_of_the_height():
    masks = flood.masks(np.array([0.0, 0.25, 1.0]), (8, 3))
    assert masks.shape == (3, 8, 3, 1) and masks.dtype == np.uint8
    assert (masks[..., 0, 0] == 255).sum(axis=1).tolist() == [0, 2, 8]
    assert (masks[1, 6:] == 255).all() and (masks[1, :6] == 0).all()


def test_asked_is_the_mask_before_the_untouched_photograph():
    source = flood.sources(PHOTOGRAPHS, [0.5, 0.25, 0.125])
    np.testing.assert_array_equal(source[..., 1:], PHOTOGRAPHS)
    assert (source[..., 0] == 255).sum(axis=(1, 2)).tolist() == [96, 48, 24]
    np.testing.assert_array_equal(
        flood.sources(PHOTOGRAPHS, 0.5)[0], source[0], "one height for all"
    )


def test_still_water_is_the_mirror_image_mixed_with_mud_by_depth():
    wet = flood.rendered(PHOTOGRAPHS, 0.25, sway=0)
    np.testing.assert_array_equal(wet[:, :12], PHOTOGRAPHS[:, :12])
    for row in range(4):  # row 12 mirrors row 11, row 13 row 10, ...
        clear = 0.7 * np.exp(-((row + 0.5) / 16) / 0.25)
        mixed = clear * PHOTOGRAPHS[:, 11 - row] + (1 - clear) * flood.MUD
        np.testing.assert_array_equal(wet[:, 12 + row], np.rint(mixed))


def test_ripples_follow_the_seed_and_move_nothing_above_the_line():
    one, same, other = (flood.rendered(PHOTOGRAPHS, 0.5, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other)[:, 8:].any() and not (one != other)[:, :8].any()


def test_water_beyond_the_mirror_image_shows_its_last_row():
    photograph = np.zeros((1, 4, 4, 3), np.uint8)
    photograph[:, 0] = 255
    wet = flood.rendered(photograph, 0.75, sway=0)[0, :, 0, 0]
    clear = 0.7 * np.exp(-(np.array([0.5, 1.5, 2.5]) / 4) / 0.25)
    assert wet.tolist() == [255, *np.rint(clear * 255 + (1 - clear) * 82)]


def test_no_water_leaves_the_photographs():
    np.testing.assert_array_equal(flood.rendered(PHOTOGRAPHS, 0.0), PHOTOGRAPHS)


def test_pairs_have_heights_within_bounds():
    source, real = PAIRS["flood"](np.repeat(PHOTOGRAPHS, 40, axis=0), RNG)
    shares = (source[..., 0] == 255).mean(axis=(1, 2))
    assert 0.1 - 0.5 / 16 <= shares.min() < 0.2
    assert 0.4 < shares.max() <= 0.5 + 0.5 / 16
    dry = source[..., 0] == 0
    np.testing.assert_array_equal(real[dry], source[..., 1:][dry])


@pytest.mark.parametrize(
    ("photographs", "heights", "message"),
    [
        (PHOTOGRAPHS, 1.01, "from 0 to 1.*Received: 1.01"),
        (PHOTOGRAPHS, [0.5, -0.1, 0.2], "Received: -0.1"),
        (PHOTOGRAPHS, np.nan, "Received: nan"),
        (PHOTOGRAPHS[..., :1], 0.5, r"three colours.*\(3, 16, 12, 1\)"),
        (PHOTOGRAPHS / 255, 0.5, "three colours.*float64"),
        (PHOTOGRAPHS, [0.5, 0.2], r"one for each.*shape \(2,\) for 3 photographs"),
        (PHOTOGRAPHS, [[0.5, 0.2, 0.1]], r"one for each.*shape \(1, 3\)"),
        (PHOTOGRAPHS, "0.5", "share of the image's height.*Received: <U3"),
        (PHOTOGRAPHS, None, "share of the image's height.*Received: object"),
        (PHOTOGRAPHS, True, "share of the image's height.*Received: bool"),
    ],
)
def test_refuses_what_cannot_be_flooded(photographs, heights, message):
    for make in (flood.sources, flood.rendered):
        with pytest.raises(ValueError, match=message):
            make(photographs, heights)


@pytest.mark.parametrize("sway", [-0.1, np.nan, np.inf])
def test_ripples_have_a_size(sway):
    with pytest.raises(ValueError, match=f"`sway` must be .* Received: {sway}"):
        flood.rendered(PHOTOGRAPHS, 0.5, sway=sway)


def test_no_photographs_stay_none():
    assert flood.sources(PHOTOGRAPHS[:0], 0.5).shape == (0, 16, 12, 4)
    assert flood.rendered(PHOTOGRAPHS[:0], []).shape == (0, 16, 12, 3)
