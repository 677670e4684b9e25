"""Verdicts on entries whose seeds differ, and their share of errors."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_ind

from ganzoo.comparison.ranking import (
    BEST,
    EQUAL,
    UNKNOWN,
    WORSE,
    interval,
    ranking,
    winner,
)
from ganzoo.evaluation.score import Score


def scores(values, better="lower", protocol="n: 10 | seed 0", floor=0.0):
    return [Score("distance", float(v), floor, better, protocol) for v in values]


def test_the_best_mean_comes_first_with_its_spread():
    places = ranking({"a": scores([5, 7]), "b": scores([1, 3])})
    assert [place.name for place in places] == ["b", "a"]
    assert (places[0].mean, places[0].seeds, places[0].verdict) == (2, 2, BEST)
    assert places[0].std == pytest.approx(math.sqrt(2))
    assert places[1].difference == 4


@pytest.mark.parametrize(
    "better, best", [("lower", "low"), ("higher", "high"), ("floor", "near")]
)
def test_what_is_better_decides(better, best):
    found = {"low": [0.1], "high": [0.9], "near": [0.6]}
    places = ranking({k: scores(v, better, floor=0.5) for k, v in found.items()})
    assert places[0].name == best


def test_a_clear_difference_has_a_winner_and_a_small_one_none():
    clear = ranking({"a": scores([1, 2, 3]), "b": scores([20, 21, 22])})
    assert [place.verdict for place in clear] == [BEST, WORSE]
    assert winner(clear) == "a"
    small = ranking({"a": scores([1, 2, 3]), "b": scores([1.5, 2.5, 3.5])})
    assert small[1].low < 0 < small[1].high
    assert (small[1].verdict, winner(small)) == (EQUAL, None)


def test_one_that_is_equal_denies_the_win():
    found = {"a": [1, 2, 3], "b": [1.1, 2.1, 3.1], "c": [50, 51, 52]}
    places = ranking({name: scores(values) for name, values in found.items()})
    assert [place.verdict for place in places] == [BEST, EQUAL, WORSE]
    assert winner(places) is None


def test_one_seed_tells_nothing():
    places = ranking({"a": scores([1]), "b": scores([100])})
    assert math.isnan(places[1].low) and math.isnan(places[1].std)
    assert (places[1].verdict, winner(places)) == (UNKNOWN, None)


@pytest.mark.parametrize("others", [[1, 2, 3], [math.inf, 2, 3]])
def test_an_infinite_score_tells_nothing(others):
    places = ranking({"a": scores(others), "b": scores([1, 2, math.inf])})
    assert places[0].name == "a" and math.isnan(places[1].low)
    assert (places[1].verdict, winner(places)) == (UNKNOWN, None)


def test_one_entry_or_none_has_no_winner():
    assert winner(ranking({"a": scores([1, 2])})) is None
    assert ranking({"a": []}) == []
    assert winner([]) is None


def test_of_two_entries_it_is_welchs_interval():
    for values in ([1.0, 3.5, 2.0, 2.5], [3.0, 7.6]):
        a, b = np.array([4.0, 5.5, 5.0]), np.array(values)
        expected = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        np.testing.assert_allclose(interval(a, b), (expected.low, expected.high))


def test_with_more_entries_it_is_wider():
    a, b = np.array([4.0, 5.5, 5.0]), np.array([1.0, 3.5, 2.0])
    assert interval(a, b, 5)[0] < interval(a, b, 2)[0]
    values = {"a": a, "b": b, "c": a + 10}
    place = ranking({name: scores(v) for name, v in values.items()})[1]
    assert (place.name, place.low, place.high) == ("a", *interval(a, b, 3))


def test_equal_values_differ_by_nothing():
    places = ranking({"a": scores([3, 3]), "b": scores([3, 3])})
    assert (places[1].difference, places[1].verdict) == (0, EQUAL)


def test_copies_are_seldom_told_apart_where_a_bootstrap_often_does():
    rng = np.random.default_rng(0)
    repetitions, wins, bootstrap = 300, 0, 0
    for _ in range(repetitions):
        a, b = sorted(rng.normal(size=(2, 3)), key=np.mean)
        wins += winner(ranking({"a": scores(a), "b": scores(b)})) is not None
        drawn = rng.integers(0, 3, (2, 500, 3))
        differences = b[drawn[0]].mean(axis=1) - a[drawn[1]].mean(axis=1)
        bootstrap += np.quantile(differences, 0.025) > 0
    assert wins <= 0.06 * repetitions
    assert bootstrap >= 0.12 * repetitions


def test_scores_of_different_protocols_are_not_ranked_together():
    found = {"a": scores([1, 2]), "b": scores([3, 4], protocol="n: 20 | seed 0")}
    with pytest.raises(ValueError, match="not ranked together"):
        ranking(found)
    ranking({"a": scores([1]), "b": scores([3], protocol="n: 10 | seed 1")})


def test_a_ranking_is_by_one_metric():
    other = [Score("recall", 0.5, 1.0, "higher", "n: 10 | seed 0")]
    with pytest.raises(ValueError, match="by one metric"):
        ranking({"a": scores([1]), "b": other})
