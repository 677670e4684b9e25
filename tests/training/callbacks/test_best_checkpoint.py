import json
import shutil

import numpy as np
import pytest
from helpers import tiny
from small_runs import BASE, check_equal, state_of

import ganzoo
from ganzoo.data.dataset import Data
from ganzoo.data.splits import load_parts
from ganzoo.evaluation.scorer import SELECTION, scorer_for
from ganzoo.runs import checkpoint
from ganzoo.runs.directory import CHECKPOINTS
from ganzoo.runs.experiment import Experiment
from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks import best_checkpoint

N = 60
RUN = {
    **BASE,
    "steps": 12,
    "evaluate_every": 2,
    "evaluation_samples": 40,
    "extractor": "pixels",
}


def _train(path, **changes):
    return ganzoo.train(Experiment(**RUN | changes), path, progress=False)


@pytest.fixture(scope="module")
def scorer():
    return scorer_for(
        tiny("vanilla"), load_parts("digits"), n=N, extractor="pixels", roles=SELECTION
    )


class Watched:
    """A Selection on a model whose samples are real ones with noise of given levels."""

    def __init__(self, scorer, workdir, monkeypatch, metric="frechet_distance", **how):
        self.model = tiny("vanilla", g_hidden=(8,), d_hidden=(8,))
        self.scorer, self.metric, self.workdir, self.how = scorer, metric, workdir, how
        self.level = 0
        monkeypatch.setattr(best_checkpoint, "draw", self._draw)
        self.begin()

    def begin(self):
        self.callback = best_checkpoint.Selection(
            self.scorer, self.metric, 10, 35, self.workdir, **self.how
        )
        self.callback.set_model(self.model)
        self.callback.on_train_begin()

    def step(self, number, level):
        self.level = level
        self.model.updates.count.assign(number)
        self._bias().assign(np.full(self._bias().shape, number, "float32"))
        self.callback.on_epoch_end(0)

    def best(self):
        """The step of the best checkpoint, by its record and by the weights."""
        kept = checkpoint.best(self.workdir / CHECKPOINTS)
        self._bias().assign(np.zeros(self._bias().shape, "float32"))
        step = checkpoint.restore(self.model, self.workdir / CHECKPOINTS, "best")
        assert kept["step"] == kept["score"]["step"] == step
        assert (self._bias().numpy() == step).all()
        return step

    def _bias(self):
        return self.model.generator.weights[1]

    def _draw(self, model, scorer, seed, n=None):
        assert seed == best_checkpoint.SEED
        real = scorer.parts.take("selection_test", N).arrays["real"]
        noise = np.random.default_rng(0).integers(-self.level, self.level + 1, N)
        noisy = np.clip(real + noise.reshape(-1, 1, 1, 1) * (self.level > 0), 0, 255)
        return Data("samples", {"real": noisy.astype("uint8")})


@pytest.mark.parametrize(
    "metric", ["frechet_distance", "coverage", "two_sample_accuracy"]
)
def test_the_best_checkpoint_is_kept_where_the_score_gets_worse(
    scorer, tmp_path, monkeypatch, metric
):
    watched = Watched(scorer, tmp_path, monkeypatch, metric)
    for step, level in ((10, 120), (20, 30), (30, 200)):
        watched.step(step, level)
    assert watched.best() == 20
    rows = read_rows(tmp_path / "scores.jsonl")
    assert [row["step"] for row in rows] == [10, 20, 30]
    assert rows[2]["best"] == rows[1]["value"] != rows[2]["value"]
    assert "sixths 3 to 3" in rows[0]["protocol"]
    names = sorted(path.name for path in (tmp_path / CHECKPOINTS).iterdir())
    assert names == ["best_00000020.json", "best_00000020.npz"]


def test_only_every_so_many_steps_and_at_the_last(scorer, tmp_path, monkeypatch):
    watched = Watched(scorer, tmp_path, monkeypatch)
    for step in (5, 10, 15, 35):
        watched.step(step, 0)
    assert [row["step"] for row in read_rows(tmp_path / "scores.jsonl")] == [10, 35]


def test_a_resumed_run_goes_on_comparing(scorer, tmp_path, monkeypatch):
    watched = Watched(scorer, tmp_path, monkeypatch)
    watched.step(10, 30)
    watched.begin()
    watched.step(20, 120)
    assert watched.best() == 10
    watched.begin()
    watched.step(30, 0)
    assert watched.best() == 30


