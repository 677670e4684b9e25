"""Processes are kept, replaced when they die, and leave no trace in the next run."""

import json
import os
import time

import numpy as np
import pytest
from small_runs import BASE, OF_THE_MACHINE, TINY

from ganzoo.comparison import run_process, workers
from ganzoo.comparison.workers import Task, Workers
from ganzoo.runs.experiment import Experiment
from ganzoo.utils.files import read_arrays

pytestmark = pytest.mark.long


@pytest.fixture
def fake(monkeypatch):
    """Lets `tests/fake_worker.py` do the tasks."""
    monkeypatch.setattr(run_process, "__name__", "fake_worker")


def task(path, name, model="", **settings):
    experiment = Experiment(model=model, **settings)
    return Task(experiment, path / name, path / "logs" / f"{name}.txt", None, name)


def outcomes(found):
    return {task.about: failure for task, failure in found}


def process(path, name):
    return int((path / name / "process").read_text().split()[0])


def gone(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return False


def test_one_process_runs_all_tasks(tmp_path, fake):
    with Workers(1) as own:
        assert outcomes(own.run([task(tmp_path, n) for n in "abc"])) == dict.fromkeys(
            "abc", ""
        )
        assert outcomes(own.run([task(tmp_path, "d")])) == {"d": ""}
    numbers = {process(tmp_path, name) for name in "abcd"}
    assert len(numbers) == 1
    assert gone(*numbers)


def test_someone_may_watch_the_tasks_under_way(tmp_path, fake):
    seen = []

    def watch(busy):
        seen.append([task.about for task in busy])

    with Workers(1) as own:
        list(own.run([task(tmp_path, n) for n in "ab"], watch))
    assert seen[0] == ["a"] and seen[-1] == ["b"]


def test_a_process_that_dies_takes_its_own_task_alone(tmp_path, fake):
    tasks = [task(tmp_path, "a"), task(tmp_path, "b", "die"), task(tmp_path, "c")]
    with Workers(1) as own:
        found = outcomes(own.run(tasks))
    log = tmp_path / "logs" / "b.txt"
    assert found == {
        "a": "",
        "b": f"The process ended with code -9: see {log}.",
        "c": "",
    }
    assert process(tmp_path, "a") == process(tmp_path, "b") != process(tmp_path, "c")


def test_a_failure_is_told_and_nothing_of_it_stays(tmp_path, fake):
    tasks = [task(tmp_path, "a", "fail"), task(tmp_path, "b")]
    with Workers(1) as own:
        assert outcomes(own.run(tasks)) == {"a": "ValueError: no", "b": ""}
    assert process(tmp_path, "a") != process(tmp_path, "b")
    assert (tmp_path / "logs" / "a.txt").read_text() == "why\n"


def test_a_process_that_dies_between_two_tasks_is_replaced(tmp_path, fake):
    with Workers(1) as own:
        list(own.run([task(tmp_path, "a")]))
        own.idle[0].process.kill()
        own.idle[0].process.wait()
        assert outcomes(own.run([task(tmp_path, "b")])) == {"b": ""}


def test_as_many_at_a_time_as_asked(tmp_path, fake):
    """Each of two tasks ends when the other has begun."""
    a = task(tmp_path, "a", "meet", dataset="b")
    b = task(tmp_path, "b", "meet", dataset="a")
    with Workers(2) as own:
        assert outcomes(own.run([a, b, task(tmp_path, "c")])) == dict.fromkeys(
            "abc", ""
        )
    numbers = [process(tmp_path, name) for name in "abc"]
    assert numbers[0] != numbers[1] and numbers[2] in numbers[:2]


def test_a_process_is_replaced_after_so_many_tasks(tmp_path, fake, monkeypatch):
    monkeypatch.setattr(workers, "TASKS", 2)
    with Workers(1) as own:
        assert outcomes(own.run([task(tmp_path, n) for n in "abc"])) == dict.fromkeys(
            "abc", ""
        )
    numbers = [process(tmp_path, name) for name in "abc"]
    assert numbers[0] == numbers[1] != numbers[2]


def test_a_process_keeps_its_devices(tmp_path, fake):
    one = task(tmp_path, "one")
    two = task(tmp_path, "two", strategy="mirrored", virtual_devices=2)
    again = task(tmp_path, "again", strategy="mirrored", virtual_devices=2)
    with Workers(1) as own:
        list(own.run([one, two, again]))
    assert process(tmp_path, "one") != process(tmp_path, "two")
    assert process(tmp_path, "two") == process(tmp_path, "again")


def test_leaving_lets_tasks_save(tmp_path, fake):
    with pytest.raises(KeyboardInterrupt), Workers(2) as own:
        for _ in own.run([task(tmp_path, "a", "wait"), task(tmp_path, "b")]):
            while not (tmp_path / "a" / "process").exists():
                time.sleep(0.01)
            raise KeyboardInterrupt
    assert (tmp_path / "a" / "saved").exists()
    assert gone(process(tmp_path, "a")) and gone(process(tmp_path, "b"))


def test_a_run_in_a_kept_process_equals_one_in_a_fresh_process(tmp_path):
    """A start of TensorFlow, which takes seconds, is the subject.

    Dropout draws from layers' own generators, which Keras seeds and counts globally.
    """
    settings = {"evaluation_samples": 30, "evaluate_every": 2, "extractor": "pixels"}
    changes = {"options": {**TINY, "dropout": 0.5}, "seed": 3}
    experiment = Experiment(**BASE | settings | changes)
    other = Experiment(**BASE | settings)
    with Workers(1) as own:
        for name, wanted in (("x", experiment), ("y", other), ("z", experiment)):
            log = tmp_path / f"{name}.txt"
            job = Task(wanted, tmp_path / name, log, ["frechet_distance", "recall"])
            ((_, failure),) = own.run([job])
            assert not failure, log.read_text()
        assert len(own.idle) == 1
    fresh, kept = (_contents(tmp_path / name) for name in "xz")
    assert fresh.keys() == kept.keys() and len(fresh) > 10
    for name, value in fresh.items():
        np.testing.assert_array_equal(value, kept[name], err_msg=name)


def _contents(run):
    """Weights, scores and losses of a run, without its times and its memory."""
    (weights,) = run.glob("checkpoints/step_00000004.npz")
    contents = dict(read_arrays(weights, "")[0])
    for name in ("scores", "metrics"):
        rows = map(json.loads, (run / f"{name}.jsonl").read_text().splitlines())
        for i, row in enumerate(rows):
            kept = row.keys() - set(OF_THE_MACHINE)
            contents |= {f"{name} {i} {k}": row[k] for k in kept}
    for name in ("evaluation.json", "config.json"):
        contents[name] = (run / name).read_text()
    contents["pictures"] = [p.read_bytes() for p in sorted(run.glob("samples/*.png"))]
    return contents
