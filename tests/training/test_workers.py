"""Several processes on the loopback network give what one device gives."""

import numpy as np
import pytest
from worker_jobs import SMALL, command, largest_difference, run, start_workers

from ganzoo.runs.log import read_rows

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
    alone = run(command(name, tmp_path / "one", *watched))
    assert alone.returncode == 0, alone.stderr
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
