"""Reasons to withhold a verdict, and the content of the table."""

import math
from dataclasses import replace

from comparisons import HOSTILE, made_up


def test_a_verdict(tmp_path):
    found = made_up(tmp_path, seeds=3)
    assert found.withheld == "" and found.winner == "a"
    assert found.verdict() == "a is better than every other beyond seed noise."
    assert found.improving == []


def test_no_verdict_before_all_runs_are_done(tmp_path):
    whole = made_up(tmp_path, seeds=3)
    found = replace(whole, runs=whole.runs[:5])
    assert found.winner is None
    assert found.verdict() == "No verdict yet: 1 of 6 runs are not done."


def test_no_verdict_where_nothing_has_learnt_the_data(tmp_path):
    found = made_up(tmp_path, names=("b", "c"), seeds=3, blends=0.6, best=10.0)
    assert found.winner is None
    assert "No verdict yet: nothing has learnt the data." in found.verdict()
    assert "is not below 0.6, that of blends of two real samples" in found.verdict()
    assert all("no better than blends" in found.words(place) for place in found.places)


def test_one_that_has_learnt_is_enough(tmp_path):
    found = made_up(tmp_path, seeds=3, blends=5.0)
    assert found.winner == "a"
    words = [found.words(place) for place in found.places]
    assert words == ["best mean", "worse than the best, no better than blends"]


def test_an_older_comparison_knows_no_blends(tmp_path):
    found = made_up(tmp_path, seeds=3, blends=None)
    assert found.winner == "a" and list(found.references) == ["real data"]
    assert found.verdict().endswith(
        "Whether the data are learnt is open: that takes the Frechet distance."
    )


def test_the_verdict_says_that_blends_of_few_samples_tell_nothing(tmp_path):
    """Real data have 0.5: no training could be below blends of 0.4."""
    found = made_up(tmp_path, seeds=3, blends=0.4)
    assert found.winner == "a" and found.withheld == ""
    assert "is open: of so few samples, blends score as well as" in found.verdict()
    words = [found.words(place) for place in found.places]
    assert words == ["best mean", "worse than the best"]


def test_the_verdict_names_the_runs_that_failed(tmp_path):
    names = ("a", "b", "c")
    found = made_up(tmp_path, names, seeds=3, failed=("c",))
    assert found.verdict() == (
        "a is better than every other beyond seed noise. Failed runs, which are left "
        "out: 3 of 3 of c."
    )


def test_no_winner_while_one_is_still_improving(tmp_path):
    found = made_up(tmp_path, seeds=3, late=2.0)  # the seeds spread by 1
    assert found.improving == ["a", "b"] and found.winner is None
    assert found.verdict().startswith(
        "No verdict yet: a has the best mean, but a, b still improved over the last "
        "quarter of training by more than the spread of the seeds."
    )
    assert made_up(tmp_path / "less", seeds=3, late=0.9).winner == "a"


def test_the_table_shows_every_seed_and_the_diversity(tmp_path):
    found = made_up(tmp_path, seeds=3, late=2.0)
    head, first, *_ = found.table().splitlines()
    assert head.split()[:4] == ["frechet_distance", "+-", "seeds", "recall"]
    values = ", ".join(f"{score.value:.3g}" for score in found.scores("a"))
    assert values in first and first.endswith("best mean, still improving")
    assert "blends" in found.table() and "real data" in found.table()


def test_a_missing_run_is_no_failure_in_the_grid(tmp_path):
    whole = made_up(tmp_path, seeds=1)
    (a, b) = (replace(e, choices={"x": 1, "y": e.name}) for e in whole.entries)
    found = replace(whole, entries=[a, b], runs=whole.runs[:1])
    assert found.cross_table()[1][2] == "not run yet"


def test_a_grid_of_lists_and_tables(tmp_path):
    whole = made_up(tmp_path, seeds=1)
    choices = {"g_hidden": [64, 8], "penalties": {"r1": 1.0}}
    entries = [
        replace(e, choices={**choices, "g_hidden": [i]})
        for i, e in enumerate(whole.entries)
    ]
    head, first, second = replace(whole, entries=entries).cross_table()
    assert head == ["frechet_distance: g_hidden, penalties", "{'r1': 1.0}"]
    assert (first[0], second[0]) == ("[0]", "[1]") and "" not in first + second


def test_a_notebook_shows_the_ranking(tmp_path):
    names = ("a", HOSTILE, "c")
    found = made_up(tmp_path, names=names, seeds=3, failed=["c"])
    shown = found._repr_html_()
    assert "<script" not in shown and "<img" not in shown
    assert shown.startswith("<table><tr><th></th><th>frechet_distance</th><th>+-</th>")
    assert shown.count("<tr>") == 1 + 2 + len(found.references)
    assert "FAILED c, seed 0: ValueError: no c" in shown
    assert found.verdict() in shown
    for text in found._row(found.places[0]):
        assert f"<td>{text}</td>" in shown


def test_a_frame_has_a_row_for_each_score(tmp_path):
    found = made_up(tmp_path, seeds=1, failed=["b"])
    scores = found.scores("a") + found.scores("a", "recall")
    endless = replace(scores[0], value=math.inf, step=7)
    runs = [replace(found.runs[0], scores=[endless, scores[1]]), found.runs[1]]
    frame = replace(found, runs=runs).to_pandas()
    assert list(frame.variant) == ["a", "a", "b"]
    assert frame.value.dtype == float and frame.value[0] == math.inf
    assert frame.value[1] == 0.5 and math.isnan(frame.value[2])
    assert list(frame.step.dropna()) == [7, 0] and frame.step.dtype == "Int64"
    assert frame.failure[2] == "ValueError: no b"
    empty = replace(found, runs=[]).to_pandas()
    assert list(empty.columns) == list(frame.columns) and empty.empty
