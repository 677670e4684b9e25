"""The health monitor: each alarm on made-up samples and logs, and on trained runs."""

import json

import numpy as np
import pytest
from fake_model import HEALTHY, RNG, FakeModel, attach, intervals
from pages.recorded import measured

import ganzoo
from ganzoo.data import load_data
from ganzoo.data.dataset import Data
from ganzoo.training.callbacks.health import (
    RESCUED,
    HealthMonitor,
    TrainingDiverged,
    read_health,
    spacing,
)

RING = {
    "latent_dim": 2,
    "g_hidden": (64, 64),
    "d_hidden": (64, 64),
    "dropout": 0.0,
    "normalize": False,
    "learning_rate": 1e-3,
}


def _events(steps, **options):
    data = load_data("ring8")
    model = ganzoo.build("vanilla", image_shape=data.sample_shape, **options)
    monitor = HealthMonitor(data)
    model.fit(
        data.arrays,
        batch_size=64,
        epochs=steps // 100,
        steps_per_epoch=100,
        steps_per_call=20,
        callbacks=[monitor],
        verbose=0,
    )
    return {event["alarm"]: event for event in monitor.events}


def test_a_trained_g_overpowers_d_and_collapses_with_its_rate_times_100():
    events = _events(500, **RING, g_learning_rate=1e-1)
    assert events.keys() == {"G overpowers D", "collapse"}
    assert abs(events["G overpowers D"]["values"]["D(x)"] - 0.5) < 0.1
    assert events["collapse"]["values"]["repeats"] < 0.01
    assert events["collapse"]["values"]["missed"] > 0.8  # one point of eight modes


def test_a_trained_healthy_run_raises_no_alarm():
    assert not _events(600, **RING)


def test_a_term_of_a_trained_run_that_is_not_finite_stops_it():
    with (
        np.errstate(all="ignore"),
        pytest.raises(TrainingDiverged, match=r"d_loss.*before step 100"),
    ):
        _events(100, **{**RING, "learning_rate": 1e30})


# --- made-up samples and logs -----------------------------------------------------


def monitor(made, real, workdir=None, before=None, every=100, **arrays):
    data = Data("toy", {"real": real, **arrays})
    return attach(HealthMonitor(data, workdir, before, every), FakeModel(made))


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
    *_, line = (tmp_path / "health.jsonl").read_text().splitlines()
    assert json.loads(line) == watch.events[0]
    assert (watch.events[0]["step"], set(watch.events[0]["values"])) == (
        400,
        {"g_loss", "d_r1"},
    )


def test_discriminator_overpowers_generator(points, capsys, tmp_path):
    watch = monitor(points, points + 3, tmp_path)
    far = {**HEALTHY, "d_real": 0.5, "d_fake": 0.5}
    sure = {**HEALTHY, "d_real": 0.995, "d_fake": 0.005}
    intervals(watch, watch.PATIENCE - 1, sure)
    assert watch.events == []  # a phase that passes
    intervals(watch, 10, sure)
    assert names(watch) == ["D overpowers G"]  # once
    (event,) = watch.events
    assert event["step"] == watch.PATIENCE * 100
    assert (event["values"]["D(x)"], event["values"]["D(G(z))"]) == (0.995, 0.005)
    assert event["remedy"] in capsys.readouterr().err
    intervals(watch, 1, far)
    intervals(watch, 10, sure)
    assert names(watch) == ["D overpowers G"] * 2  # again, once it had cleared
    assert read_health(tmp_path) == (watch.events, "")


def test_a_run_that_is_made_longer_is_warned_of_what_was_not_raised(points):
    """Of 15 rare checks before an alarm, ten have passed; then three are enough."""
    short = monitor(points, points + 3, every=20)
    sure = {**HEALTHY, "d_real": 0.995, "d_fake": 0.005}
    intervals(short, 10, sure, length=20)
    assert not short.events and short.patience == 15
    longer = monitor(points, points + 3, before=short.state(), every=100)
    intervals(longer, 2, sure)
    assert names(longer) == ["D overpowers G"]


