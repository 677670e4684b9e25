import io
import json

import numpy as np
import pytest
from PIL import Image

from ganzoo.data.dataset import Data
from ganzoo.models.from_noise import LatentModel
from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks.health import HealthMonitor, TrainingDiverged, compare
from ganzoo.training.callbacks.log import RunLog
from ganzoo.training.callbacks.progress import Progress
from ganzoo.training.callbacks.samples import SampleGrid

HEALTHY = {"d_loss": 1.0, "g_loss": 1.2, "d_real": 0.7, "d_fake": 0.3}
RNG = np.random.default_rng(0)


class FakeModel:
    """What the callbacks ask of a model; `made` is what its generator makes."""

    generators = discriminators = ()

    def __init__(self, made, num_classes=0, has_probability=True):
        self.made = made
        self.num_classes = num_classes
        self.has_probability = has_probability
        self.sample_shape = made.shape[1:]
        self.step = 0
        self.labels = []

    def sample(self, n, *, seed=0, label=None, ema=None):
        self.labels.append(label)
        return self.made[np.arange(n) % len(self.made)]

    draw, gallery = LatentModel.draw, LatentModel.gallery

    def as_samples(self, values):
        return values

    def probability_real(self, x, label=None):
        return np.full(len(x), 0.5)


def attach(callback, model):
    callback.set_model(model)
    callback.on_train_begin()
    return callback


def intervals(callback, count, logs=None, length=100):
    """Runs `count` intervals of training with the same logs."""
    for epoch in range(count):
        callback.on_epoch_begin(epoch)
        callback.model.step += length
        callback.on_epoch_end(epoch, dict(logs or HEALTHY))


@pytest.fixture
def points():
    return RNG.normal(size=(300, 2)).astype("float32")


@pytest.fixture
def pictures():
    return RNG.integers(0, 256, (64, 4, 4, 1), dtype="uint8")


def monitor(made, real, workdir=None):
    return attach(HealthMonitor(Data("toy", {"real": real}), workdir), FakeModel(made))


def names(watch):
    return [event["alarm"] for event in watch.events]


# A discriminator at its best early, late and at equilibrium; a wary one.
@pytest.mark.parametrize(
    ("d_real", "d_fake"), [(0.55, 0.45), (0.7, 0.3), (0.9, 0.1), (0.5, 0.5)]
)
def test_healthy_training_raises_no_alarm(points, d_real, d_fake):
    watch = monitor(points, points + 0.01)
    intervals(watch, 20, {**HEALTHY, "d_real": d_real, "d_fake": d_fake})
    assert watch.events == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_non_finite_terms_are_named_and_stop_training(points, tmp_path, value):
    watch = monitor(points, points, tmp_path)
    intervals(watch, 3)
    broken = {**HEALTHY, "d_r1": value, "g_loss": value}
    with pytest.raises(TrainingDiverged, match=r"g_loss, d_r1 .* step 400"):
        intervals(watch, 1, broken)
    (line,) = (tmp_path / "health.jsonl").read_text().splitlines()
    assert json.loads(line) == watch.events[0]
    assert (watch.events[0]["step"], set(watch.events[0]["values"])) == (
        400,
        {"g_loss", "d_r1"},
    )


def test_discriminator_overpowers_generator(points, capsys, tmp_path):
    watch = monitor(points, points, tmp_path)
    intervals(watch, 10)
    sure = {**HEALTHY, "d_real": 0.995, "d_fake": 0.005}
    intervals(watch, watch.PATIENCE - 1, sure)
    assert watch.events == []  # a phase that passes
    intervals(watch, 10, sure)
    assert names(watch) == ["D overpowers G"]  # once
    (event,) = watch.events
    assert event["step"] == (10 + watch.PATIENCE) * 100
    assert (event["values"]["D(x)"], event["values"]["D(G(z))"]) == (0.995, 0.005)
    assert event["remedy"] in capsys.readouterr().err
    intervals(watch, 1)
    intervals(watch, 10, sure)
    assert names(watch) == ["D overpowers G"] * 2  # again, once it had cleared
    assert len((tmp_path / "health.jsonl").read_text().splitlines()) == 2


def test_generator_overpowers_discriminator(points):
    watch = monitor(points + 5, points)  # far from the data, and D does not see it
    intervals(watch, 20, {**HEALTHY, "d_real": 0.4, "d_fake": 0.7})
    assert names(watch) == ["G overpowers D"]


def test_collapse_to_one_mode_of_a_mixture():
    angles = np.arange(256) * np.pi / 4
    ring = np.stack([2 * np.cos(angles), 2 * np.sin(angles)], 1).astype("float32")
    real = ring + RNG.normal(0, 0.02, ring.shape).astype("float32")
    one = ring[:1] + RNG.normal(0, 0.02, ring.shape).astype("float32")
    watch = monitor(one, real)
    intervals(watch, 20)
    assert names(watch) == ["collapse"]
    assert watch.events[0]["step"] > watch.WARM_UP
    # Two spreads of 0.02 * sqrt(pi), over a ring of mean distance about 2.5.
    assert watch.events[0]["values"]["diversity"] == pytest.approx(0.014, abs=0.004)


def test_collapse_of_images(pictures):
    same = np.repeat(pictures[:1], 8, axis=0)
    watch = monitor(same, pictures)
    intervals(watch, 20)
    assert names(watch) == ["collapse"]
    assert watch.events[0]["values"]["diversity"] == 0


