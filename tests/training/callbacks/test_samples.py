"""The pictures of samples during training."""

import numpy as np
import pytest
from fake_model import FakeModel, attach, intervals
from PIL import Image

from ganzoo.data.dataset import Data
from ganzoo.training.callbacks.samples import SampleGrid


def test_sample_grid_draws_from_step_0_and_animates(tmp_path, pictures):
    model = FakeModel(pictures)
    grid = SampleGrid(tmp_path, Data("toy", {"real": pictures}), every=200)
    intervals(attach(grid, model), 4)
    model.made = 255 - model.made  # another last frame, or the format merges them
    grid.finish(model)
    folder = tmp_path / "samples"
    steps = sorted(int(p.stem.split("_")[1]) for p in folder.glob("step_*.png"))
    assert steps == [0, 200, 400]
    with Image.open(folder / "training.gif") as image:
        assert image.n_frames == 2


def test_sample_grid_of_a_resumed_run_keeps_the_first_frames(tmp_path, pictures):
    data = Data("toy", {"real": pictures})
    model = FakeModel(pictures)
    attach(SampleGrid(tmp_path, data, every=100), model)
    model.step, model.made = 100, 255 - pictures
    again = attach(SampleGrid(tmp_path, data, every=100), model)
    again.finish(model)
    with Image.open(tmp_path / "samples" / "training.gif") as image:
        assert image.n_frames == 2


def test_rows_of_a_conditional_grid_are_classes(tmp_path, pictures):
    model = FakeModel(pictures, num_classes=3)
    data = Data("toy", {"real": pictures})
    attach(SampleGrid(tmp_path, data, every=100), model)
    (label,) = model.labels
    columns = len(label) // 3
    assert columns >= 2
    np.testing.assert_array_equal(
        label.reshape(3, columns), [[i] * columns for i in range(3)]
    )


@pytest.mark.parametrize("has_probability", [True, False])
def test_points_are_drawn_over_the_data(tmp_path, points, has_probability):
    model = FakeModel(points, has_probability=has_probability)
    attach(SampleGrid(tmp_path, Data("toy", {"real": points}), 100), model)
    (path,) = (tmp_path / "samples").glob("step_*.png")
    with Image.open(path) as image:
        assert image.size == (640, 560)


def test_points_of_a_conditional_model_are_drawn_without_its_field(tmp_path, points):
    """D of such a model judges a point with its label alone."""
    model = FakeModel(points, has_probability=True, num_classes=2)
    model.probability_real = None
    attach(SampleGrid(tmp_path, Data("toy", {"real": points}), 100), model)
    assert len(list((tmp_path / "samples").glob("step_*.png"))) == 1
