"""Selection: scores during training, to choose the best checkpoint."""

import sys
from pathlib import Path

import keras

from ganzoo.evaluation.sampling import applicable, draw
from ganzoo.evaluation.score import Score, rank
from ganzoo.evaluation.scorer import Scorer, measure
from ganzoo.runs import checkpoint
from ganzoo.runs.directory import CHECKPOINTS
from ganzoo.runs.log import append, drop_after, read_rows
from ganzoo.utils.options import check_known
from ganzoo.utils.progress import says, tell

SCORES = "scores.jsonl"
SEED = 1_000_003  # seed of the latents, different from the final evaluation


class Selection(keras.callbacks.Callback):
    """Scores the model every `every` steps and at the last, and keeps the best so far.

    Each score becomes a line of `scores.jsonl`. Final scores use other real samples and
    latents of another seed, so the choice does not bias them. A resumed run reads the
    best score from its checkpoint. This callback must come before those that save: a
    checkpoint then follows all scores up to its step.

    With several workers, each has this callback: all sample and read the variables,
    which must happen together; the chief scores and writes.

    Args:
        scorer: a scorer with the roles `SELECTION`.
        metric: name of the score.
        every: steps between scores.
        last: the last step.
        workdir: the run directory.
        writes: True if this worker is the chief.

    Raises:
        ValueError: an unknown score, or one that does not fit the data and model.
    """

    def __init__(
        self, scorer: Scorer, metric: str, every: int, last: int, workdir, writes=True
    ):
        super().__init__()
        self.scorer = scorer
        self.metric = metric
        self.every = every
        self.last = last
        self.path = Path(workdir) / SCORES
        self.checkpoints = Path(workdir) / CHECKPOINTS
        self.writes = writes
        self.best = None

    def set_model(self, model):
        super().set_model(model)
        allowed = applicable(model, self.scorer)
        check_known("metric of this data set", [self.metric], allowed)

    def on_train_begin(self, logs=None):
        if not self.writes:
            return
        drop_after(self.path, self.model.step, sound=_is_row)
        kept = checkpoint.best(self.checkpoints)
        self.best = Score.from_dict(kept["score"]) if kept else None
        if kept and kept["step"] > self.model.step:
            # A killed process was ahead of its checkpoint. This run finds it again.
            self.best = min(read_scores(self.path), key=rank, default=None)

    def on_epoch_end(self, epoch, logs=None):
        step = self.model.step
        if step % self.every and step != self.last:
            return
        says("scoring")
        arrays = checkpoint.read_state(self.model)
        samples = draw(self.model, self.scorer, SEED)
        if self.writes:
            self._judge(arrays, samples)

    def _judge(self, arrays, samples):
        step = self.model.step
        try:
            (score,) = measure(
                self.scorer,
                self.scorer.view(samples),
                only=[self.metric],
                seed=SEED,
                step=step,
                checkpoint="selection",
            )
        except ValueError as error:  # a generator may be constant at times
            row = {"step": step, "metric": self.metric, "problem": str(error)}
            tell(f"No score at step {step}: {error}", sys.stderr)
        else:
            row = score.to_dict()
            if self.best is None or rank(score) < rank(self.best):
                self.best = score
                checkpoint.save_best(arrays, step, self.checkpoints, score.to_dict())
            row["best"] = self.best.value
        append(self.path, row)


def read_scores(path) -> list[Score]:
    """Reads a run's `scores.jsonl`, without the steps that had no score."""
    rows = read_rows(path, sound=_is_row)
    return [_score(row) for row in rows if "problem" not in row]


def _score(row):
    return Score.from_dict({key: row[key] for key in row if key != "best"})


def _is_row(row):
    """Tells if a row is a score, or says why there was none."""
    try:
        return "problem" in row or bool(_score(row))
    except ValueError:
        return False
