"""The gallery's page, from run directories that are made up."""

import json

import gallery
import numpy as np
import pytest

from ganzoo.plots import pictures
from ganzoo.runs.experiment import Experiment, to_dict

SCORES = [
    {"metric": "frechet_distance", "value": 0.5, "floor": 0.25, "checkpoint": "last"},
    {"metric": "frechet_distance", "value": 0.1, "floor": 0.25, "checkpoint": "best"},
    {"metric": "recall", "value": 0.75, "floor": 1.0, "checkpoint": "last"},
]


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Makes run directories; the page is written into tmp_path/docs."""
    docs = tmp_path / "docs"
    docs.mkdir()
    monkeypatch.setattr(gallery, "DOCS", docs)
    monkeypatch.setattr(gallery, "FOLDER", docs / "gallery")
    monkeypatch.setattr(gallery, "RECORDS", docs / "gallery" / "runs.json")

    def make(name, last=100, scores=SCORES, **settings):
        settings = {"steps": 100, "log_every": 50, **settings}
        run = tmp_path / "runs" / name
        experiment = to_dict(Experiment(**settings))
        build = {"name": experiment["model"], "dtype": "float32", "options": {}}
        data = {"name": "digits", "fingerprint": "0"}
        config = {"format": 2, "experiment": experiment, "build": build, "data": data}
        (run / "samples").mkdir(parents=True)
        (run / "config.json").write_text(json.dumps(config))
        row = {"step": last, "seconds": 12.4, "d_loss": 1.0}
        (run / "metrics.jsonl").write_text(json.dumps(row) + "\n")
        if scores:
            (run / "evaluation.json").write_text(json.dumps({"scores": scores}))
        grey = np.full((40, 40, 3), settings.get("seed", 0), "uint8")
        for file in ("step_00000000", "step_00000100", "real"):
            shade = grey + (100 if "100" in file else 0)
            pictures.save_png(shade.astype("uint8"), run / "samples" / f"{file}.png")
        pictures.save_png(grey, run / "curves.png")
        return run

    return make


def page():
    return (gallery.DOCS / "gallery.md").read_text()


def test_a_run_beside_real_data(made):
    run = made("a", model="dcgan", seed=2, options={"filters": 8}, data_dir="x")
    gallery.main(run)
    assert "## dcgan on digits" in page()
    command = "ganzoo train dcgan --steps=100 --seed=2 --set=filters=8"
    scores = "Frechet distance 0.5 (0.25), recall 0.75 (1)."
    assert f"`{command}`: seed 2.\n{scores}" in page()
    folder = gallery.FOLDER
    assert pictures.read_png(folder / "dcgan_digits.png").max() == 102  # the last one
    assert pictures.read_png(folder / "digits_real.png").max() == 2
    assert (folder / "dcgan_digits_curves.png").exists()
    sheet = pictures.read_png(gallery.DOCS / "zoo.png")
    assert (sheet == 102).any() and not (sheet == 2).all()


def test_the_longest_run_and_then_the_lowest_seed_is_shown(made):
    runs = [
        made("short", seed=0, steps=50, last=50),
        made("b", seed=3),
        made("a", seed=1),
    ]
    gallery.main(*runs)
    assert "seed 1." in page()
    assert "Seed 3: Frechet distance 0.5 (0.25), recall 0.75 (1)." in page()
    assert "Seed 0" not in page()


def test_seeds_that_were_written_before_are_listed_unless_made_again(made):
    gallery.main(made("a", seed=1), made("b", seed=2))
    worse = [{**SCORES[0], "value": 9.0}]
    gallery.main(made("c", seed=2, scores=worse), made("d", seed=3))
    assert "seed 1." in page()
    assert "Seed 2: Frechet distance 9 (0.25)." in page()
    assert "Seed 3: Frechet distance 0.5 (0.25), recall 0.75 (1)." in page()
    assert pictures.read_png(gallery.FOLDER / "dcgan_digits.png").max() == 101
    gallery.main(made("e", seed=0))
    assert "seed 0." in page() and "Seed 1: " in page()
    assert pictures.read_png(gallery.FOLDER / "dcgan_digits.png").max() == 100


def test_seeds_of_other_lengths_are_not_listed(made):
    gallery.main(made("a", seed=1))
    gallery.main(made("b", seed=2, steps=50, last=50))
    assert "seed 2." in page() and "Seed" not in page()


def test_runs_that_have_not_ended_and_other_folders_are_left_out(made, tmp_path):
    gallery.main(made("a", last=50), tmp_path)
    assert "## " not in page()


def test_what_was_written_before_stays(made):
    gallery.main(made("a", model="vanilla", scores=None))
    gallery.main(made("b", model="dcgan"))
    assert page().index("## dcgan on digits") < page().index("## vanilla on digits")
    assert "Not scored." in page()


def test_the_command_quotes_what_a_shell_would_split():
    experiment = to_dict(Experiment(dataset="/a/my set.npz", options={"loss": "hinge"}))
    assert gallery.command(experiment) == (
        "ganzoo train dcgan '--dataset=my set.npz' '--set=loss=\"hinge\"'"
    )
