"""Several processes on the loopback network give what one device gives."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_runs import OF_THE_MACHINE
from worker_jobs import (
    SMALL,
    command,
    largest_difference,
    run,
    start_workers,
    wait_to_grow,
)

from ganzoo.cli import main
from ganzoo.runs.log import read_rows

pytestmark = pytest.mark.long

CASES = [
    pytest.param("vanilla", 2, id="vanilla-2"),
    *(
        pytest.param(name, count, id=f"{name}-{count}", marks=pytest.mark.slow)
        for name in SMALL
        for count in (2, 3)
        if (name, count) != ("vanilla", 2)
    ),
]


@pytest.mark.parametrize("name,count", CASES)
def test_workers_equal_one_device(name, count, tmp_path):
    watched = ["--evaluate_every=10", "--extractor=pixels", "--evaluation_samples=50"]
    alone = ["ganzoo", *command(name, tmp_path / "one", *watched)]
    main.run(main.parse(alone))  # in this process: each start takes seconds
    job = command(name, tmp_path / "many", *watched)
    together = run(["launch", f"--workers={count}", "--", *job])
    assert together.returncode == 0, together.stdout
    difference = largest_difference(tmp_path / "one", tmp_path / "many")
    print(f"{name}, {count} workers: largest difference {difference:.1e}")
    assert difference <= 1e-10
    one, many = (read_rows(tmp_path / w / "scores.jsonl") for w in ("one", "many"))
    assert [row["step"] for row in many] == [10, 20]
    np.testing.assert_allclose(*([r["value"] for r in rows] for rows in (one, many)))


def test_workers_with_other_settings_are_refused(tmp_path):
    """Each worker is told a learning rate of its own."""
    workers = start_workers(
        command("vanilla", tmp_path / "run"),
        more=lambda index: [f"--set=learning_rate={index + 1}e-3"],
    )
    for worker in workers:
        _, errors = worker.communicate(timeout=100)
        assert worker.returncode == 1
        assert "must have the same settings" in errors and "options" in errors


@pytest.mark.slow
def test_sigterm_to_launch_saves_and_the_same_command_goes_on(tmp_path):
    """In the middle of an interval; then no worker is left, and none is lost."""
    job = ["launch", "--workers=2", "--"]
    whole = run([*job, *command("vanilla", tmp_path / "whole", steps=600)], 600)
    assert whole.returncode == 0, whole.stdout
    words = [*job, *command("vanilla", tmp_path / "run", steps=600)]
    launched = subprocess.Popen([sys.executable, "-m", "ganzoo", *words])
    wait_to_grow(tmp_path / "run/metrics.jsonl")
    workers = Path(f"/proc/{launched.pid}/task/{launched.pid}/children")
    workers = workers.read_text().split()
    launched.send_signal(signal.SIGTERM)
    assert launched.wait(timeout=120) == 143
    assert len(workers) == 2
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert list((tmp_path / "run/checkpoints").glob("step_*.npz"))
    done = run(words, 600)
    assert done.returncode == 0, done.stdout
    assert largest_difference(tmp_path / "whole", tmp_path / "run") == 0
    rows = [read_rows(tmp_path / w / "metrics.jsonl") for w in ("whole", "run")]
    same = [
        [{k: v for k, v in row.items() if k not in OF_THE_MACHINE} for row in run_rows]
        for run_rows in rows
    ]
    assert same[0] == same[1]


@pytest.mark.slow
def test_workers_with_ipv6_addresses_equal_one_device(tmp_path):
    alone = run(command("vanilla", tmp_path / "one"))
    assert alone.returncode == 0, alone.stderr
    workers = start_workers(command("vanilla", tmp_path / "many"), host="[::1]")
    for worker in workers:
        _, errors = worker.communicate(timeout=200)
        assert worker.returncode == 0, errors
    assert largest_difference(tmp_path / "one", tmp_path / "many") <= 1e-10
