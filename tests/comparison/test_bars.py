"""The bars of a comparison, moved by the logs of its runs."""

import io
import json

from terminal import Terminal

from ganzoo.comparison.bars import QUIET, Bars
from ganzoo.comparison.entries import Budget, make
from ganzoo.comparison.workers import Task


def _task(path, seed):
    (entry,) = make(["vanilla"], Budget(amount=100), settings={"dataset": "ring8"})
    run = path / f"seed_{seed}"
    run.mkdir()
    return Task(entry.run(seed), run, path / "log", None, (entry, seed))


def _log(task, *steps):
    rows = [json.dumps({"step": step}) + "\n" for step in steps]
    (task.path / "metrics.jsonl").write_text("".join(rows))


def test_the_whole_and_each_run_move_with_the_logs(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stderr", stream := Terminal())
    done, first, second, waits = (_task(tmp_path, seed) for seed in range(4))
    with Bars([done, first, second, waits], [done], show=True) as bars:
        assert "1 of 4 runs:  25%" in stream.last("of 4 runs")
        bars.watch([first, second])
        assert "vanilla, seed 1: starting:   0%" in stream.last("seed 1")
        _log(first, 20, 40)
        _log(second, 20, 100)
        bars.watch([first, second])
        assert "vanilla, seed 1: training" in stream.last("seed 1")
        assert "vanilla, seed 2: scoring" in stream.last("seed 2")
        bars.whole._bar.refresh()
        assert "240/400" in stream.last("of 4 runs")
        bars.end(second)
        bars.watch([first])
        assert set(bars.runs) == {str(first.path)}
        assert "2 of 4 runs" in stream.last("of 4 runs")


def test_without_a_terminal_a_line_tells_what_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stderr", stream := io.StringIO())
    monkeypatch.setattr("time.monotonic", lambda: now)
    done, task = (_task(tmp_path, seed) for seed in range(2))
    now = 0.0
    with Bars([done, task], [done], show=True) as bars:
        now = QUIET - 1
        bars.watch([task])
        assert stream.getvalue() == ""
        now = QUIET
        bars.watch([task])
        line = "[1/2] vanilla, seed 1: starting, 0 of 100 steps\n"
        assert stream.getvalue() == line
        _log(task, 40)
        bars.watch([task])
        assert stream.getvalue() == line
        now = 2 * QUIET
        bars.watch([task])
        line += "[1/2] vanilla, seed 1: training, 40 of 100 steps\n"
        assert stream.getvalue() == line
        now = 3 * QUIET
        bars.end(task)  # `compare` tells of it
        bars.watch([task])
    assert stream.getvalue() == line


def test_no_bars_no_lines_and_no_log_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stderr", stream := io.StringIO())
    monkeypatch.setattr("ganzoo.comparison.bars.last_step", None)
    monkeypatch.setattr("ganzoo.comparison.bars.QUIET", 0.0)
    task = _task(tmp_path, 0)
    with Bars([task], [], show=False) as bars:
        bars.watch([task])
    assert stream.getvalue() == ""
