"""Symbols in one-hot code: what samples of graphs and of text are made of."""

from typing import Protocol

import numpy as np

HELD_OUT = 10
"""Every tenth sample, in a random order that is always the same, is held out."""


class Codec(Protocol):
    """Meaning of one-hot samples."""

    kind: str

    @property
    def kinds(self) -> int:
        """Number V of symbols."""

    @property
    def spec(self) -> dict:
        """The table that `codecs.get` makes this from."""

    def strings(self, samples: np.ndarray) -> list[str]:
        """Returns what samples (n, L, V) say, "" for an invalid one.

        Raises:
            ValueError: samples of another V.
        """


def check_kinds(shape: tuple[int, ...], kinds: int) -> None:
    """Raises ValueError unless samples of a shape (L, V) are of `kinds` symbols."""
    if len(shape) != 2 or shape[-1] != kinds:
        raise ValueError(
            f"Samples of {kinds} symbols in one-hot code have the shape (L, {kinds}). "
            f"Received: {tuple(shape)}."
        )


def one_hot(symbols: np.ndarray, kinds: int) -> np.ndarray:
    """Returns codes (N, L) as uint8 samples (N, L, kinds), 255 at the code."""
    return np.eye(kinds, dtype=np.uint8)[symbols] * np.uint8(255)


def rows_of(split: str, count: int) -> np.ndarray:
    """Returns which of `count` samples are in a split, bool (count,)."""
    held_out = np.random.default_rng(0).permutation(count) % HELD_OUT == 0
    return {"train": ~held_out, "test": held_out, "all": np.ones(count, bool)}[split]
