"""Pixels out of channels, by hand."""

import keras
import numpy as np
import pytest

from ganzoo.layers import PixelShuffle


def test_a_position_becomes_a_square_row_by_row():
    x = np.arange(8.0).reshape(1, 1, 2, 4)
    made = PixelShuffle(2)(x).numpy()
    assert made[0, ..., 0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]


def test_shapes_and_config():
    source = keras.Input((None, 3, 12))
    assert PixelShuffle(2)(source).shape == (None, None, 6, 3)
    assert PixelShuffle.from_config(PixelShuffle(3).get_config()).factor == 3
    with pytest.raises(ValueError, match="whole number from 2"):
        PixelShuffle(1)
