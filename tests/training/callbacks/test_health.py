"""The health monitor: each alarm on made-up logs, and on a run that is made to fail."""

import json

import numpy as np
import pytest
from fake_model import HEALTHY, RNG, FakeModel, attach, intervals

import ganzoo
from ganzoo.data import load_data
from ganzoo.data.dataset import Data
from ganzoo.training.callbacks.health import HealthMonitor, TrainingDiverged, compare

RING = {
    "latent_dim": 2,
    "g_hidden": (64, 64),
    "d_hidden": (64, 64),
    "dropout": 0.0,
    "normalize": False,
    "learning_rate": 1e-3,
}


def _events(dataset, name, steps, **options):
    data = load_data(dataset)
    model = ganzoo.build(name, image_shape=data.sample_shape, **options)
    monitor = HealthMonitor(data)
    model.fit(
        data.arrays,
        batch_size=64,
        epochs=steps // 100,
        steps_per_epoch=100,
        callbacks=[monitor],
        verbose=0,
    )
    return {event["alarm"]: event for event in monitor.events}


def test_d_overpowers_g_with_its_rate_times_100():
    rates = {"g": 1e-4, "d": 1e-2}
    events = _events("digits", "dcgan", 800, filters=8, learning_rate=rates)
    assert "D overpowers G" in events
    event = events["D overpowers G"]
    assert event["values"]["D(x)"] > 0.97 and event["values"]["D(G(z))"] < 0.03
    assert "d_learning_rate" in event["remedy"]


def test_g_overpowers_d_and_collapses_with_its_rate_times_100():
    events = _events("ring8", "vanilla", 900, **RING, g_learning_rate=1e-1)
    assert {"G overpowers D", "collapse"} <= events.keys()
    assert abs(events["G overpowers D"]["values"]["D(x)"] - 0.5) < 0.1
    assert events["collapse"]["values"]["diversity"] < 0.05  # one point of eight modes


def test_a_healthy_run_raises_no_alarm():
    assert not _events("ring8", "vanilla", 1500, **RING)


def test_a_term_that_is_not_finite_stops_training():
    with (
        np.errstate(all="ignore"),
        pytest.raises(TrainingDiverged, match=r"d_loss.*before step 100"),
    ):
        _events("ring8", "vanilla", 100, **{**RING, "learning_rate": 1e30})


# --- made-up logs ----------------------------------------------------------------


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
    watch = monitor(points, points + 3, tmp_path)
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


@pytest.mark.parametrize("d_real,d_fake", [(0.75, 0.02), (0.995, 0.05)])
def test_a_discriminator_overpowers_if_it_rejects_and_accepts(points, d_real, d_fake):
    watch = monitor(points, points + 3)
    intervals(watch, 10, {**HEALTHY, "d_real": d_real, "d_fake": d_fake})
    assert "D overpowers G" not in names(watch)


def test_a_sure_discriminator_is_no_fault_where_samples_are_at_the_data(points):
    watch = monitor(points, points)
    intervals(watch, 10, {**HEALTHY, "d_real": 0.995, "d_fake": 0.005})
    assert watch.events == []


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
