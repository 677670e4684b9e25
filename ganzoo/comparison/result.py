"""Result of a comparison, as records, rows and text tables."""

import dataclasses
import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.comparison.convergence import curve, improves
from ganzoo.comparison.entries import Budget, Entry
from ganzoo.comparison.ranking import WORSE, Place, ranking, winner
from ganzoo.evaluation.score import Score, frame
from ganzoo.utils import html
from ganzoo.utils.text import aligned

if TYPE_CHECKING:
    import pandas

FAILED, PENDING = "failed", "not run yet"
IMPROVING, UNLEARNT = "still improving", "no better than blends"
DISTANCE = "frechet_distance"  # tells if the data are learnt, whatever ranks
DIVERSITY = ("recall", "coverage", "modes", "classes")
"""Scores of diversity; the first that was measured stands in the ranking."""


@dataclass(frozen=True)
class Run:
    """The outcome of an entry with one seed.

    Attributes:
        entry: name of the entry.
        seed: seed of the run.
        path: the run directory.
        scores: scores of the last checkpoint, and of the best one.
        cost: see `run_process.cost`; empty if the run failed.
        blends: Frechet distance of blends of real samples, see `Scorer.blends`; None if
            unknown.
        failure: reason of a failure; empty if there are scores.
    """

    entry: str
    seed: int
    path: Path
    scores: Sequence[Score] = ()
    cost: Mapping = field(default_factory=dict)
    blends: float | None = None
    failure: str = ""

    @property
    def is_done(self) -> bool:
        """True if it has scores or has failed."""
        return bool(self.scores or self.failure)

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
        runs: runs that are done, ordered by entry and seed.
        path: the directory, with report.html, scores.csv and scores.json.
        budget: what each run may spend.
        seeds: number of runs per entry.
        command: the command that made it, empty if it was no command.
    """

    entries: Sequence[Entry]
    runs: Sequence[Run]
    path: Path
    budget: Budget
    seeds: int
    command: str = ""

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
        """The entry that is better than all others beyond seed noise, if any.

        None also if the verdict is withheld, see `withheld`.
        """
        return None if self.withheld else winner(self.places)

    @property
    def withheld(self) -> str:
        """Reason why a verdict would be too early; empty if there is none.

        Some runs are not done; or no entry has learnt the data, that is, none has a
        smaller mean Frechet distance than blends of two real samples; or an entry would
        win while one, itself or another, is still improving.
        """
        total = self.seeds * len(self.entries)
        if len(self.runs) < total:
            return f"{total - len(self.runs)} of {total} runs are not done"
        if self.places and not any(map(self._learnt, self.places)):
            best = min(self.mean(place.name, DISTANCE) for place in self.places)
            return (
                f"nothing has learnt the data. The best Frechet distance, {best:.4g}, "
                f"is not below {self.blends:.4g}, that of blends of two real samples. "
                "Train longer"
            )
        if self.improving and winner(self.places):
            return (
                f"{self.places[0].name} has the best mean, but "
                f"{', '.join(self.improving)} still improved over the last quarter "
                "of training by more than the spread of the seeds. Train longer"
            )
        return ""

    @property
    def blends(self) -> float | None:
        """Frechet distance of blends of two real samples; None if unknown."""
        return next((r.blends for r in self.runs if r.blends is not None), None)

    @cached_property
    def improving(self) -> list[str]:
        """The entries whose score is still getting better, see `convergence`."""
        curves = {
            place.name: [curve(run.path) for run in self.of(place.name) if run.scores]
            for place in self.places
        }
        return [name for name, runs in curves.items() if improves(runs)]

    def words(self, place: Place) -> str:
        """The verdict on an entry, with what keeps it from being final."""
        words = [place.verdict]
        words += [] if self._learnt(place) else [UNLEARNT]
        words += [IMPROVING] if place.name in self.improving else []
        return ", ".join(words)

    def _learnt(self, place):
        distance = self.mean(place.name, DISTANCE)
        return bool(self._unchecked) or distance < self.blends

    @property
    def _unchecked(self):
        """Reason why nothing tells if the data are learnt; empty if something does."""
        if self.blends is None or self.floor(DISTANCE) is None:
            return "that takes the Frechet distance"
        if self.blends <= self.floor(DISTANCE):
            return "of so few samples, blends score as well as real ones"
        return ""

    @property
    def diversity(self) -> str | None:
        """The score of diversity that stands in the ranking, None without one."""
        others = [name for name in self.metrics if name != self.metric]
        return next((name for name in DIVERSITY if name in others), None)

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

    def mean(self, name: str, metric: str) -> float | None:
        """Mean of an entry's scores for a metric, None if there are none."""
        values = [score.value for score in self.scores(name, metric)]
        return statistics.mean(values) if values else None

    def floor(self, metric: str) -> float | None:
        """The score of real data, None if nothing was scored."""
        for run in self.runs:
            if score := run.score(metric):
                return score.floor
        return None

    @property
    def references(self) -> dict[str, float]:
        """Scores of real samples, and of blends of two of them, where known."""
        known = {"real data": self.floor(self.metric)}
        known |= {"blends": self.blends} if self.metric == DISTANCE else {}
        return {name: value for name, value in known.items() if value is not None}

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

    def to_pandas(self) -> "pandas.DataFrame":
        """The `rows` as a pandas frame; needs the extra `tables`.

        Raises:
            ImportError: pandas is not installed.
        """
        return frame(self.rows(), first=("variant", "seed", "failure"))

    def verdict(self) -> str:
        """The ranking in a sentence, and what it leaves out."""
        sentences = [self._sentence()]
        if len(self.places) > 1 and not self.withheld and self._unchecked:
            sentences.append(f"Whether the data are learnt is open: {self._unchecked}.")
        failed = Counter(run.entry for run in self.failures)
        if failed:
            counts = [f"{n} of {self.seeds} of {name}" for name, n in failed.items()]
            sentences.append(f"Failed runs, which are left out: {', '.join(counts)}.")
        return " ".join(sentences)

    def _sentence(self):
        if len(self.places) < 2:
            return "Nothing to rank: fewer than two entries have scores."
        if self.withheld:
            return f"No verdict yet: {self.withheld}."
        if self.winner:
            return f"{self.winner} is better than every other beyond seed noise."
        best, *others = self.places
        near = [place.name for place in others if place.verdict != WORSE]
        more = f" Still improving: {', '.join(self.improving)}." * bool(self.improving)
        return (
            f"No winner: {best.name} has the best mean, and the seeds do not tell it "
            f"from {', '.join(near)}.{more}"
        )

    def table(self) -> str:
        """The ranking as lines of text, with real data and the failures."""
        lines = [*aligned(self._ranked()), *self._failed()]
        if table := self.cross_table():
            lines += ["", *aligned(table), ""]
        return "\n".join([*lines, self.verdict()])

    def _repr_html_(self):
        """As `table`."""
        tables = [table for table in (self._ranked(), self.cross_table()) if table]
        content = "".join(html.table(rows, head=head) for head, *rows in tables)
        return content + html.lines("\n".join([*self._failed(), self.verdict()]))

    def _ranked(self):
        """The names of the columns of `table`, then a line for each entry."""
        head = ["", self.metric, "+-", "seeds", self.diversity or "", "behind"]
        rows = [[*head, "95% interval", "s/run", ""]]
        rows += [self._row(place) for place in self.places]
        for name, value in self.references.items():
            rows.append([name, f"{value:.4g}", *[""] * 7])
        return rows

    def _failed(self):
        return [
            f"FAILED {run.entry}, seed {run.seed}: {run.failure.splitlines()[0]}"
            for run in self.failures
        ]

    def _row(self, place):
        """A line of `table`; the best entry has no distance."""
        behind, interval = "", ""
        if place is not self.places[0]:
            behind = _short(place.difference)
            interval = f"{_short(place.low)} to {_short(place.high)}"
        values = ", ".join(_short(score.value) for score in self.scores(place.name))
        own = [place.name, f"{place.mean:.4g}", _short(place.std), values]
        diversity = self.diversity and self.mean(place.name, self.diversity)
        own.append("" if diversity is None else _short(diversity))
        seconds = f"{self.seconds(place.name):.0f}"
        return [*own, behind, interval, seconds, self.words(place)]

    def cross_table(self) -> list[list[str]]:
        """Means over a grid of two options, the first down, the second across.

        Empty without such a grid, or if several entries share a cell.
        """
        names = {
            tuple((option, str(value)) for option, value in entry.choices.items()): (
                entry.name
            )
            for entry in self.entries
        }
        unique = len(names) == len(self.entries)
        if not unique or any(len(choices) != 2 for choices in names):
            return []
        (down, _), (across, _) = next(iter(names))
        columns = list(dict.fromkeys(b for _, (_, b) in names))
        rows = {a: [""] * len(columns) for (_, a), _ in names}
        for ((_, a), (_, b)), name in names.items():
            rows[a][columns.index(b)] = self._mean(name)
        head = [f"{self.metric}: {down}, {across}", *columns]
        return [head, *([a, *means] for a, means in rows.items())]

    def _mean(self, name):
        mean = self.mean(name, self.metric)
        if mean is None:
            return FAILED if self.of(name) else PENDING
        return f"{mean:.4g}"


def _short(value):
    return "-" if math.isnan(value) else f"{value:.3g}"
