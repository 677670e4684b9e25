"""What a comparison found, as records, rows and tables of text."""

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ganzoo.comparison.entries import Cell
from ganzoo.comparison.ranking import WORSE, Place, ranking, winner
from ganzoo.evaluation.score import Score

FAILED = "failed"


@dataclass(frozen=True)
class Run:
    """What became of a cell with one seed.

    Attributes:
        cell: its name.
        seed: of the run.
        path: the run directory.
        scores: of the last checkpoint, and of the best one.
        cost: see `worker.cost`; empty where the run failed.
        failure: why there are no scores; empty where all went well.
    """

    cell: str
    seed: int
    path: Path
    scores: Sequence[Score] = ()
    cost: Mapping = field(default_factory=dict)
    failure: str = ""

    def score(self, metric: str, checkpoint: str = "last") -> Score | None:
        """One of the scores, None where it was not measured."""
        for score in self.scores:
            if (score.metric, score.checkpoint) == (metric, checkpoint):
                return score
        return None


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes:
        cells: that were compared.
        runs: of every cell and seed, in this order.
        path: the directory, with report.html, scores.csv and scores.json.
    """

    cells: Sequence[Cell]
    runs: Sequence[Run]
    path: Path

    @property
    def metric(self) -> str:
        """The score that ranks."""
        return self.cells[0].experiment.metric

    @property
    def metrics(self) -> list[str]:
        """Every score that a run has, the one that ranks first."""
        found = [score.metric for run in self.runs for score in run.scores]
        return list(dict.fromkeys([self.metric, *found]))

    @cached_property
    def places(self) -> list[Place]:
        """The ranking; cells without scores are not in it.

        Raises:
            ValueError: scores of different protocols.
        """
        return ranking({cell.name: self.scores(cell.name) for cell in self.cells})

    @property
    def winner(self) -> str | None:
        """The cell that is better than all others beyond seed noise, if any."""
        return winner(self.places)

    @property
    def failures(self) -> list[Run]:
        """The runs that failed."""
        return [run for run in self.runs if run.failure]

    def of(self, name: str) -> list[Run]:
        """The runs of a cell."""
        return [run for run in self.runs if run.cell == name]

    def scores(self, name: str, metric: str | None = None) -> list[Score]:
        """A cell's scores of a metric, one a seed that has it."""
        found = [run.score(metric or self.metric) for run in self.of(name)]
        return [score for score in found if score]

    def floor(self, metric: str) -> float | None:
        """What real data get in the place of samples, None if nothing was scored."""
        scores = filter(None, (run.score(metric) for run in self.runs))
        return next((score.floor for score in scores), None)

    def seconds(self, name: str) -> float:
        """Mean seconds of training of a cell's runs."""
        costs = [run.cost["seconds"] for run in self.of(name) if run.cost]
        return statistics.mean(costs)

    def rows(self) -> list[dict]:
        """Tidy: one row a variant, seed, metric and checkpoint; a failure has one."""
        keys = [f.name for f in dataclasses.fields(Score)]
        rows = []
        for run in self.runs:
            same = {"variant": run.cell, "seed": run.seed, "failure": run.failure}
            values = [score.to_dict() for score in run.scores]
            rows += [{**same, **v} for v in values or [dict.fromkeys(keys)]]
        return rows

    def verdict(self) -> str:
        """The ranking in a sentence."""
        if len(self.places) < 2:
            return "Nothing to rank: fewer than two cells have scores."
        if self.winner:
            return f"{self.winner} is better than every other beyond seed noise."
        best, *others = self.places
        near = [place.name for place in others if place.verdict != WORSE]
        return (
            f"No winner: {best.name} has the best mean, and the seeds do not tell it "
            f"from {', '.join(near)}."
        )

    def table(self) -> str:
        """The ranking as lines of text, with the floor and what failed."""
        rows = [["", self.metric, "+-", "behind", "95% interval", "s a run", ""]]
        for i, place in enumerate(self.places):
            low, high = _short(place.low), _short(place.high)
            behind = [_short(place.difference), f"{low} to {high}"]
            rows.append(
                [
                    place.name,
                    f"{place.mean:.4g}",
                    _short(place.std),
                    *(behind if i else ["", ""]),
                    f"{self.seconds(place.name):.0f}",
                    place.verdict,
                ]
            )
        floor = self.floor(self.metric)
        if floor is not None:
            rows.append(["real data", f"{floor:.4g}", *[""] * 4, "the floor"])
        lines = _aligned(rows)
        lines += [
            f"FAILED {run.cell}, seed {run.seed}: {run.failure.splitlines()[0]}"
            for run in self.failures
        ]
        if crossed := self.cross_table():
            lines += ["", *_aligned(crossed), ""]
        return "\n".join([*lines, self.verdict()])

    def cross_table(self) -> list[list[str]]:
        """Means over a grid of two options, the first down, the second across.

        Empty where there is no such grid, or several cells stand in one place.
        """
        places = {tuple(cell.choices.items()): cell.name for cell in self.cells}
        unique = len(places) == len(self.cells)
        if not unique or any(len(choices) != 2 for choices in places):
            return []
        (down, _), (across, _) = next(iter(places))
        columns = list(dict.fromkeys(b for _, (_, b) in places))
        rows = {a: [""] * len(columns) for (_, a), _ in places}
        for ((_, a), (_, b)), name in places.items():
            rows[a][columns.index(b)] = self._mean(name)
        head = [f"{self.metric}: {down}, {across}", *map(str, columns)]
        return [head, *([str(a), *cells] for a, cells in rows.items())]

    def _mean(self, name):
        found = {place.name: place for place in self.places}
        return f"{found[name].mean:.4g}" if name in found else FAILED


def _short(value):
    return "-" if math.isnan(value) else f"{value:.3g}"


def _aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [zip(row, widths, strict=True) for row in rows]
    return ["  ".join(f"{c:<{w}}" for c, w in line).rstrip() for line in lines]
