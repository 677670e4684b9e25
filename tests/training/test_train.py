"""A run from its first command to its last: what is written, resumed and refused."""

import json
import shutil

import keras
import numpy as np
import pytest
from PIL import Image
from small_runs import BASE, TINY, check_equal, files_of
from terminal import Terminal

import ganzoo
from ganzoo import distribute
from ganzoo.plots.pictures import read_png
from ganzoo.runs import directory
from ganzoo.runs.experiment import Experiment
from ganzoo.runs.log import read_rows
from ganzoo.training import train
from ganzoo.training.callbacks.health import TrainingDiverged


def _train(workdir, **changes):
    return ganzoo.train(Experiment(**BASE | changes), workdir, progress=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of 4 steps and its model; tests leave it as it is."""
    path = tmp_path_factory.mktemp("runs") / "finished"
    return path, _train(path)


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run, to do with as a test likes."""
    return shutil.copytree(finished[0], tmp_path / "run")


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    """The model of the same run of 7 steps, trained at once."""
    return _train(tmp_path_factory.mktemp("runs") / "seven", steps=7)


def _steps(workdir):
    return [row["step"] for row in read_rows(workdir / "metrics.jsonl")]


def test_a_run_holds_its_settings_log_pictures_and_checkpoints(finished):
    path, model = finished
    assert model.step == 4
    config = json.loads((path / "config.json").read_text())
    assert config["format"] == directory.FORMAT
    assert config["experiment"]["steps"] == 4
    assert config["build"]["options"] == {
        "image_shape": [8, 8, 1],
        "seed": 0,
        **TINY,
    }
    assert config["data"]["name"] == "digits"
    assert config["data"]["samples"] == 1437
    environment = json.loads((path / "environment.json").read_text())
    assert environment["packages"]["keras"] == keras.__version__
    assert environment["devices"]
    assert environment["threads"] == distribute.threads()
    rows = read_rows(path / "metrics.jsonl")
    assert [row["step"] for row in rows] == [2, 4]
    assert {"seconds", "images_per_second", *model.log.names} <= rows[0].keys()
    pictures = {name for name in files_of(path) if name.endswith((".png", ".gif"))}
    assert pictures == {
        "curves.png",
        "samples/real.png",
        "samples/step_00000000.png",
        "samples/step_00000002.png",  # after the first call
        "samples/step_00000004.png",
        "samples/training.gif",
    }
    assert (path / "checkpoints/step_00000004.npz").is_file()
    assert {file.name for file in path.rglob(".*")} == {".lock"}  # none half written


def test_a_bar_tells_every_stage_on_a_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr", bar := Terminal())
    ganzoo.train(Experiment(**BASE), tmp_path / "run")
    words = [frame.partition(":")[0] for frame in bar.frames if ": " in frame]
    assert list(dict.fromkeys(words)) == [
        "reading the data",
        "building vanilla",
        "tracing the step",
        "training",
        "drawing",
    ]
    assert "4/4" in bar.last("drawing") and "D(x) 0." in bar.last("drawing")
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("digits: 1,437 images") and last.startswith("vanilla: G ")


def test_load_gives_the_trained_model_back(finished):
    path, model = finished
    loaded = ganzoo.load(path)
    check_equal(loaded, model)
    samples = loaded.sample(5, seed=3)
    np.testing.assert_array_equal(samples, model.sample(5, seed=3))
    assert loaded.generator is not model.generator


# Keras 3.15 hands NumPy its variables in a way that NumPy 2 deprecates.
def test_load_takes_a_keras_file_too(finished, tmp_path):
    _, model = finished
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(str(tmp_path / "model.keras"))
    np.testing.assert_array_equal(loaded.sample(3), model.sample(3))


def test_the_same_command_again_trains_no_more(finished, run):
    before = files_of(run)
    model = _train(run)
    check_equal(model, finished[1])
    changed = {name for name, data in files_of(run).items() if before.get(name) != data}
    # An .npz holds the time of writing.
    assert changed <= {f"checkpoints/step_00000004.{kind}" for kind in ("npz", "json")}


def test_more_steps_go_on_bit_for_bit(run, seven):
    longer = _train(run, steps=7)
    assert longer.step == 7
    assert _steps(run) == [2, 4, 6, 7]
    assert json.loads((run / "config.json").read_text())["experiment"]["steps"] == 7
    check_equal(longer, seven)


def test_fewer_steps_than_are_done_are_refused(run):
    before = files_of(run)
    with pytest.raises(ValueError, match="at step 4 already.* Received: 3"):
        _train(run, steps=3)
    assert files_of(run) == before


def test_other_settings_are_refused_with_a_list_of_them(run):
    before = files_of(run)
    with pytest.raises(ValueError) as error:
        _train(run, batch_size=8, options={**TINY, "latent_dim": 5, "dropout": 0.1})
    assert [line for line in str(error.value).splitlines() if line[0] == " "] == [
        "  batch_size: 16 before, 8 now",
        "  options.dropout: None before, 0.1 now",
        "  options.latent_dim: 4 before, 5 now",
    ]
    assert files_of(run) == before


def test_a_tuple_is_the_list_of_the_config(run):
    assert _train(run, options={**TINY, "g_hidden": (8,), "d_hidden": (8,)}).step == 4


@pytest.mark.parametrize("name", ["notes.txt", "config.json"])
def test_a_foreign_directory_is_refused_and_untouched(name, tmp_path):
    (tmp_path / name).write_text('{"architectures": ["another program"]}')
    before = files_of(tmp_path)
    with pytest.raises(ValueError, match=f"{tmp_path}.*(not a run|is damaged)"):
        _train(tmp_path)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("place", ["file", "file/run"])
def test_a_directory_that_cannot_be_made_is_refused(place, tmp_path):
    (tmp_path / "file").write_text("here already")
    with pytest.raises(ValueError, match=f"{tmp_path / place} (cannot be used|is not)"):
        _train(tmp_path / place)


def test_two_runs_in_one_directory_are_refused(run):
    with directory.claim(run), pytest.raises(ValueError, match="Another process"):
        _train(run)
    assert _train(run).step == 4  # once it is free


@pytest.mark.parametrize(
    "changes,message",
    [
        ({"options": {**TINY, "g_hiden": [8]}}, "Unknown option"),  # before the build
        ({"batch_size": 5000}, "Fewer samples than a batch"),  # as training begins
    ],
)
def test_a_failed_first_start_leaves_the_directory_usable(changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        _train(tmp_path / "run", **changes)
    assert _train(tmp_path / "run", steps=2).step == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluate_every": 2, "metric": "frechet_distanse"},
        {"evaluate_every": 2, "extractor": "inceptoin"},
    ],
)
def test_a_resume_that_fails_leaves_the_settings_of_the_run(changes, run):
    before = files_of(run)
    with pytest.raises(ValueError, match="Did you mean"):
        _train(run, steps=8, **changes)
    after = files_of(run)
    for name in ("config.json", "metrics.jsonl", "checkpoints/step_00000004.npz"):
        assert after[name] == before[name]
    (run / "checkpoints" / "step_00000004.npz").unlink()  # killed before its first one
    (run / "checkpoints" / "step_00000004.json").unlink()
    (run / "metrics.jsonl").unlink()
    with pytest.raises(ValueError, match="Did you mean"):
        _train(run, steps=8, **changes)
    assert (run / "config.json").read_bytes() == before["config.json"]


