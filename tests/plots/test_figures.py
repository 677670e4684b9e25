import numpy as np
import pytest

from ganzoo.plots import figures


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


def test_the_legend_of_points_names_what_is_drawn():
    points, none = np.eye(2), np.zeros((0, 2))
    drawn = [
        figures.points_figure(real, fake, extent=(-1.0, 2.0, -1.0, 2.0))[-40:]
        for real, fake in ((points, points), (points, none), (none, points))
    ]
    dark = [(legend < 128).all(axis=-1).sum() for legend in drawn]
    assert dark[0] > max(dark[1:]) > 0


def test_signals_are_lines_of_a_colour_for_each_channel():
    wave = np.sin(np.linspace(0, 6, 50))
    two = np.stack([wave, -wave], axis=-1)[np.newaxis]
    picture = figures.signals_figure(np.repeat(two, 4, axis=0))
    blue, orange = ((picture == c).all(-1) for c in ([0, 114, 178], [213, 94, 0]))
    for place in np.ndindex(2, 2):  # one signal in each quarter
        rows, columns = (slice(320 * i, 320 * (i + 1)) for i in place)
        assert blue[rows, columns].any() and orange[rows, columns].any()
    still = figures.signals_figure(np.zeros((1, 5, 1)))  # of no height
    assert (still == [0, 114, 178]).all(-1).any()