def test_a_critic_without_probability_is_watched_for_collapse_alone(points):
    critic = {"d_loss": -3.0, "g_loss": 40.0}
    watch = monitor(points, points)
    intervals(watch, 20, critic)
    assert watch.events == []
    collapsed = monitor(points[:1], points)
    intervals(collapsed, 20, critic)
    assert names(collapsed) == ["collapse"]


def test_compare_by_hand():
    # Distances: 1 between the real ones, 3 between the fakes; across 10, 13, 9, 12.
    real, fake = np.array([[0.0], [1.0]]), np.array([[10.0], [13.0]])
    assert compare(real, fake) == {
        "diversity": 3.0,
        "distance": 2 * 11 - 1 - 3,
    }


def test_run_log_writes_one_line_an_interval(tmp_path, points):
    log = attach(RunLog(tmp_path, images_per_step=32), FakeModel(points))
    intervals(log, 3)
    rows = read_rows(tmp_path / "metrics.jsonl")
    assert [row["step"] for row in rows] == [100, 200, 300]
    assert {name: rows[0][name] for name in HEALTHY} == HEALTHY
    assert rows[0]["images_per_second"] > 0
    assert 0 <= rows[0]["seconds"] <= rows[2]["seconds"]
    log.on_train_end()
    with Image.open(tmp_path / "curves.png") as image:
        assert image.size == (800, 600)


def test_run_log_drops_what_a_resumed_run_does_again(tmp_path, points):
    path = tmp_path / "metrics.jsonl"
    lines = [{"step": s, "seconds": s / 10, "g_loss": 1.0} for s in (100, 200, 300)]
    torn = '{"step": 400, "sec'
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + torn)
    model = FakeModel(points)
    model.step = 200
    log = attach(RunLog(tmp_path, images_per_step=32), model)
    assert read_rows(path) == lines[:2]
    intervals(log, 1)
    rows = read_rows(path)
    assert [row["step"] for row in rows] == [100, 200, 300]
    assert rows[-1]["g_loss"] == HEALTHY["g_loss"]  # the new one
    assert 20 <= rows[-1]["seconds"] < 21  # goes on from the last kept line
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_run_log_starts_afresh_at_step_0(tmp_path, points):
    (tmp_path / "metrics.jsonl").write_text('{"step": 100, "seconds": 5.0}\n')
    attach(RunLog(tmp_path, images_per_step=32), FakeModel(points))
    assert read_rows(tmp_path / "metrics.jsonl") == []


def test_progress_is_a_plain_line_where_there_is_no_terminal(points):
    stream = io.StringIO()
    bar = Progress(400, images_per_step=32, stream=stream)
    intervals(attach(bar, FakeModel(points)), 2)
    first, second = stream.getvalue().splitlines()
    assert "100/400" in first and "200/400" in second
    assert "\r" not in stream.getvalue()
    for part in ("1.000", "1.200", "D(x) 0.700", "D(G(z)) 0.300", "left"):
        assert part in second


def test_progress_stays_on_one_line_of_a_terminal(points):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    bar = Progress(200, images_per_step=32, stream=stream)
    intervals(attach(bar, FakeModel(points)), 2, {"d_loss": -3.0, "g_loss": 4.0})
    assert stream.getvalue().count("\n") == 1 and stream.getvalue().endswith("\n")
    assert "D(x)" not in stream.getvalue()


def test_sample_grid_draws_from_step_0_and_animates(tmp_path, pictures):
    model = FakeModel(pictures)
    grid = SampleGrid(tmp_path, Data("toy", {"real": pictures}), every=200)
    intervals(attach(grid, model), 4)
    model.made = 255 - model.made  # another last frame, or the format merges them
    grid.on_train_end()
    folder = tmp_path / "samples"
    steps = sorted(int(p.stem.split("_")[1]) for p in folder.glob("step_*.png"))
    assert steps == [0, 200, 400]
    with Image.open(folder / "training.gif") as image:
        assert image.n_frames == 2


def test_sample_grid_of_a_resumed_run_keeps_the_first_frames(tmp_path, pictures):
    data = Data("toy", {"real": pictures})
    model = FakeModel(pictures)
    attach(SampleGrid(tmp_path, data, every=100), model)
    model.step, model.made = 100, 255 - pictures
    again = attach(SampleGrid(tmp_path, data, every=100), model)
    again.on_train_end()
    with Image.open(tmp_path / "samples" / "training.gif") as image:
        assert image.n_frames == 2


def test_rows_of_a_conditional_grid_are_classes(tmp_path, pictures):
    model = FakeModel(pictures, num_classes=3)
    data = Data("toy", {"real": pictures})
    attach(SampleGrid(tmp_path, data, every=100), model)
    (label,) = model.labels
    columns = len(label) // 3
    assert columns >= 2
    np.testing.assert_array_equal(
        label.reshape(3, columns), [[i] * columns for i in range(3)]
    )


@pytest.mark.parametrize("has_probability", [True, False])
def test_points_are_drawn_over_the_data(tmp_path, points, has_probability):
    model = FakeModel(points, has_probability=has_probability)
    attach(SampleGrid(tmp_path, Data("toy", {"real": points}), 100), model)
    (path,) = (tmp_path / "samples").glob("step_*.png")
    with Image.open(path) as image:
        assert image.size == (640, 560)