@pytest.mark.parametrize("d_real,d_fake", [(0.75, 0.02), (0.995, 0.05)])
def test_a_discriminator_overpowers_if_it_rejects_and_accepts(points, d_real, d_fake):
    watch = monitor(points, points + 3)
    intervals(watch, 10, {**HEALTHY, "d_real": d_real, "d_fake": d_fake})
    assert names(watch) == ["far from the data"]


def test_a_sure_discriminator_is_no_fault_where_samples_are_at_the_data(points):
    watch = monitor(points, points)
    intervals(watch, 10, {**HEALTHY, "d_real": 0.995, "d_fake": 0.005})
    assert watch.events == []


def test_generator_overpowers_discriminator(points):
    watch = monitor(points + 5, points)  # far from the data, and D does not see it
    intervals(watch, 20, {**HEALTHY, "d_real": 0.4, "d_fake": 0.7})
    assert names(watch) == ["G overpowers D"]


def _ring(modes):
    angles = np.arange(256) % modes * np.pi / 4
    ring = np.stack([2 * np.cos(angles), 2 * np.sin(angles)], 1)
    return (ring + RNG.normal(0, 0.02, ring.shape)).astype("float32")


@pytest.mark.parametrize("modes,collapsed", [(1, True), (5, True), (6, False)])
def test_collapse_is_more_than_three_tenths_of_the_modes(modes, collapsed):
    watch = monitor(_ring(modes), _ring(8))
    intervals(watch, 20)
    assert names(watch) == ["collapse"] * collapsed
    if collapsed:
        assert watch.events[0]["step"] == 300
        assert watch.events[0]["values"]["missed"] > 0.3


def test_one_lost_class_is_a_collapse():
    label = (np.arange(256) % 8).astype("int32")
    watch = monitor(_ring(7), _ring(8), label=label)
    intervals(watch, 3)
    assert names(watch) == ["collapse"]
    assert watch.events[0]["values"]["lost"] == "7"


def test_numbers_are_no_classes(points):
    label = np.zeros((len(points), 2), "float32")
    watch = monitor(points, points, label=label)
    intervals(watch, 1)
    assert watch.likeness.classes is None


def test_collapse_of_images(pictures):
    same = np.repeat(pictures[:1], 8, axis=0)
    watch = monitor(same, pictures)
    intervals(watch, 20)
    assert names(watch) == ["collapse"]
    assert watch.events[0]["values"]["repeats"] == 0


def test_a_critic_without_probability_is_watched_for_samples_alone(points):
    critic = {"d_loss": -3.0, "g_loss": 40.0}
    watch = monitor(points, points)
    intervals(watch, 20, critic)
    assert watch.events == []
    collapsed = monitor(points[:1], points)
    intervals(collapsed, 20, critic)
    assert names(collapsed) == ["collapse"]


def test_remedies_are_those_that_rescued_and_their_shares_those_measured():
    """Of trainings that failed with every seed without a remedy."""
    found, fails = {alarm: {} for alarm in RESCUED}, set()
    for row in measured("alarms")["remedies"]:
        count, seeds = row["without a sign"], len(row["last signs"])
        assert seeds == 5
        if not row["remedy"] and not count:
            fails.add(row["alarm"])
        elif row["remedy"] and row["alarm"] in fails and count:
            for alarm in row["alarm"].split(", "):
                found[alarm][row["remedy"]] = count
    assert found == RESCUED and all(found.values())


# --- when -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps,interval,checks,expected",
    [
        (4000, 100, 30, 100),  # with the log
        (469, 100, 30, 25),  # a divisor of the log's, for whole calls
        (469, 20, 30, 40),
        (156, 10, 30, 10),
        (12_000, 100, 30, 400),
        (469, 47, 30, 46),  # a prime: no divisor is near
        (13, 4, 30, 8),
        (4688, 293, 4, 1172),  # a model whose samples are slow
    ],
)
def test_spacing(steps, interval, checks, expected):
    assert spacing(steps, interval, checks) == expected


@pytest.mark.parametrize("every,step", [(25, 300), (100, 300), (200, 600)])
def test_an_alarm_needs_three_checks_and_three_hundred_steps(points, every, step):
    watch = monitor(points[:1], points, every=every)
    intervals(watch, 30, length=every)
    assert [event["step"] for event in watch.events] == [step]


