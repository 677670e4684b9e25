import numpy as np
import pytest
from PIL import Image

from ganzoo.plots import figures, pictures
from ganzoo.plots.animation import animation, thin
from ganzoo.utils import files


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


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_mesh_and_extent_by_hand():
    extent = figures.extent_of(np.array([[0.0, 1.0], [4.0, 2.0]]), margin=0.25)
    assert extent == (-1.0, 5.0, -1.5, 4.5)  # the longer side, 4, and 1 on each end
    np.testing.assert_array_equal(
        figures.mesh((0, 1, 10, 20), 2), [[0, 10], [1, 10], [0, 20], [1, 20]]
    )
    one_place = figures.extent_of(np.full((3, 2), 7.0))
    assert one_place == (6.0, 8.0, 6.0, 8.0)


def test_points_figure_shows_the_field_the_right_way_up():
    extent = (-1.0, 1.0, -1.0, 1.0)
    # D says real in the upper half alone, so that half is the bluer one.
    field = (figures.mesh(extent, 20)[:, 1] > 0).astype(float).reshape(20, 20)
    corner = np.full((1, 2), 0.9)
    picture = figures.points_figure(corner, corner, field, extent)
    assert picture.dtype == np.uint8 and picture.shape == (560, 640, 3)
    red, _, blue = picture[:, 150:350].astype(int).mean(axis=1).T
    assert (blue - red)[100:200].min() > 20
    assert (blue - red)[320:420].max() < -20


@pytest.mark.parametrize("field", [None, np.full((4, 4), 0.5), np.zeros((4, 4))])
def test_points_figure_without_a_border_to_draw(field):
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    far = points + 100  # all samples outside
    assert figures.points_figure(points, far, field).shape == (560, 640, 3)


ROW = {"step": 100, "d_loss": 1.4, "g_loss": 0.7, "d_real": 0.5, "d_fake": 0.5}


@pytest.mark.parametrize(
    ("rows", "height"),
    [
        ([], 400),
        ([{"step": 1}], 400),
        ([ROW], 600),
        ([{"step": 1, "d_loss": 1.0}, {"step": 2, "g_loss": 2.0}], 400),
        ([{"step": 1, "d_loss": float("nan")}, ROW], 600),
    ],
)
def test_curves_figure_bears_missing_keys(rows, height):
    picture = figures.curves_figure(rows)
    assert picture.dtype == np.uint8 and picture.shape == (height, 800, 3)


def test_curves_figure_draws_each_loss_once():
    once = {"step": 1, "d_loss": 1.0, "g_loss": 2.0, "seconds": 9.0}
    twice = {**once, "d_adv": 1.0, "g_adv": 2.0}
    more = {**once, "d_adv": 0.5}
    expected = figures.curves_figure([once])
    np.testing.assert_array_equal(figures.curves_figure([twice]), expected)
    assert not np.array_equal(figures.curves_figure([more]), expected)


def test_thin_keeps_the_ends():
    assert thin(range(5), 3) == [0, 2, 4]
    assert thin([1, 2], 60) == [1, 2]
    assert thin([], 60) == []


def _frames(count, shape=(4, 6, 3)):
    return [np.full(shape, i, "uint8") for i in range(count)]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".apng"])
def test_animation_is_bounded_and_keeps_the_ends(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    # Flickering, because WebP merges frames that look alike.
    frames = [np.full((4, 6, 3), value, "uint8") for value in [60, 120, 180] * 34]
    frames[0][:], frames[-1][:] = 0, 250
    animation(frames, path)
    with Image.open(path) as image:
        assert (image.n_frames, image.size) == (60, (6, 4))
        assert np.abs(np.asarray(image.convert("RGB")).astype(int)).max() <= 3
        image.seek(59)
        assert np.asarray(image.convert("RGB")).min() >= 245
    assert list(tmp_path.iterdir()) == [path]


def test_animation_reduces_large_frames(tmp_path):
    animation(_frames(2, (10, 2500, 3)), tmp_path / "x.gif")
    with Image.open(tmp_path / "x.gif") as image:
        assert image.size == (834, 4)  # a third, rounded up


def test_animation_refuses(tmp_path):
    with pytest.raises(ValueError, match=r"Allowed: .gif.*Received: .*x.mp4"):
        animation(_frames(2), tmp_path / "x.mp4")
    with pytest.raises(ValueError, match="Received: 0 frames"):
        animation([], tmp_path / "x.gif")
    with pytest.raises(ValueError, match="Allowed: one or more of one shape"):
        animation(_frames(1) + _frames(1, (5, 6, 3)), tmp_path / "x.gif")
