"""Forecast: the time of a step without the first call, and what would take less."""

import os
import re
import types

import pytest
import tensorflow as tf

from ganzoo.training.callbacks import forecast


@pytest.fixture
def clock(monkeypatch):
    """Time that passes as a test says."""
    now = types.SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(forecast.time, "perf_counter", lambda: now.seconds)
    return now


def _network(parameters):
    return types.SimpleNamespace(trainable_variables=[tf.zeros(parameters)])


def _forecast(total, shape=(64, 64, 3)):
    callback = forecast.Forecast("dcgan", total, 128, "runs/x")
    callback.set_model(
        types.SimpleNamespace(
            generators=[_network(1234567)],
            discriminators=[_network(1000), _network(2000)],
            sample_shape=shape,
            step=0,
        )
    )
    return callback


def _train(callback, clock, steps, seconds):
    """Calls of 10 steps; the first takes a minute longer, to compile."""
    clock.seconds += 60
    for _ in range(steps // 10):
        clock.seconds += 10 * seconds
        callback.model.step += 10
        callback.on_train_batch_end(0)
    callback.on_train_end()


def test_the_line_of_a_short_training(clock, capsys, monkeypatch):
    monkeypatch.setattr(forecast, "device", lambda: "CPU with 2 cores")
    _train(_forecast(1000), clock, 1000, 0.5)
    line = capsys.readouterr().out
    assert re.fullmatch(
        r"dcgan: G 1,234,567 and D 3,000 parameters; CPU with 2 cores; 1,000 steps of "
        r"128, 0\.5 s each, 8\.17 min left, until \w+ \d\d:\d\d; pictures in "
        r"runs/x/samples\n",
        line,
    )


@pytest.mark.parametrize(
    "gpus,shape,ways",
    [
        ([], (64, 48, 3), "a GPU, --image_size=24, fewer --steps"),
        (["gpu"], (64, 64, 3), "--image_size=32, fewer --steps"),
        (["gpu"], (2,), "fewer --steps"),
    ],
)
def test_a_long_training_is_told_what_would_take_less(
    gpus, shape, ways, clock, capsys, monkeypatch
):
    monkeypatch.setattr(forecast, "device", lambda: "this machine")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    _train(_forecast(100_000, shape), clock, 40, 1.0)
    assert " h left, until " in (line := capsys.readouterr().out)
    assert f"({ways} would take less)" in line


@pytest.mark.parametrize("calls,seconds", [(1, 0.001), (2, 1.0)])
def test_a_short_training_is_described_at_its_end(calls, seconds, clock, capsys):
    """Of one call, or with nothing left once its steps have been timed."""
    _train(_forecast(10 * calls), clock, 10 * calls, seconds)
    line = capsys.readouterr().out
    assert f"{10 * calls} steps of 128; pictures in runs/x/samples" in line
    assert forecast.device() in line


@pytest.mark.parametrize("cores,text", [({0}, "1 core"), ({0, 5}, "2 cores")])
def test_cores_are_those_that_the_process_may_use(cores, text, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: cores)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert forecast.device() == f"CPU with {text}"


@pytest.mark.parametrize(
    "seconds,text",
    [
        (0.00812, "8.12 ms"),
        (0.2, "0.2 s"),
        (99, "99 s"),
        (600, "10 min"),
        (9e3, "2.5 h"),
    ],
)
def test_durations(seconds, text):
    assert forecast.duration(seconds) == text