@pytest.mark.parametrize(
    "changes,message",
    [
        ({"labels_per_class": 2}, "'vanilla' takes no labels.*Received: 2"),
        ({"direction": "BtoA"}, "'vanilla' makes no images from images.*'BtoA'"),
    ],
)
def test_settings_that_nothing_would_use_are_refused(changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        _train(tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()


def test_a_run_goes_on_however_its_settings_are_spelled(run, finished):
    about = ganzoo.describe("vanilla")["options"]
    stated = {name: about[name] for name in ("beta_1", "loss", "ema_decay")}
    resumed = _train(run, model="Vanilla", options={**TINY, **stated})
    check_equal(resumed, finished[1])
    for options in ({**TINY, "beta_1": 0.4}, {**TINY, "ema_decay": 0.9}):
        with pytest.raises(directory.OtherRun, match="None before, 0"):
            _train(run, options=options)


@pytest.mark.long
def test_how_often_things_are_written_may_change(run, seven, tmp_path):
    """Bit for bit the weights of a run that had these settings from the first step."""
    often = {"log_every": 1, "sample_every": 1, "checkpoint_every": 3, "steps": 7}
    resumed = _train(run, **often, evaluate_every=3, evaluation_samples=20)
    check_equal(resumed, _train(tmp_path / "whole", **often))
    check_equal(resumed, seven)
    assert _steps(run) == [2, 4, 5, 6, 7]
    assert {row["step"] for row in read_rows(run / "scores.jsonl")} == {6, 7}
    with pytest.raises(ValueError, match="metric: 'frechet_distance' before"):
        _train(run, **often, evaluate_every=3, metric="recall", evaluation_samples=20)


def _photos(folder):
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(20):
        image = Image.fromarray(rng.integers(0, 256, (4, 4), "uint8"))
        image.save(folder / f"{i}.png")
    (folder / "notes.txt").write_text("")


@pytest.mark.long
def test_a_run_goes_on_however_its_data_are_named(tmp_path, monkeypatch, capsys):
    _photos(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    ganzoo.train(Experiment(**BASE | {"dataset": "./photos", "steps": 2}), "run")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "photos: 20 images 4x4x1, no test split (scores take a fixed third); "
        "left out: 1 .txt"
    )
    assert lines[1].startswith("vanilla: G ")
    assert lines[1].endswith("2 steps of 16; pictures in run/samples")
    assert len(lines) == 2
    card = json.loads((tmp_path / "run/data.json").read_text())
    assert card["line"] == lines[0]
    assert card["left_out"] == {".txt": {"count": 1, "names": ["notes.txt"]}}
    assert (card["train"], card["test"]) == (20, 0)
    assert read_png(tmp_path / "run/samples/real.png").shape[1] >= 400
    for name in ("photos/", str(tmp_path / "photos")):
        assert _train("run", dataset=name, steps=2).step == 2
    (tmp_path / "photos").rename(tmp_path / "moved")
    model = _train("run", dataset="moved", steps=3)
    assert model.step == 3
    check_equal(model, _train("whole", dataset="moved", steps=3))
    evaluation = ganzoo.evaluate("run", n=6, dataset=str(tmp_path / "moved"))
    assert evaluation.get("frechet_distance").step == 3


def _npz(path, seed):
    rng = np.random.default_rng(seed)
    np.savez(path, x_train=rng.integers(0, 256, (32, 8, 8), dtype="uint8"))
    return str(path)


def test_changed_data_are_refused(tmp_path):
    data = _npz(tmp_path / "mine.npz", seed=0)
    _train(tmp_path / "run", dataset=data, steps=2)
    _npz(tmp_path / "mine.npz", seed=1)
    with pytest.raises(ValueError, match="data set 'mine' has changed"):
        _train(tmp_path / "run", dataset=data, steps=4)


def _set_config(path, **changes):
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | changes))


