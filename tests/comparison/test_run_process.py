"""What a run of a comparison costs, and its pictures."""

import numpy as np
import pytest
from helpers import tiny

from ganzoo.comparison import run_process
from ganzoo.data.dataset import Data
from ganzoo.plots.pictures import read_png

ROWS = [{"step": 1, "seconds": 2.0, "peak_memory_mib": 3}]


@pytest.mark.parametrize(
    "name,options",
    [
        ("vanilla", {}),
        ("cgan", {"num_classes": 3}),
        ("cgan", {"condition": {"name": "tags", "count": 3}}),
        ("cgan", {"condition": {"name": "numbers", "count": 2}}),
        ("text2image", {}),
    ],
)
def test_a_sample_of_every_condition_has_a_cost(name, options):
    found = run_process.cost(tiny(name, **options), ROWS)
    assert found["flops_per_sample"] > 0 and found["g_parameters"] > 0
    assert (found["seconds"], found["peak_memory_mib"]) == (2.0, 3)


def test_neighbours_are_the_nearest_training_images(tmp_path):
    model = tiny("vanilla")
    real = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1), "uint8")
    real[10:20] = model.sample(run_process.PAIRS, seed=1)
    run_process.draw(model, Data("set", {"real": real}), tmp_path)
    picture = read_png(tmp_path / "neighbours.png")
    half = (len(picture) - 2) // 2
    np.testing.assert_array_equal(picture[2 : half + 2], picture[half + 2 :])


def test_samples_that_are_all_the_same_are_drawn_too(tmp_path, monkeypatch):
    model = tiny("vanilla")
    same = np.full((run_process.PAIRS, 8, 8, 1), 128, "uint8")
    monkeypatch.setattr(model, "sample", lambda n, seed: same)
    real = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1), "uint8")
    run_process.draw(model, Data("set", {"real": real}), tmp_path)
    assert (tmp_path / "neighbours.png").exists()
