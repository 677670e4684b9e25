"""The log of a run, and its curves."""

import json
import time

import keras
import numpy as np
import pytest
from fake_model import HEALTHY, FakeModel, attach, intervals
from PIL import Image

from ganzoo.plots.figures import curves_figure
from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks.log import RunLog, curves, draw_curves


def test_run_log_writes_one_line_an_interval(tmp_path, points):
    log = attach(RunLog(tmp_path, images_per_step=32), FakeModel(points))
    intervals(log, 3)
    rows = read_rows(tmp_path / "metrics.jsonl")
    assert [row["step"] for row in rows] == [100, 200, 300]
    assert {name: rows[0][name] for name in HEALTHY} == HEALTHY
    assert rows[0]["images_per_second"] > 0
    for clock in ("seconds", "cpu_seconds"):
        assert 0 <= rows[0][clock] <= rows[2][clock]
    draw_curves(tmp_path)
    with Image.open(tmp_path / "curves.png") as image:
        assert image.size == (800, 600)


def test_run_log_drops_what_a_resumed_run_does_again(tmp_path, points):
    path = tmp_path / "metrics.jsonl"
    lines = [
        {"step": s, "seconds": s / 10, "cpu_seconds": s / 5, "g_loss": 1.0}
        for s in (100, 200, 300)
    ]
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
    assert 40 <= rows[-1]["cpu_seconds"] < 41
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_run_log_counts_cpu_seconds(tmp_path, points):
    log = attach(RunLog(tmp_path, images_per_step=32), FakeModel(points))
    log.on_epoch_begin(0)
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
    time.sleep(0.3)
    log.model.step += 100
    log.on_epoch_end(0, HEALTHY)
    (row,) = read_rows(tmp_path / "metrics.jsonl")
    assert row["cpu_seconds"] >= 0.2 and row["seconds"] >= row["cpu_seconds"] + 0.2


def test_run_log_of_a_run_without_cpu_seconds(tmp_path, points):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 100, "seconds": 5.0}\n')
    model = FakeModel(points)
    model.step = 100
    log = attach(RunLog(tmp_path, images_per_step=32), model)
    intervals(log, 1)
    row = read_rows(path)[-1]
    assert row["step"] == 200 and row["seconds"] >= 5 and "cpu_seconds" not in row


def test_run_log_starts_afresh_at_step_0(tmp_path, points):
    (tmp_path / "metrics.jsonl").write_text('{"step": 100, "seconds": 5.0}\n')
    attach(RunLog(tmp_path, images_per_step=32), FakeModel(points))
    assert read_rows(tmp_path / "metrics.jsonl") == []


def history_of(epochs, steps, **columns):
    history = keras.callbacks.History()
    history.set_params({"steps": steps})
    history.epoch, history.history = epochs, columns
    return history


def test_curves_of_a_history_and_of_a_run_are_the_same(tmp_path):
    rows = [{"step": 20, "d_loss": 1.0, "g_loss": 3.0}]
    rows.append({"step": 30, "d_loss": 2.0, "g_loss": 1.0})
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "metrics.jsonl").write_text(lines)
    history = history_of([1, 2], 10, d_loss=[1.0, 2.0], g_loss=[3.0, 1.0])
    expected = curves_figure(rows)
    for source in (tmp_path, str(tmp_path), history):
        np.testing.assert_array_equal(curves(source), expected)


@pytest.mark.parametrize("line", [None, "", '{"step": 1, "d_loss": "<b>"}\n'])
def test_curves_need_lines_of_numbers(line, tmp_path):
    if line is not None:
        (tmp_path / "metrics.jsonl").write_text(line)
    with pytest.raises(ValueError, match="with lines of numbers in metrics.jsonl, or"):
        curves(tmp_path)


def test_curves_of_other_things_are_refused():
    with pytest.raises(ValueError, match="or of the History that `fit` returns"):
        curves({"d_loss": [1.0]})
    with pytest.raises(ValueError, match="Received: 0 epochs of 10 steps"):
        curves(history_of([], 10))
    with pytest.raises(ValueError, match="steps_per_epoch= .* 1 epochs of None steps"):
        curves(history_of([0], None, d_loss=[1.0]))
