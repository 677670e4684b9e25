"""Disjoint parts of a data set, against which samples are scored."""

from dataclasses import dataclass, replace

import numpy as np

from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.load import load_data
from ganzoo.data.pipeline import stream_of

SEED = 0
SIXTHS = {
    "reference": (0, 2),
    "selection": (2, 3),
    "selection_test": (3, 4),
    "test": (4, 6),
}


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of a data set, drawn once with a fixed seed.

    Final scores compare samples with `reference`, scores during training with
    `selection`, so that final scores do not favour a checkpoint that was selected on
    the same data. They are a third and a sixth of the training split. The real data
    that are scored next to the samples are `test` or, during training,
    `selection_test`. `test` is the test split of the set or, if it has none, the
    remaining third of the training split, which training has seen.

    Attributes:
        train: the training split.
        held_out: the test split, None if there is none.
    """

    train: Data
    held_out: Data | None = None

    def take(self, part: str, n: int) -> Data:
        """Returns the first n samples of a part; a larger n begins with them."""
        data, rows = self._pool(part)
        return _rows(data, rows[:n])

    def size(self, part: str) -> int:
        """Returns the number of samples in the part."""
        return len(self._pool(part)[1])

    def origin(self, part: str) -> str:
        """Describes the origin of the part, for protocols."""
        if part == "test" and self.held_out is not None:
            return f"test split, seed {SEED}"
        first, end = SIXTHS[part]
        return f"sixths {first + 1} to {end} of the training split, seed {SEED}"

    @property
    def training(self) -> Data:
        """The training split without held-out samples, for classifiers."""
        if self.held_out is not None:
            return self.train
        rows = [self._pool(part)[1] for part in SIXTHS if part != "test"]
        return _rows(self.train, np.sort(np.concatenate(rows)))

    def _pool(self, part):
        rng = np.random.default_rng(SEED)
        if part == "test" and self.held_out is not None:
            return self.held_out, rng.permutation(len(self.held_out))
        count = len(self.train)
        first, end = (count * sixth // 6 for sixth in SIXTHS[part])
        return self.train, rng.permutation(count)[first:end]


def load_parts(name, **settings) -> Parts:
    """Loads a data set for evaluation; arguments and errors as in `load_data`.

    Args:
        name: see `load_data`.
        **settings: its other arguments, except `split` and `labels_per_class`.
    """
    return Parts(load_data(name, **settings), load_held_out(name, **settings))


def load_held_out(name, **settings) -> Data | None:
    """As `load_parts`, the test split alone; None where there is none."""
    try:
        return load_data(name, split="test", **settings)
    except NoSuchSplit:
        return None


def _rows(data, rows):
    """Takes rows of the samples; arrays in their own order stay whole."""
    arrays = {
        key: array if stream_of(key) else np.asarray(array[rows])
        for key, array in data.arrays.items()
    }
    return replace(data, arrays=arrays)
