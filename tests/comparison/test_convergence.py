"""By hand: what is still improving."""

import json

import pytest

from ganzoo.comparison.convergence import curve, improves
from ganzoo.evaluation.score import Score


def scores(values, better="lower", floor=0.0):
    return [
        Score("s", v, floor, better, "", step=step)
        for step, v in zip((25, 50, 75, 100), values, strict=False)
    ]


def test_a_gain_beyond_the_spread_of_the_seeds():
    """Ends of 10 and 12 spread by sqrt(2); the mean gain is 2, or 1."""
    assert improves([scores((30, 20, 12, 10)), scores((30, 20, 14, 12))])
    assert not improves([scores((30, 20, 11, 10)), scores((30, 20, 13, 12))])
    # Over n, not n - 1, the spread would be 1.
    assert not improves([scores((30, 20, 11.2, 10)), scores((30, 20, 13.2, 12))])


def test_the_direction_is_that_of_the_score():
    worse = [scores((9, 9, 12, 10), "higher"), scores((9, 9, 14, 12), "higher")]
    assert not improves(worse)
    better = [scores((1, 1, 1, 10), "higher"), scores((1, 1, 1, 12), "higher")]
    assert improves(better)
    away = [scores((0, 0, 0.5, 0.9), "floor", 0.5), scores((0, 0, 0.5, 0.91), "floor")]
    assert not improves(away)


def test_between_two_scores_it_is_interpolated():
    """At step 75 of 100 half way from 30 to 10, so the gain is 10."""
    runs = [[s for s in scores((9, 30, 0, 10 + k)) if s.step != 75] for k in (0, 9)]
    assert improves(runs)
    assert not improves([runs[0], scores((9, 9, 9, 40))])


@pytest.mark.parametrize("runs", [[], [[]], [scores((9, 8, 7, 1))]])
def test_one_seed_has_no_spread(runs):
    assert not improves(runs)


def test_one_score_has_no_past():
    assert not improves([scores((5,)), scores((5,))])


def test_a_curve_is_read_without_what_could_not_be_scored(tmp_path):
    rows = [{**scores((5,))[0].to_dict(), "best": 5.0}, {"step": 50, "problem": "no"}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "scores.jsonl").write_text(text)
    assert curve(tmp_path) == scores((5,))
    assert curve(tmp_path / "nowhere") == []
