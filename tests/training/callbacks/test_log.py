"""The log of a run, and its curves."""

import json

from fake_model import HEALTHY, FakeModel, attach, intervals
from PIL import Image

from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks.log import RunLog, draw_curves


def test_run_log_writes_one_line_an_interval(tmp_path, points):
    log = attach(RunLog(tmp_path, images_per_step=32), FakeModel(points))
    intervals(log, 3)
    rows = read_rows(tmp_path / "metrics.jsonl")
    assert [row["step"] for row in rows] == [100, 200, 300]
    assert {name: rows[0][name] for name in HEALTHY} == HEALTHY
    assert rows[0]["images_per_second"] > 0
    assert 0 <= rows[0]["seconds"] <= rows[2]["seconds"]
    draw_curves(tmp_path)
    with Image.open(tmp_path / "curves.png") as image:
        assert image.size == (800, 600)


def test_run_log_drops_what_a_resumed_run_does_again(tmp_path, points):
    path = tmp_path / "metrics.jsonl"
    lines = [{"step": s, "seconds": s / 10, "g_loss": 1.0} for s in (100, 200, 300)]
    torn = '{"step": 400, "sec'
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + torn)
    model = FakeModel(points)
    model.step = 200
    log = attach(RunLog(tmp_path, images_per_step=32), model)
    assert read_rows(path) == lines[:2]
    intervals(log, 1)
    rows = read_rows(path)
    assert [row["step"] for row in rows] == [100, 200, 300]
    assert rows[-1]["g_loss"] == HEALTHY["g_loss"]  # the new one
    assert 20 <= rows[-1]["seconds"] < 21  # goes on from the last kept line
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_run_log_starts_afresh_at_step_0(tmp_path, points):
    (tmp_path / "metrics.jsonl").write_text('{"step": 100, "seconds": 5.0}\n')
    attach(RunLog(tmp_path, images_per_step=32), FakeModel(points))
    assert read_rows(tmp_path / "metrics.jsonl") == []
