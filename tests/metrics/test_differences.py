import numpy as np
import pytest

from ganzoo.metrics import l1_distance, sharpness


def test_l1_by_hand():
    a = np.zeros((2, 1, 2, 1), np.uint8)
    b = np.array([0, 255, 51, 0], np.uint8).reshape(2, 1, 2, 1)
    assert l1_distance(a, b) == pytest.approx((1 + 0.2) / 4)
    assert l1_distance(b, b) == 0


def test_l1_of_uint8_does_not_wrap_and_blocks_join():
    a = np.full((300, 2, 2, 1), 10, np.uint8)
    b = a.copy()
    b[256:] = 61  # 51 more
    assert l1_distance(a, b) == l1_distance(b, a) == pytest.approx(0.2 * 44 / 300)


def test_sharpness_of_a_ramp_and_of_a_corner():
    ramp = np.arange(0, 255, 51, dtype=np.uint8)[None].repeat(5, 0)[None, ..., None]
    assert sharpness(ramp) == pytest.approx(0.2 / np.sqrt(2))
    corner = np.array([[0, 51], [51, 9]], np.uint8)[None, ..., None]
    assert sharpness(corner) == pytest.approx(0.2)
    assert sharpness(np.full((1, 4, 4, 3), 7, np.uint8)) == 0


def test_blur_lowers_sharpness():
    x = np.random.default_rng(0).integers(0, 256, (4, 9, 9, 1), dtype=np.uint8)
    blurred = ((x[:, 1:].astype(int) + x[:, :-1]) // 2).astype(np.uint8)
    assert sharpness(blurred) < sharpness(x)


@pytest.mark.parametrize("function", [sharpness, lambda x: l1_distance(x, x)])
def test_refuses_what_are_no_images(function):
    for bad in (np.zeros((2, 4, 4, 1)), np.zeros((2, 4), np.uint8)):
        with pytest.raises(ValueError, match="uint8 of shape"):
            function(bad)


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match="pairs of one shape"):
        l1_distance(np.zeros((1, 2, 2, 1), np.uint8), np.zeros((2, 2, 2, 1), np.uint8))
    with pytest.raises(ValueError, match="at least 2"):
        sharpness(np.zeros((1, 1, 2, 1), np.uint8))
