"""Scores with the protocol of their measurement."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganzoo.data.tables import require_pandas
from ganzoo.runs.directory import version

if TYPE_CHECKING:
    import pandas

FORMAT = 1  # raised when a score's definition changes: older ones no longer compare
_PACKAGES = ("ganzoo-keras", "tensorflow", "keras", "numpy", "scipy", "scikit-learn")
_BORDER = " | "


@dataclass(frozen=True)
class Score:
    """A number and the conditions of its measurement.

    Attributes:
        metric: `frechet_distance`, `recall`, ...
        value: the score of the samples.
        floor: the score of real data, which a perfect model would reach.
        better: `lower`, `higher`, or `floor`: nearer to the score of real data.
        protocol: see `protocol`.
        checkpoint: `last`, or `best` by the metric that was monitored during training.
        step: step of the checkpoint.
        margin: half the width of its 95% interval over the samples, if it was measured;
            see `metrics.jackknife_margin`. The real data stay as they are.
    """

    metric: str
    value: float
    floor: float
    better: str
    protocol: str
    checkpoint: str = "last"
    step: int = 0
    margin: float | None = None

    def to_dict(self) -> dict:
        """Returns a table for JSON; infinity, which JSON lacks, becomes "inf"."""
        row = dataclasses.asdict(self)
        numbers = {k: row[k] for k in ("value", "floor") if math.isinf(row[k])}
        return {**row, **{key: str(number) for key, number in numbers.items()}}

    @classmethod
    def from_dict(cls, row: dict) -> "Score":
        """Inverts `to_dict`.

        Raises:
            ValueError: the row is damaged.
        """
        try:
            numbers = {key: float(row[key]) for key in ("value", "floor")}
            score = cls(**{**row, **numbers})
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"a row is no score: {error}") from error
        texts = score.metric, score.better, score.protocol, score.checkpoint
        fits = all(isinstance(text, str) for text in texts)
        if not (fits and isinstance(score.step, int)):
            raise ValueError(f"a row is no score: {row}")
        return score


def frame(rows: Iterable[Mapping], first: tuple[str, ...] = ()) -> "pandas.DataFrame":
    """Makes a pandas frame of rows of `Score.to_dict`, with the columns `first` before.

    Numbers are floats, infinity among them; whole numbers are Int64.

    Raises:
        ImportError: pandas is not installed.
    """
    columns = [*first, *(field.name for field in dataclasses.fields(Score))]
    table = require_pandas().DataFrame(rows, columns=columns)
    return table.astype({**dict.fromkeys(_NUMBERS, float), "step": "Int64"})


_NUMBERS = ("value", "floor", "margin")


def protocol(conditions: dict, provenance: dict) -> str:
    """Returns the protocol string: `key: value; ... | key: value; ...`.

    Args:
        conditions: everything that must be equal for two scores to be compared.
        provenance: everything else worth knowing: seeds of the samples, versions.
    """
    conditions = {**conditions, "protocol": FORMAT}
    provenance = {**provenance, **versions()}
    return _BORDER.join(
        "; ".join(f"{key}: {value}" for key, value in part.items())
        for part in (conditions, provenance)
    )


def comparable(a: str, b: str) -> bool:
    """Tells if two scores may be ranked: their protocols agree before the ` | `."""
    return a.split(_BORDER)[0] == b.split(_BORDER)[0]


def conditions_of(text: str) -> dict[str, str]:
    """Returns the conditions of a protocol string."""
    pairs = (part.split(": ", 1) for part in text.split(_BORDER)[0].split("; "))
    return {pair[0]: pair[-1] for pair in pairs}


def versions() -> dict[str, str]:
    """Returns the packages that a score depends on; others change rounding only."""
    return {name: version(name) or "not installed" for name in _PACKAGES}


def rank(score: Score) -> float:
    """Returns a number that is lower for better scores of the same metric."""
    signs = {"lower": score.value, "higher": -score.value}
    return signs.get(score.better, abs(score.value - score.floor))