def test_the_log_holds_no_step_twice_after_a_resume(scorer, tmp_path, monkeypatch):
    watched = Watched(scorer, tmp_path, monkeypatch)
    for step in (10, 20):
        watched.step(step, 30)
    watched.model.updates.count.assign(10)
    watched.begin()
    watched.step(20, 30)
    assert [row["step"] for row in read_rows(tmp_path / "scores.jsonl")] == [10, 20]


def test_a_killed_run_that_was_ahead_of_its_checkpoint_logs_the_same(
    scorer, tmp_path, monkeypatch
):
    watched = Watched(scorer, tmp_path, monkeypatch)
    levels = {10: 30, 20: 120, 30: 0}
    for step, level in levels.items():
        watched.step(step, level)
    rows = read_rows(tmp_path / "scores.jsonl")
    assert watched.best() == 30
    watched.model.updates.count.assign(10)  # its last checkpoint
    watched.begin()
    for step in (20, 30):
        watched.step(step, levels[step])
    assert read_rows(tmp_path / "scores.jsonl") == rows
    assert watched.best() == 30


def test_samples_without_a_score_are_logged_and_never_best(
    scorer, tmp_path, monkeypatch, capsys
):
    watched = Watched(scorer, tmp_path, monkeypatch)
    blank = Data("samples", {"real": np.zeros((N, 8, 8, 1), "uint8")})
    monkeypatch.setattr(best_checkpoint, "draw", lambda *args: blank)
    watched.step(10, 0)
    (row,) = read_rows(tmp_path / "scores.jsonl")
    assert "problem" in row
    assert "No score at step 10" in capsys.readouterr().err
    assert checkpoint.best(tmp_path / CHECKPOINTS) is None


def test_a_worker_that_is_not_the_chief_reads_and_writes_nothing(
    scorer, tmp_path, monkeypatch
):
    watched = Watched(scorer, tmp_path, monkeypatch, writes=False)
    reads = []
    monkeypatch.setattr(checkpoint, "read_state", lambda model: reads.append(model))
    watched.step(10, 30)
    assert reads == [watched.model]
    assert not list(tmp_path.iterdir())


def test_a_score_that_does_not_apply_is_refused_before_training(tmp_path):
    with pytest.raises(ValueError, match="Did you mean 'recall'"):
        _train(tmp_path / "run", metric="recal")
    with pytest.raises(ValueError, match="multiple of log_every"):
        Experiment(**RUN | {"evaluate_every": 3})


@pytest.mark.long
def test_watching_changes_no_weight_and_survives_pruning_and_resuming(tmp_path):
    plain = _train(tmp_path / "plain", evaluate_every=None)
    watched = _train(tmp_path / "watched")
    check_equal(plain, watched)
    kept = checkpoint.best(tmp_path / "watched" / CHECKPOINTS)
    best = ganzoo.load(tmp_path / "watched", best=True)
    rows = read_rows(tmp_path / "watched" / "scores.jsonl")
    values = {row["value"]: row["step"] for row in rows}
    assert [row["step"] for row in rows] == [2, 4, 6, 8, 10, 12]
    assert best.step == kept["step"] == values[min(values)]

    first = tmp_path / "first"
    _train(first, steps=6)
    shutil.copytree(first, tmp_path / "second")
    again = _train(tmp_path / "second")
    check_equal(again, watched)
    assert read_rows(tmp_path / "second" / "scores.jsonl") == rows
    assert checkpoint.best(tmp_path / "second" / CHECKPOINTS) == kept
    one = state_of(ganzoo.load(tmp_path / "second", best=True))
    assert all(np.array_equal(one[k], v) for k, v in state_of(best).items())


@pytest.mark.long
def test_a_run_of_before_there_were_scores_resumes(tmp_path):
    unwatched = {"evaluate_every": None, "extractor": None, "evaluation_samples": 2000}
    _train(tmp_path / "run", **unwatched, steps=4)
    path = tmp_path / "run" / "config.json"
    config = json.loads(path.read_text())
    for name in ("evaluate_every", "metric", "extractor", "evaluation_samples"):
        del config["experiment"][name]
    path.write_text(json.dumps(config))
    assert _train(tmp_path / "run", **unwatched).step == 12
