"""Result of a comparison, as records, rows and text tables."""

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ganzoo.comparison.entries import Entry
from ganzoo.comparison.ranking import WORSE, Place, ranking, winner
from ganzoo.evaluation.score import Score

FAILED = "failed"


@dataclass(frozen=True)
class Run:
    """The outcome of an entry with one seed.

    Attributes:
        entry: name of the entry.
        seed: seed of the run.
        path: the run directory.
        scores: scores of the last checkpoint, and of the best one.
        cost: see `run_process.cost`; empty if the run failed.
        failure: reason of a failure; empty if there are scores.
    """

    entry: str
    seed: int
    path: Path
    scores: Sequence[Score] = ()
    cost: Mapping = field(default_factory=dict)
    failure: str = ""

    def score(self, metric: str, checkpoint: str = "last") -> Score | None:
        """The score of a metric and checkpoint, None if it was not measured."""
        for score in self.scores:
            if (score.metric, score.checkpoint) == (metric, checkpoint):
                return score
        return None


@dataclass(frozen=True)
class Comparison:
    """The result of `compare`.

    Attributes:
        entries: the competitors.
        runs: runs of every entry and seed, in this order.
        path: the directory, with report.html, scores.csv and scores.json.
        total: runs that were asked for; more than `runs` while they are going on.
    """

    entries: Sequence[Entry]
    runs: Sequence[Run]
    path: Path
    total: int = 0

    @property
    def metric(self) -> str:
        """Name of the score that ranks the entries."""
        return self.entries[0].experiment.metric

    @property
    def metrics(self) -> list[str]:
        """Names of all scores, with the ranking one first."""
        names = [score.metric for run in self.runs for score in run.scores]
        return list(dict.fromkeys([self.metric, *names]))

    @cached_property
    def places(self) -> list[Place]:
        """The ranking, without entries that have no scores.

        Raises:
            ValueError: scores of different protocols.
        """
        return ranking({entry.name: self.scores(entry.name) for entry in self.entries})

    @property
    def winner(self) -> str | None:
        """The entry that is better than all others beyond seed noise, if any."""
        return winner(self.places)

    @property
    def failures(self) -> list[Run]:
        """The runs that failed."""
        return [run for run in self.runs if run.failure]

    def of(self, name: str) -> list[Run]:
        """The runs of an entry."""
        return [run for run in self.runs if run.entry == name]

    def scores(self, name: str, metric: str | None = None) -> list[Score]:
        """An entry's scores for a metric, one per scored seed."""
        scores = (run.score(metric or self.metric) for run in self.of(name))
        return [score for score in scores if score]

    def floor(self, metric: str) -> float | None:
        """The score of real data, None if nothing was scored."""
        for run in self.runs:
            if score := run.score(metric):
                return score.floor
        return None

    def seconds(self, name: str) -> float:
        """Mean training time of an entry's runs, in seconds."""
        costs = [run.cost["seconds"] for run in self.of(name) if run.cost]
        return statistics.mean(costs)

    def rows(self) -> list[dict]:
        """Tidy rows, one per variant, seed, metric and checkpoint; one per failure."""
        empty = dict.fromkeys(f.name for f in dataclasses.fields(Score))
        rows = []
        for run in self.runs:
            common = {"variant": run.entry, "seed": run.seed, "failure": run.failure}
            values = [score.to_dict() for score in run.scores] or [empty]
            rows += [{**common, **value} for value in values]
        return rows

    def verdict(self) -> str:
        """The ranking in a sentence, and how many runs are missing."""
        missing = self.total - len(self.runs)
        if missing > 0:
            return (
                f"{self._verdict()} {missing} of {self.total} runs are still missing."
            )
        return self._verdict()

    def _verdict(self):
        if len(self.places) < 2:
            return "Nothing to rank: fewer than two entries have scores."
        if self.winner:
            return f"{self.winner} is better than every other beyond seed noise."
        best, *others = self.places
        near = [place.name for place in others if place.verdict != WORSE]
        return (
            f"No winner: {best.name} has the best mean, and the seeds do not tell it "
            f"from {', '.join(near)}."
        )

    def table(self) -> str:
        """The ranking as lines of text, with real data and the failures."""
        rows = [["", self.metric, "+-", "behind", "95% interval", "s/run", ""]]
        rows += [self._row(place) for place in self.places]
        floor = self.floor(self.metric)
        if floor is not None:
            rows.append(["real data", f"{floor:.4g}", *[""] * 5])
        lines = _aligned(rows)
        lines += [
            f"FAILED {run.entry}, seed {run.seed}: {run.failure.splitlines()[0]}"
            for run in self.failures
        ]
        if table := self.cross_table():
            lines += ["", *_aligned(table), ""]
        return "\n".join([*lines, self.verdict()])

    def _row(self, place):
        """A line of `table`; the best entry has no distance."""
        behind, interval = "", ""
        if place is not self.places[0]:
            behind = _short(place.difference)
            interval = f"{_short(place.low)} to {_short(place.high)}"
        mean, std = f"{place.mean:.4g}", _short(place.std)
        seconds = f"{self.seconds(place.name):.0f}"
        return [place.name, mean, std, behind, interval, seconds, place.verdict]

    def cross_table(self) -> list[list[str]]:
        """Means over a grid of two options, the first down, the second across.

        Empty without such a grid, or if several entries share a cell.
        """
        names = {tuple(entry.choices.items()): entry.name for entry in self.entries}
        unique = len(names) == len(self.entries)
        if not unique or any(len(choices) != 2 for choices in names):
            return []
        (down, _), (across, _) = next(iter(names))
        columns = list(dict.fromkeys(b for _, (_, b) in names))
        rows = {a: [""] * len(columns) for (_, a), _ in names}
        for ((_, a), (_, b)), name in names.items():
            rows[a][columns.index(b)] = self._mean(name)
        head = [f"{self.metric}: {down}, {across}", *map(str, columns)]
        return [head, *([str(a), *means] for a, means in rows.items())]

    def _mean(self, name):
        means = {place.name: f"{place.mean:.4g}" for place in self.places}
        return means.get(name, FAILED)


def _short(value):
    return "-" if math.isnan(value) else f"{value:.3g}"


def _aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [zip(row, widths, strict=True) for row in rows]
    return ["  ".join(f"{text:<{w}}" for text, w in line).rstrip() for line in lines]
