"""`ganzoo walk` and `ganzoo project`, called within this process."""

import numpy as np
import pytest
from helpers import tiny
from PIL import Image

import ganzoo
from ganzoo.cli import main as command
from ganzoo.evaluation import classifier
from ganzoo.plots import pictures, text

TRAIN = ["train", "vanilla", "--set=g_hidden=[8]", "--set=d_hidden=[8]"]
TRAIN += ["--set=latent_dim=4", "--set=normalize=false", "--set=prior=normal"]
TRAIN += ["--steps=2", "--batch_size=16", "--log_every=2", "--sample_every=2"]
TRAIN += ["--checkpoint_every=2"]


def _ganzoo(*arguments):
    command.run(command.parse(["ganzoo", *arguments]))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "run"
    _ganzoo(*TRAIN, f"--workdir={path}")
    return path


def test_a_walk_is_a_picture_of_all_its_steps(run, tmp_path, capsys):
    out = tmp_path / "walk.png"
    _ganzoo("walk", str(run), "--rows=2", "--frames=3", "--seed=4", f"--out={out}")
    assert f"Wrote {out}" in capsys.readouterr().out
    model = ganzoo.load(run)
    ends = model.latents(3, seed=4)
    steps = [model.interpolate(ends[i], ends[i + 1], 3) for i in range(2)]
    expected = pictures.image_grid(np.concatenate(steps), columns=3)
    assert (pictures.read_png(out) == expected).all()


@pytest.mark.parametrize(
    "along", [["truncation"], ["sefa", "--component=2"], ["ganspace", "--component=2"]]
)
def test_a_walk_is_a_film(run, tmp_path, along):
    out = tmp_path / "walk.gif"
    kind, *component = along
    arguments = [f"--along={kind}", *component, "--frames=5", f"--out={out}"]
    _ganzoo("walk", str(run), *arguments)
    with Image.open(out) as film:
        assert film.n_frames > 1


def test_a_walk_towards_a_class_of_the_data(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    monkeypatch.setattr(classifier, "STEPS", 2)
    model = ganzoo.load(run)
    chances = classifier.trained(ganzoo.data.load_data("digits"))(model.sample(500))
    shown = chances["probabilities"].numpy().argmax(axis=1)
    name, out = str(np.bincount(shown).argmax()), tmp_path / "x.png"
    assert len(set(shown)) > 1
    arguments = ["--along=class", f"--class_name={name}", "--frames=2", f"--out={out}"]
    _ganzoo("walk", str(run), *arguments)
    assert out.is_file()


def test_project_says_what_is_left(run, tmp_path, capsys):
    out = tmp_path / "x.png"
    arguments = ["--rows=2", "--starts=2", "--steps=3", f"--out={out}"]
    _ganzoo("project", str(run), *arguments)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("held-out images: distance 0.")
    assert lines[1].startswith("own samples: distance 0.")
    assert "of a random start 0." in lines[1]
    # A column each of images and what was found for them.
    assert pictures.read_png(out).shape[1] >= 400


def test_project_needs_the_labels_of_held_out_images(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), "uint8")
    arrays = {"x_train": images[:32], "y_train": np.arange(32) % 2}
    np.savez(tmp_path / "set.npz", **arrays, x_test=images[32:])
    path = tmp_path / "run"
    small = ["--set=network=mlp", "--set=hidden=[8]", *TRAIN[5:]]
    source = [f"--dataset={tmp_path / 'set.npz'}", f"--workdir={path}"]
    _ganzoo("train", "cgan", *small, *source)
    with pytest.raises(SystemExit, match="found by their label.*Hold out labelled"):
        _ganzoo("project", str(path))


def test_a_conditional_model_keeps_its_label(tmp_path):
    path, out = tmp_path / "x.keras", tmp_path / "x.png"
    model = tiny("cgan", num_classes=3)
    model.save(path)
    _ganzoo("walk", str(path), "--rows=1", "--frames=2", "--label=2", f"--out={out}")
    steps = model.decode(model.path(*model.latents(2), 2), label=2)
    expected = pictures.image_grid(steps, columns=2)
    assert (pictures.read_png(out) == expected).all()
    with pytest.raises(SystemExit, match="A walk keeps its label: give --label="):
        _ganzoo("walk", str(path), f"--out={out}")


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["--along=sefe"], "walk 'sefe'. Did you mean 'sefa'?"),
        (["--along=class"], "needs the class: --class_name=NAME"),
        (["--along=class", "--class_name=12"], "Unknown class of 'digits' '12'"),
        (["--along=sefa", "--component=5"], "at most 4. Received: 5"),
        (["--label=3"], "It takes none"),
        (["--out=x.obj"], "Allowed: .gif"),
        (["--component=2"], "Unknown flag of --along=line 'component'. It takes none"),
        (["--along=sefa", "--class_name=3"], "Allowed: component, reach."),
        (["--dataset=digits"], "Unknown flag of --along=line 'dataset'"),
        (["--along=sefa", "--reach=nan"], "`reach` must be a finite number"),
    ],
)
def test_errors_are_one_line(run, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        _ganzoo("walk", str(run), "--frames=2", *arguments)
    assert message in end.value.code


@pytest.mark.parametrize(
    "flag,message",
    [("--rows=-1", "`rows` must be a whole number from 1"), ("--out=x.txt", ".gif")],
)
def test_project_refuses_before_it_searches(run, flag, message, monkeypatch):
    monkeypatch.setattr("ganzoo.runs.load.load", None)
    with pytest.raises(SystemExit, match=message):
        _ganzoo("project", str(run), flag)


def test_strings_are_written_out(tmp_path):
    codec = {"name": "text", "alphabet": "abcd"}
    model = tiny("wgan-gp", image_shape=(8, 5), codec=codec, filters=2)
    model.save(tmp_path / "x.keras")
    for out in (tmp_path / "x.png", tmp_path / "x.gif"):
        _ganzoo("walk", str(tmp_path / "x.keras"), "--frames=2", f"--out={out}")
        with Image.open(out) as picture:
            assert picture.width == text.WIDTH


@pytest.mark.parametrize("command", ["walk", "project"])
def test_a_model_without_latents(command, tmp_path):
    tiny("pix2pix").save(tmp_path / "x.keras")
    with pytest.raises(SystemExit, match="makes samples from latents.*Translation"):
        _ganzoo(command, str(tmp_path / "x.keras"), f"--out={tmp_path / 'x.png'}")


def test_explore_writes_a_page_under_the_name_of_the_run(run, tmp_path, capsys):
    out = tmp_path / "x.html"
    _ganzoo("explore", str(run), f"--out={out}")
    assert f"Wrote {out}: {out.stat().st_size:,} bytes" in capsys.readouterr().out
    assert f"<h1>{run.name}</h1>" in out.read_text()
    with pytest.raises(SystemExit, match="ends in .html. Received"):
        _ganzoo("explore", str(run), f"--out={tmp_path / 'x.png'}")
