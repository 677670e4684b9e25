"""Logs with a flipped letter: the other lines stay, whatever the letter was."""

import json
import warnings

import pytest

from ganzoo.evaluation.score import Score
from ganzoo.runs.log import drop_after, read_rows
from ganzoo.training.callbacks import best_checkpoint, health, log

SCORE = Score("frechet_distance", 12.5, 3.0, "lower", "score: x | seed 0", "selection")
CHECK = {"signs": ["collapse"], "judged": False, "distance": 0.5}
ALARM = {"alarm": "collapse", "values": {"near": True}, "remedy": "none"}
# By log: its rows but for the step, and what tells them from damage.
LOGS = {
    "metrics.jsonl": ({"seconds": 0.5, "d_loss": 1.25}, log.numbers),
    "scores.jsonl": ({**SCORE.to_dict(), "best": 12.5}, best_checkpoint._is_row),
    "health.jsonl": (CHECK, health._is_row),
    "health.jsonl of alarms": (ALARM, health._is_row),
}
READERS = {
    "scores.jsonl": best_checkpoint.read_scores,
    "health.jsonl": lambda path: health.read_health(path.parent),
}


@pytest.mark.filterwarnings("ignore:.*skipped damaged lines")
@pytest.mark.parametrize("kind", LOGS)
def test_a_flipped_letter_costs_no_other_line(kind, tmp_path):
    row, sound = LOGS[kind]
    path = tmp_path / kind.split()[0]
    lines = [json.dumps({**row, "step": step}) for step in (2, 4, 6, 8)]
    before, broken, after = "\n".join(lines[:1]), lines[1], "\n".join(lines[2:])
    refused = 0
    for place, letter in enumerate(broken):
        changed = broken[:place] + chr(ord(letter) ^ 1) + broken[place + 1 :]
        path.write_text(f"{before}\n{changed}\n{after}\n")
        steps = [row["step"] for row in read_rows(path, sound=sound)]
        assert steps[0] == 2 and steps[-2:] == [6, 8]
        refused += len(steps) == 3
        READERS.get(path.name, read_rows)(path)
        drop_after(path, 8, sound=sound)
        rows = read_rows(path, sound=sound)
        assert {2, 6, 8} <= {row["step"] for row in rows}
        assert all(map(sound, rows))
        kept = path.with_name(path.name + ".damaged")
        assert kept.exists() == (len(steps) == 3)
        kept.unlink(missing_ok=True)
    assert refused > len(broken) // 4


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"vblue": 1.0},
        {"value": 1.0, "floor": "x"},
        {**SCORE.to_dict(), "metric": 3},
        {**SCORE.to_dict(), "metrjc": 3},
    ],
)
def test_a_line_that_is_no_score_is_skipped_with_a_word(row, tmp_path):
    path = tmp_path / "scores.jsonl"
    sound = {**SCORE.to_dict(), "step": 6, "best": 12.5}
    none = {"step": 4, "metric": "frechet_distance", "problem": "constant samples"}
    rows = [none, {**row, "step": 5}, sound]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.warns(UserWarning, match=r"scores.jsonl: skipped damaged lines \(2\)"):
        assert [score.step for score in best_checkpoint.read_scores(path)] == [6]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path.write_text("".join(json.dumps(row) + "\n" for row in (none, sound)))
        assert len(best_checkpoint.read_scores(path)) == 1


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 15, 16, 17, 40, 41])
def test_a_long_log_is_thinned_evenly_with_its_ends(count, tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(f'{{"step": {i}}}\n' for i in range(1, count + 1)))
    steps = [row["step"] for row in read_rows(path, most=4)]
    assert (steps[0], steps[-1]) == (1, count) and len(steps) <= 8
    gaps = {b - a for a, b in zip(steps, steps[1:-1], strict=False)}
    assert len(gaps) <= 1 and (len(steps) >= 4 or count < 4)