@pytest.mark.parametrize(
    "spoil,message",
    [
        (lambda run: shutil.rmtree(run), "neither a run directory nor a .keras file"),
        (lambda run: (run / "config.json").unlink(), "neither a run directory"),
        (lambda run: (run / "config.json").write_text("{"), "is damaged"),
        (lambda run: (run / "config.json").write_text("[]"), "is damaged"),
        (lambda run: (run / "config.json").write_text('{"format": 1}'), "is damaged"),
        (lambda run: _set_config(run, format=3), "newer version.*format 3.*up to 2"),
        (lambda run: shutil.rmtree(run / "checkpoints"), "has no checkpoint yet"),
    ],
)
def test_load_of_what_is_no_run_is_refused(spoil, message, run):
    spoil(run)
    with pytest.raises(ValueError, match=message):
        ganzoo.load(run)


@pytest.mark.parametrize("name", ["model.txt", "model.keras", "model.h5"])
def test_load_of_what_is_no_model_is_refused(name, tmp_path):
    (tmp_path / name).write_text("no model")
    with pytest.raises(ValueError, match=name):
        ganzoo.load(tmp_path / name)


def test_divergence_stops_before_anything_is_saved(tmp_path):
    (tmp_path / "run").mkdir()
    sgd = {"name": "sgd", "learning_rate": 1e30}
    options = {**TINY, "d_optimizer": sgd, "g_optimizer": sgd}
    with pytest.raises(TrainingDiverged, match="_loss.* before step 2"):
        _train(tmp_path / "run", options=options, checkpoint_every=2, sample_every=2)
    assert _steps(tmp_path / "run") == []
    assert not list((tmp_path / "run/checkpoints").iterdir())
    pictures = (tmp_path / "run/samples").iterdir()
    assert {path.name for path in pictures} == {"real.png", "step_00000000.png"}
    with pytest.raises(ValueError, match="no checkpoint yet"):
        ganzoo.load(tmp_path / "run")


