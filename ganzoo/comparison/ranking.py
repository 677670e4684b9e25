"""Ranking of entries: differences of means, with intervals over seeds."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import studentized_range, t

from ganzoo.evaluation.score import Score, comparable, rank

LEVEL = 0.95
BEST, EQUAL, WORSE = "best mean", "within seed noise", "worse than the best"
UNKNOWN = "cannot be told"


@dataclass(frozen=True)
class Place:
    """The place of an entry in a ranking.

    Attributes:
        name: name of the entry.
        seeds: number of scored seeds.
        mean: mean of the scores.
        std: standard deviation of the scores (n - 1); NaN for one seed, or a score that
            is not finite.
        difference: distance from the best mean, 0 or more.
        low, high: simultaneous 95% interval of the difference; NaN if an entry has one
            seed, or a score that is not finite.
        verdict: `BEST`, `EQUAL`, `WORSE` or, without an interval, `UNKNOWN`.
    """

    name: str
    seeds: int
    mean: float
    std: float
    difference: float
    low: float
    high: float
    verdict: str


def ranking(scores: Mapping[str, Sequence[Score]]) -> list[Place]:
    """Ranks entries by the mean of one metric over seeds, the best first.

    The interval of the difference to the best follows Games and Howell (1976). It is
    Welch's, with a separate spread for every entry, and has the quantile of the
    studentized range, since the best was picked from all entries. With two entries, it
    is Welch's t interval. It keeps its level with 3 seeds; the percentiles of a
    bootstrap do not (tests/comparison/test_ranking.py).

    Args:
        scores: scores of one metric, by entry, one per seed; an entry without scores is
            left out.

    Raises:
        ValueError: scores of different protocols.
    """
    scores = {name: list(values) for name, values in scores.items() if values}
    _check_comparable([score for values in scores.values() for score in values])
    ranks = {name: np.array(list(map(rank, values))) for name, values in scores.items()}
    order = sorted(ranks, key=lambda name: ranks[name].mean())
    return [
        _place(name, scores[name], *_compared(ranks, name, order[0])) for name in order
    ]


def winner(places: Sequence[Place]) -> str | None:
    """Name of the entry that is better than all others beyond seed noise, if any."""
    others = places[1:]
    if others and all(place.verdict == WORSE for place in others):
        return places[0].name
    return None


def interval(a: np.ndarray, b: np.ndarray, count: int = 2) -> tuple[float, float]:
    """Interval of mean(a) - mean(b), for two of `count` samples.

    (NaN, NaN) if a sample has a single value, or one that is not finite.
    """
    if min(len(a), len(b)) < 2 or not np.isfinite([*a, *b]).all():
        return math.nan, math.nan
    parts = [values.var(ddof=1) / len(values) for values in (a, b)]
    difference, square = a.mean() - b.mean(), sum(parts)
    if square == 0:
        return difference, difference
    pairs = zip(parts, (a, b), strict=True)
    df = square**2 / sum(part**2 / (len(v) - 1) for part, v in pairs)
    if count == 2:
        quantile = float(t.ppf((1 + LEVEL) / 2, df))
    else:
        quantile = _quantile(count, math.floor(10 * df) / 10)
    half = quantile * math.sqrt(square)
    return difference - half, difference + half


@functools.cache
def _quantile(count, df):
    """Bound on the difference of any two of `count` means, in standard errors; slow."""
    return float(studentized_range.ppf(LEVEL, count, df) / math.sqrt(2))


def _compared(ranks, name, best):
    if name == best:
        return 0.0, 0.0, 0.0, BEST
    low, high = interval(ranks[name], ranks[best], len(ranks))
    with np.errstate(invalid="ignore"):  # both are infinite
        difference = ranks[name].mean() - ranks[best].mean()
    if math.isnan(low):
        verdict = UNKNOWN
    else:
        verdict = WORSE if low > 0 else EQUAL
    return difference, low, high, verdict


def _place(name, scores, difference, low, high, verdict):
    values = np.array([score.value for score in scores])
    spread = len(values) > 1 and np.isfinite(values).all()
    std = float(values.std(ddof=1)) if spread else math.nan
    mean = float(values.mean())
    numbers = (float(v) for v in (difference, low, high))
    return Place(name, len(values), mean, std, *numbers, verdict)


def _check_comparable(scores):
    for score in scores:
        first = scores[0]
        if score.metric != first.metric:
            raise ValueError(
                f"A ranking is by one metric. Received: {first.metric} and "
                f"{score.metric}."
            )
        if not comparable(score.protocol, first.protocol):
            raise ValueError(
                "Scores of different protocols are not ranked together:\n"
                f"  {first.protocol}\n  {score.protocol}"
            )
