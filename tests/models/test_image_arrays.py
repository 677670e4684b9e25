import numpy as np
import pytest

from ganzoo.models.image_arrays import check_sides, like, padded, spread


def test_padding_reflects():
    x = np.arange(3).reshape(1, 3, 1, 1)
    assert padded(x, 4).numpy().ravel()[:16:4].tolist() == [0, 1, 2, 1]


def test_images_beside_others():
    assert like(np.zeros((1, 4, 4, 1), np.uint8), (8, 8, 3)).shape == (1, 8, 8, 3)
    stack = np.arange(144, dtype=np.uint8).reshape(1, 4, 4, 9)
    np.testing.assert_array_equal(like(stack, (4, 4, 3)), stack[..., 6:])
    assert spread(np.arange(10), 4).tolist() == [0, 3, 6, 9]
    assert spread(np.arange(3), 4).tolist() == [0, 1, 2, 0]


def test_sides_grow_by_one_whole_factor():
    for image, source in (((8, 8), (8, 8)), ((8, 4), (4, 2))):
        check_sides((*image, 3), (*source, 1))
    for image, source in (((8, 8), (4, 8)), ((8, 8), (3, 3)), ((4, 4), (8, 8))):
        with pytest.raises(ValueError, match="whole number of times larger. Received"):
            check_sides((*image, 3), (*source, 1))