@pytest.mark.long
def test_points_are_trained_and_drawn(tmp_path):
    model = _train(tmp_path / "run", dataset="ring8", steps=2)
    assert model.sample(3).shape == (3, 2)
    assert (tmp_path / "run/samples/step_00000002.png").is_file()


@pytest.mark.long
def test_a_few_labels_train_a_classifier(tmp_path):
    model = _train(
        tmp_path / "run",
        model="sgan",
        options={"latent_dim": 4},
        labels_per_class=3,
        steps=2,
    )
    assert model.classify(np.zeros((2, 8, 8, 1), "uint8")).shape == (2, 10)
    (row,) = read_rows(tmp_path / "run/metrics.jsonl")
    assert 0 <= row["accuracy"] <= 1
    assert row["d_class"] > 0  # the labelled stream is seen
    np.testing.assert_array_equal(
        ganzoo.load(tmp_path / "run").sample(2), model.sample(2)
    )


def test_a_few_labels_need_enough_of_each_class(tmp_path):
    with pytest.raises(ValueError, match="Too few samples of class"):
        _train(tmp_path / "run", model="sgan", options={}, labels_per_class=1000)


# --- crops, flips and pairs -------------------------------------------------------


def test_a_run_starts_from_both_players_of_another(finished, tmp_path, capsys):
    path, model = finished
    changes = {"options": {**TINY, "learning_rate": 0.0}, "seed": 7}
    begun = _train(tmp_path / "begun", init_from=str(path), **changes)
    start = model.average_of(model.generator)
    pairs = [(start, begun.generator), (model.discriminator, begun.discriminator)]
    for one, other in pairs:
        for a, b in zip(one.weights, other.weights, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert (
        "generator: takes 2 of 2 layers\n  discriminator: " in capsys.readouterr().err
    )


@pytest.mark.long
def test_a_run_starts_from_the_optimizers_of_another(finished, tmp_path):
    path, model = finished
    changes = {"init_from": str(path), "init_optimizers": True, "batch_size": 32}
    begun = _train(tmp_path / "begun", **changes, steps=2, log_every=2)
    for name in ("d_optimizer", "g_optimizer"):
        assert int(getattr(begun, name).iterations) == model.step + 2
    assert begun.step == 2
    whole = _train(tmp_path / "whole", **changes)
    resumed = _train(tmp_path / "begun", **changes)
    check_equal(whole, resumed)


def test_optimizers_alone_are_no_start():
    with pytest.raises(ValueError, match="`init_optimizers` needs `init_from`"):
        Experiment(**BASE, init_optimizers=True)


@pytest.mark.parametrize(
    "init_from,options,message",
    [
        ("none", TINY, "neither a run"),
        ("", {**TINY, "g_hidden": [9], "latent_dim": 3}, "same network"),
    ],
)
def test_a_start_that_does_not_fit_is_refused(
    init_from, options, message, finished, tmp_path
):
    start = init_from or str(finished[0])
    with pytest.raises(ValueError, match=message):
        _train(tmp_path / "run", init_from=start, options=options)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_jitter_resumes_bit_for_bit(tmp_path):
    """An interrupted run sees the crops and flips of one that was not."""
    settings = {"image_size": 8, "load_size": 10, "flip": True}
    whole = _train(tmp_path / "a", **settings)
    _train(tmp_path / "b", **settings, steps=2)
    check_equal(whole, _train(tmp_path / "b", **settings))
    plain = _train(tmp_path / "c", image_size=8)
    with pytest.raises(AssertionError):
        check_equal(whole, plain)


def test_a_schedule_by_steps_refuses_more_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "_fit", lambda *args: None)
    options = {"filters": 2, "blocks": 1, "d_levels": 1}
    settings = {"model": "cyclegan", "pairs": "invert", "options": options}
    _train(tmp_path / "run", **settings, steps=2)
    _train(tmp_path / "run", **settings, steps=2)
    with pytest.raises(ValueError, match="decay_steps: 2 before, 4 now"):
        _train(tmp_path / "run", **settings)


def test_data_without_sources_are_refused_before_a_run_begins(tmp_path):
    with pytest.raises(ValueError, match="'digits' has no sources.*pairs=edges"):
        ganzoo.train(Experiment("pix2pix"), tmp_path / "a" / "run", progress=False)
    assert not list(tmp_path.iterdir())


def test_a_batch_that_is_refused_when_training_begins_leaves_nothing(tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("new", "mine"):
        with pytest.raises(ValueError, match="batch_size"):
            _train(tmp_path / name, batch_size=10**6)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", ".lock"]
