import numpy as np
import pytest

from ganzoo.plots import pictures


def test_image_grid_by_hand():
    images = np.array([10, 20, 30], "uint8").reshape(3, 1, 1, 1)
    grid = pictures.image_grid(images, columns=2, scale=2, pad=1)
    g = 128
    expected = [
        [g, g, g, g, g, g, g],
        [g, 10, 10, g, 20, 20, g],
        [g, 10, 10, g, 20, 20, g],
        [g, g, g, g, g, g, g],
        [g, 30, 30, g, g, g, g],
        [g, 30, 30, g, g, g, g],
        [g, g, g, g, g, g, g],
    ]
    assert grid.dtype == np.uint8
    np.testing.assert_array_equal(grid, np.repeat(np.array(expected)[..., None], 3, 2))


def test_image_grid_keeps_rows_columns_and_colours_apart():
    image = np.arange(2 * 3 * 3, dtype="uint8").reshape(1, 2, 3, 3)
    np.testing.assert_array_equal(pictures.image_grid(image, scale=1, pad=0), image[0])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        # 8 columns of 8 pixels: (400 - 9 * 2) / 64 = 5.97, so a pixel becomes 6 x 6.
        ((64, 8, 8, 1), (8 * 50 + 2, 8 * 50 + 2, 3)),
        # 3 columns hold 5 images in 2 rows; 200 pixels wide are wide enough.
        ((5, 100, 200, 3), (2 * 102 + 2, 3 * 202 + 2, 3)),
    ],
)
def test_image_grid_makes_small_images_visible(shape, expected):
    assert pictures.image_grid(np.zeros(shape, "uint8")).shape == expected


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((2, 4, 4, 1), "float32"),
        np.zeros((4, 4, 1), "uint8"),
        np.zeros((2, 4, 4, 2), "uint8"),
        np.zeros((0, 4, 4, 1), "uint8"),
    ],
)
def test_image_grid_refuses_what_is_no_batch_of_images(images):
    with pytest.raises(ValueError, match="Allowed: uint8 .* Received"):
        pictures.image_grid(images)


def test_save_png_can_be_read_back_and_leaves_nothing_beside_it(tmp_path):
    picture = np.arange(4 * 5 * 3, dtype="uint8").reshape(4, 5, 3)
    path = tmp_path / "new" / "x.png"
    pictures.save_png(picture, path)
    np.testing.assert_array_equal(pictures.read_png(path), picture)
    assert list(path.parent.iterdir()) == [path]


def test_opacity_is_drawn_on_white():
    clear, half, full = [10, 20, 30, 0], [0, 0, 0, 51], [10, 20, 30, 255]
    images = np.array([clear, half, full], np.uint8).reshape(3, 1, 1, 4)
    grid = pictures.image_grid(images, columns=3, scale=1, pad=0)
    assert grid[0].tolist() == [[255] * 3, [204] * 3, [10, 20, 30]]


def test_numbers_are_drawn_as_a_histogram():
    low = pictures.samples_picture(np.zeros((9, 1), np.float32))
    spread = pictures.samples_picture(np.linspace(0, 1, 9, dtype=np.float32)[:, None])
    assert low.shape == spread.shape == (400, 640, 3)
    bars = [(picture == [213, 94, 0]).all(axis=-1).sum() for picture in (low, spread)]
    assert 0 < bars[0] < bars[1]  # one bin, or nine of the same height
