"""Reading: how the samples of a data set are read, whatever its source."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ganzoo.data.decoded_cache import default_dir
from ganzoo.data.images import Form

MEMORY_LIMIT = 2**30
"""Bytes of samples kept in memory; larger sets are memory-mapped from the cache."""
SPLITS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
DIRECTIONS = ("AtoB", "BtoA")


@dataclass(frozen=True)
class Reading:
    """The arguments of `load_data` that its sources share.

    Attributes:
        split: a key of `SPLITS`; TFDS sets have others too.
        form: size and channels of images.
        cache_dir: folder for decoded sets.
        memory_limit: bytes of samples above which a set is memory-mapped from there.
        strict: refuse an unreadable image instead of skipping it with a warning.
        data_dir: folder of TFDS sets.
        source_key: `source`: sets of pairs are read with the source of each sample.
            `unpaired`: sources are read in their own order; a test split of pairs
            keeps them as `source`, so that a translation's error can be measured.
        direction: `AtoB`: sources are A, the left image; or `BtoA`.
    """

    split: str
    form: Form = Form()
    cache_dir: Path = field(default_factory=default_dir)
    memory_limit: int = MEMORY_LIMIT
    strict: bool = False
    data_dir: str | Path | None = None
    source_key: str | None = None
    direction: str = "AtoB"

    @property
    def parts(self) -> tuple[str, ...]:
        """The splits of the source that are read."""
        return SPLITS[self.split]

    def directed(self, a, b) -> tuple:
        """Returns sources and targets, of A and B."""
        return (a, b) if self.direction == "AtoB" else (b, a)

    def sides(self, sources, real) -> dict[str, np.ndarray]:
        """Returns the arrays of sources and targets."""
        arrays = {"real": real, self.source_key: sources}
        if self.source_key == "unpaired" and self.split == "test":
            arrays["source"] = sources
        return arrays