def test_no_check_is_lost_or_doubled_in_calls_of_other_lengths(points, tmp_path):
    watch = monitor(points, points, tmp_path)
    for length in (60, 60, 80, 100, 350):
        intervals(watch, 1, length=length)
    rows = (tmp_path / "health.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [120, 200, 300, 650]


def _progressing(points, shifts):
    """An alarm's steps, where samples lie so far from the data at each check."""
    watch = monitor(points, points)
    for shift in shifts:
        watch.model.made = points + np.float32(shift)
        intervals(watch, 1)
    return [event["step"] for event in watch.events]


def test_progress_defers_an_alarm(points):
    assert _progressing(points, [5] * 6) == [300]
    # Ever nearer; nearer than both checks before; nearer in two than the two before.
    assert _progressing(points, [6, 5, 4, 3, 2.5, 2]) == []
    assert _progressing(points, [5, 5, 3, 3, 3, 3, 3]) == [700]
    assert _progressing(points, [5, 6, 4.7, 4.7, 4.7, 4.7, 4.7]) == [300]
    assert _progressing(points, [3, 6, 5.5, 5, 4, 4]) == [300]


def test_a_g_that_jumps_between_modes_makes_no_progress(points):
    assert _progressing(points, [5, 3, 5, 3, 5]) == [500]


def test_a_resumed_run_goes_on_counting(points, tmp_path):
    whole = monitor(points[:1], points, tmp_path)
    intervals(whole, 4)
    lines = (tmp_path / "health.jsonl").read_text()
    part = monitor(points[:1], points, tmp_path / "part")
    (tmp_path / "part").mkdir()
    intervals(part, 2)
    after = HealthMonitor(part.data, tmp_path / "part", part.state())
    after.set_model(part.model)
    after.on_train_begin()
    intervals(after, 2)
    assert (tmp_path / "part/health.jsonl").read_text() == lines
    assert after.events == whole.events and len(whole.events) == 1


def test_a_raised_alarm_is_not_raised_again_by_a_run_that_checks_otherwise(points):
    watch, every = monitor(points[:1], points, every=10), 10
    intervals(watch, 40, length=every)
    assert names(watch) == ["collapse"]
    for every in (100, 10):
        watch = monitor(points[:1], points, before=watch.state(), every=every)
        intervals(watch, 40, length=every)
        assert watch.events == []


def test_samples_far_from_the_data_are_named_once_no_other_alarm_says_why(points):
    watch = monitor(points[:1] + 5, points)
    intervals(watch, 6)
    assert names(watch) == ["collapse"]
    watch.model.made = points + np.float32(5)
    intervals(watch, 6)
    assert names(watch) == ["collapse", "far from the data"]


def test_a_sign_that_comes_and_goes_does_not_hide_that_samples_are_far(points):
    watch = monitor(points + 5, points)
    sure = {**HEALTHY, "d_real": 0.995, "d_fake": 0.005}
    for logs in (sure, HEALTHY, sure, HEALTHY):
        intervals(watch, 1, logs)
    assert names(watch) == ["far from the data"]


# --- what a comparison reads ------------------------------------------------------


def test_a_run_without_a_check_is_not_checked(points, tmp_path):
    assert read_health(tmp_path) == ([], "no samples were looked at")
    intervals(monitor(points[:20], points[:20], tmp_path), 5)  # too few to tell
    assert read_health(tmp_path) == ([], "no samples were looked at")


def test_a_run_is_judged_once_an_alarm_was_possible(points, tmp_path):
    watch = monitor(points, points, tmp_path)
    intervals(watch, 2)
    assert read_health(tmp_path) == ([], "step 200 is too early to judge it")
    intervals(watch, 1)
    assert read_health(tmp_path) == ([], "")
    watch.model.made = points[:1]
    intervals(watch, 2)
    unknown = "step 500 is too early to judge collapse, far from the data"
    assert read_health(tmp_path) == ([], unknown)
    intervals(watch, 1)
    alarms, unknown = read_health(tmp_path)
    assert [alarm["alarm"] for alarm in alarms] == ["collapse"] and not unknown
