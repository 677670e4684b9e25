"""A data set is loaded once a process, and handed on from there."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from small_runs import BASE, files_of

import ganzoo
from ganzoo.comparison import run_process
from ganzoo.data.load import load_data
from ganzoo.models.warm_start import take_over
from ganzoo.runs.config_files import load_config
from ganzoo.runs.experiment import Experiment, from_dict
from ganzoo.runs.resolve import fitting_batch, resolve

SCORED = {"evaluate_every": 2, "evaluation_samples": 30, "extractor": "pixels"}
PAIRED = {
    "model": "pix2pix",
    "options": {"filters": 2, "d_levels": 1, "levels": 2},
    "pairs": "invert",
    "image_size": 12,
    "steps": 2,
}


@pytest.fixture
def loads(monkeypatch):
    """The (name, split, image_size) of every call of `load_data`, by any module."""
    calls = []

    def spy(name, *, split="train", image_size=None, **settings):
        calls.append((name, split, image_size))
        return load_data(name, split=split, image_size=image_size, **settings)

    for module in list(sys.modules.values()):
        if vars(module).get("load_data") is load_data and module.__name__ != __name__:
            monkeypatch.setattr(module, "load_data", spy)
    return calls


def train(path, **changes):
    experiment = Experiment(**BASE | changes)
    return ganzoo.train(experiment, path, progress=False)


BOTH = [("digits", "train", None), ("digits", "test", None)]


def test_training_alone_loads_the_training_split(loads, tmp_path):
    train(tmp_path / "run")
    assert loads == BOTH[:1]


def test_training_with_scores_loads_each_split_once(loads, tmp_path):
    train(tmp_path / "run", **SCORED)
    assert loads == BOTH


def test_evaluate_loads_each_split_once(loads, tmp_path):
    train(tmp_path / "run", **SCORED)
    loads.clear()
    ganzoo.evaluate(tmp_path / "run", n=30, extractor="pixels")
    assert loads == BOTH
    loads.clear()
    model = ganzoo.load(tmp_path / "run")
    ganzoo.evaluate(model, dataset="digits", n=30, extractor="pixels")
    assert loads == BOTH


@pytest.mark.long
@pytest.mark.parametrize(
    "changes", [{}, {"model": "sgan", "options": {}, "labels_per_class": 5}]
)
def test_a_run_of_compare_loads_each_split_once(changes, loads, tmp_path):
    experiment = Experiment(**BASE | SCORED | changes)
    run_process.run(experiment, tmp_path / "run", only=["frechet_distance"])
    assert loads == BOTH
    assert "samples/neighbours.png" in files_of(tmp_path / "run")


@pytest.mark.parametrize("size,sizes", [(12, [12, 12]), (14, [12, 14, 12])])
def test_larger_images_to_crop_from_are_a_load_of_their_own(
    size, sizes, loads, tmp_path
):
    scored = {**SCORED, "metric": "l1"}
    train(tmp_path / "run", **PAIRED, **scored, load_size=size)
    assert sorted(image_size for *_, image_size in loads) == sorted(sizes)


@pytest.mark.parametrize("dataset", ["ring8", "voxel_shapes"])
def test_what_is_no_image_is_not_mirrored(dataset):
    with pytest.raises(ValueError, match="flip .*images alone.*flip=True for samples"):
        resolve(Experiment("vanilla", dataset=dataset, flip=True))


def test_scores_see_every_label_and_training_as_many_as_it_may():
    resolved = resolve(Experiment("sgan", labels_per_class=3))
    assert (resolved.data.arrays["label"] == -1).all()
    assert len(resolved.data.arrays["labeled"]) == 30
    assert (resolved.parts.train.arrays["label"] >= 0).all()
    assert resolved.data.arrays["real"] is resolved.parts.train.arrays["real"]
    expected = load_data("digits", labels_per_class=3)
    assert resolved.data.fingerprint == expected.fingerprint


def test_a_run_on_one_class_is_scored_on_that_class(tmp_path):
    train(tmp_path / "run", class_name="3", **SCORED)
    evaluation = ganzoo.evaluate(tmp_path / "run", n=30, extractor="pixels")
    assert "digits 3" in evaluation.get("frechet_distance").protocol
    parts = resolve(Experiment(class_name="3")).parts
    held_out = load_data("digits", split="test").arrays
    expected = held_out["real"][held_out["label"] == 3]
    np.testing.assert_array_equal(parts.held_out.arrays["real"], expected)


@pytest.mark.parametrize(
    "samples,batch", [(1, 1), (8, 8), (80, 80), (83, 80), (127, 120), (999, 128)]
)
def test_the_default_batch_fits_the_set(samples, batch):
    assert fitting_batch(samples) == batch


def test_a_batch_that_is_given_stays(tmp_path):
    np.savez(tmp_path / "few.npz", x_train=np.zeros((20, 8, 8, 1), "uint8"))
    few = Experiment(model="dcgan", dataset=str(tmp_path / "few.npz"))
    assert resolve(few).batch_size == 16
    assert resolve(replace(few, batch_size=20)).batch_size == 20
    assert resolve(replace(few, batch_size=128)).batch_size == 128  # `fit` refuses it


# --- configs for photographs ------------------------------------------------------


def photographs(folder, count):
    """A folder of images of several sizes and modes."""
    folder.mkdir()
    for i in range(count):
        mode = ("RGB", "L", "RGBA")[i % 3]
        Image.new(mode, (150 + i % 7, 90 + i % 5)).save(folder / f"{i}.png")
    return str(folder)


@pytest.mark.parametrize("side", [64, 128])
@pytest.mark.parametrize("count, batch", [(20, 16), (80, 80), (130, 128)])
def test_photographs_of_any_form_fit_their_config(tmp_path, side, count, batch):
    values = load_config(f"photos_{side}")
    folder = photographs(tmp_path / "mine", count)
    resolved = resolve(from_dict({**values, "dataset": folder}))
    assert resolved.data.arrays["real"].shape == (count, side, side, 3)
    assert resolved.options["image_shape"] == [side, side, 3]
    assert resolved.batch_size == batch


def test_128_pixels_begin_with_the_layers_of_64_that_fit():
    def built(side):
        options = load_config(f"photos_{side}")["options"]
        return ganzoo.build("dcgan", image_shape=(side, side, 3), **options)

    lines = take_over(built(128), built(64))
    assert [line.split(";")[0] for line in lines] == [  # as docs/guides/photographs.md
        "generator: takes 8 of 11 layers",
        "discriminator: takes 7 of 10 layers",
    ]
