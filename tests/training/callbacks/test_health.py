"""Each alarm of the health monitor fires on a run that was made to fail."""

import numpy as np
import pytest

import ganzoo
from ganzoo.data import load_data
from ganzoo.training.callbacks.health import HealthMonitor, TrainingDiverged

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
    events = _events("digits", "dcgan", 600, filters=8, d_learning_rate=2e-2)
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
