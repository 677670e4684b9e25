"""Scores with the protocol that they were measured by."""

import dataclasses
import importlib.metadata
import math
from dataclasses import dataclass

FORMAT = 1  # raised when a score's definition changes: older ones no longer compare
_PACKAGES = ("ganzoo-keras", "tensorflow", "keras", "numpy", "scipy", "scikit-learn")
_BORDER = " | "


@dataclass(frozen=True)
class Score:
    """One number and how it came about.

    Attributes:
        metric: `frechet_distance`, `recall`, ...
        value: of the samples.
        floor: of real data in place of the samples: what a perfect model would get.
        better: `lower`, `higher`, or `floor`: the nearer to the floor.
        protocol: see `protocol`.
        checkpoint: `last`, or `best` by the metric that was watched in training.
        step: of the checkpoint.
    """

    metric: str
    value: float
    floor: float
    better: str
    protocol: str
    checkpoint: str = "last"
    step: int = 0

    def to_dict(self) -> dict:
        """As JSON holds it, which has no infinity: it is the word "inf" there."""
        row = dataclasses.asdict(self)
        numbers = {k: row[k] for k in ("value", "floor") if math.isinf(row[k])}
        return {**row, **{key: str(number) for key, number in numbers.items()}}

    @classmethod
    def from_dict(cls, row: dict) -> "Score":
        """The inverse of `to_dict`."""
        return cls(**{**row, **{key: float(row[key]) for key in ("value", "floor")}})


def protocol(conditions: dict, provenance: dict) -> str:
    """The protocol string: `key: value; ... | key: value; ...`.

    Args:
        conditions: all that must be equal for two scores to be compared.
        provenance: what else is worth knowing: seeds of the samples, versions.
    """
    conditions = {**conditions, "protocol": FORMAT}
    provenance = {**provenance, **versions()}
    return _BORDER.join(
        "; ".join(f"{key}: {value}" for key, value in part.items())
        for part in (conditions, provenance)
    )


def comparable(a: str, b: str) -> bool:
    """Whether two scores may be ranked: their protocols agree before the ` | `."""
    return a.split(_BORDER)[0] == b.split(_BORDER)[0]


def versions() -> dict[str, str]:
    """The packages that a score depends on; other ones change it by rounding only."""
    return {name: _version(name) for name in _PACKAGES}


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # used from a source tree
        return "not installed"


def rank(score: Score) -> float:
    """A number that is lower for better scores of the same metric."""
    signs = {"lower": score.value, "higher": -score.value}
    return signs.get(score.better, abs(score.value - score.floor))
