"""Convergence by the scores during training: is an entry still improving?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ganzoo.evaluation.score import Score, rank
from ganzoo.training.callbacks.best_checkpoint import SCORES, read_scores

SHARE = 0.75  # of the training; what comes after it is looked at


def curve(run: Path) -> list[Score]:
    """Reads the scores of a run during training; its last model has the last one."""
    return read_scores(run / SCORES)


def improves(curves: Sequence[Sequence[Score]]) -> bool:
    """Tells if a score still got better by more than the spread of its seeds.

    It compares two numbers: the gain of the score over the last quarter of the
    training, as a mean over seeds, and the standard deviation over seeds (n - 1) at the
    end. Between two scores it is interpolated. One seed has no spread, and one score no
    past: these never improve.

    Args:
        curves: the scores during training of one metric, for each seed.
    """
    gains, ends = [], []
    for scores in filter(None, curves):
        steps = [score.step for score in scores]
        ranks = [rank(score) for score in scores]
        before = np.interp(SHARE * steps[-1], steps, ranks)
        gains.append(before - ranks[-1])
        ends.append(ranks[-1])
    return len(ends) > 1 and bool(np.mean(gains) > np.std(ends, ddof=1))
