import numpy as np
import pytest

from ganzoo.metrics import l1_distance


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


def test_refuses_what_are_no_images():
    for bad in (np.zeros((2, 4, 4, 1)), np.zeros((2, 4), np.uint8)):
        with pytest.raises(ValueError, match="uint8 of shape"):
            l1_distance(bad, bad)


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match="pairs of one shape"):
        l1_distance(np.zeros((1, 2, 2, 1), np.uint8), np.zeros((2, 2, 2, 1), np.uint8))
