"""Tiles: as the whole image, at its borders, too."""

import numpy as np
import pytest
from helpers import tiny

from ganzoo.models.super_resolution import tiled

RNG = np.random.default_rng(0)


def images(*shape):
    return RNG.integers(0, 256, shape, dtype="uint8")


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_tiles_equal_the_whole(norm):
    model = tiny("srresnet", scale=4, filters=4, norm=norm)
    x = images(2, 37, 50, 1)
    whole = model.translate(x)
    assert whole.shape == (2, 148, 200, 1)
    parts = model.translate(x, tile=16)
    assert np.abs(parts.astype(int) - whole).max() <= 1  # another order of sums
    answers = model.translate(x, tile=16, samples=1)
    np.testing.assert_array_equal(answers[:, 0], parts)


def test_the_shapes_decide_the_scale():
    model = tiny("srgan", image_shape=(8, 12, 1), source_shape=(2, 3, 1), scale=None)
    assert model.scale == 4 and model.translate(images(1, 5, 5, 1)).shape[1] == 20
    assert tiny("srgan", scale=None).source_shape == (2, 2, 1)


def test_each_tile_sees_its_reach_and_no_more():
    seen = []

    def function(x):
        seen.append(x.shape[1:3])
        return x.repeat(2, 1).repeat(2, 2)

    x = images(1, 5, 9, 3)
    made = tiled(function, x, tile=4, reach=1, scale=2)
    np.testing.assert_array_equal(made, x.repeat(2, 1).repeat(2, 2))
    assert seen == [(5, 5), (5, 6), (5, 2), (2, 5), (2, 6), (2, 2)]


@pytest.mark.parametrize(
    "options,tile,message",
    [
        ({}, 0, "whole number from 1"),
        ({"norm": "instance"}, 8, "the whole image"),
        ({"scale": 3}, 8, "`scale` must be 2 or 4"),
        ({"source_shape": (8, 8, 1), "scale": None}, 8, "Received: 1"),
        ({"source_shape": (4, 2, 1)}, 8, "2 times the sides"),
        ({"image_shape": (10, 8, 1), "scale": 4}, 8, "4 times the sides"),
    ],
)
def test_refuses(options, tile, message):
    with pytest.raises(ValueError, match=message):
        tiny("srresnet", **options).translate(images(1, 8, 8, 1), tile=tile)
