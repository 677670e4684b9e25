"""Pictures of voxels: what is seen of a cube, from where, and in what order."""

import numpy as np
import pytest

from ganzoo.plots.voxels import PIXELS, _faces, volumes_picture

WHITE = 255


def cube(*cells, side=8):
    volume = np.zeros((1, side, side, side, 1), np.uint8)
    for cell in cells:
        volume[(0, *cell, 0)] = 255
    return volume


def ink(picture):
    return (picture != WHITE).any(axis=-1)


def centre(picture):
    """Row and column, the middle of the ink."""
    return np.argwhere(ink(picture)).mean(axis=0)


def test_a_cube_has_three_visible_faces_of_different_brightness():
    filled = np.ones((8, 8, 8), bool)
    assert [len(_faces(filled, axis)[0]) for axis in range(3)] == [64] * 3
    picture = volumes_picture(np.full((1, 8, 8, 8, 1), 255, np.uint8))
    middle = PIXELS // 2
    top, left, right = (
        picture[row, column].astype(int).sum()
        for row, column in (
            (middle // 2, middle),
            (middle + 20, middle // 2),
            (middle + 20, 3 * middle // 2),
        )
    )
    assert top > right > left


def test_inner_faces_are_not_drawn():
    filled = np.zeros((4, 4, 4), bool)
    filled[1, 1, 1] = filled[2, 1, 1] = True
    cells, corners = _faces(filled, 0)
    np.testing.assert_array_equal(cells, [[2, 1, 1]])
    np.testing.assert_array_equal(np.unique(corners[0, :, 0]), [3])
    np.testing.assert_array_equal(corners[0].min(axis=0), [3, 1, 1])
    np.testing.assert_array_equal(corners[0].max(axis=0), [3, 2, 2])


def test_z_is_up_x_to_the_right_and_y_to_the_left():
    base = centre(volumes_picture(cube((0, 0, 0))))
    x, y, z = (
        centre(volumes_picture(cube(cell))) - base
        for cell in ((7, 0, 0), (0, 7, 0), (0, 0, 7))
    )
    assert z[0] < -20 and abs(z[1]) < 1
    assert x[1] > 20 and x[0] > 10
    assert y[1] < -20 and y[0] > 10


def test_near_voxels_cover_far_ones():
    far, near = (0, 0, 0), (3, 3, 3)  # on one line of sight
    alone = volumes_picture(cube(near, side=4))
    both = volumes_picture(cube(far, near, side=4))
    hidden = volumes_picture(cube(far, side=4))
    inside = ink(alone) & (np.abs(both.astype(int) - alone).max(axis=-1) < 8)
    assert inside.sum() > 0.7 * ink(alone).sum()  # but for blended edges
    assert np.abs(hidden.astype(int) - alone)[inside].max() > 50


def test_lays_out_up_to_16_in_rows():
    volumes = np.repeat(cube((3, 3, 3)), 20, axis=0)
    assert volumes_picture(volumes[:5]).shape == (2 * PIXELS, 3 * PIXELS, 3)
    assert volumes_picture(volumes).shape == (4 * PIXELS, 4 * PIXELS, 3)
    assert volumes_picture(volumes[:6], columns=6).shape == (PIXELS, 6 * PIXELS, 3)
    assert not ink(volumes_picture(volumes[:1] // 2 + 0)).any()  # 127: empty


@pytest.mark.parametrize(
    "volumes",
    [
        np.zeros((1, 8, 8, 8, 1)),
        np.zeros((1, 8, 8, 1), np.uint8),
        np.zeros((0, 8, 8, 8, 1), np.uint8),
    ],
)
def test_refuses_what_is_no_volume(volumes):
    with pytest.raises(ValueError, match="must be uint8 of shape .n, X, Y, Z, 1."):
        volumes_picture(volumes)
