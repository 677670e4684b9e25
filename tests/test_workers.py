"""Several processes on the loopback network give what one device gives."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ganzoo.callbacks import read_rows
from ganzoo.launch import _free_ports

SMALL = {
    "vanilla": ["g_hidden=[16,16]", "d_hidden=[16]", "dropout=0.0"],
    "dcgan": ["filters=4", "latent_dim=8"],
    "sgan": ["input_noise=0.0", "hidden_noise=0.0", "latent_dim=8"],
}


def command(name, workdir, *more, steps=20):
    """A short float64 run with a running average, 12 samples a batch."""
    options = [f"--set={option}" for option in (*SMALL[name], "ema_decay=0.9")]
    return [
        "train",
        name,
        f"--steps={steps}",
        "--log_every=5",
        "--sample_every=100",
        "--checkpoint_every=10",
        "--batch_size=12",
        "--dtype=float64",
        f"--workdir={workdir}",
        *options,
        *more,
    ]


def run(arguments, timeout=300):
    return subprocess.run(
        [sys.executable, "-m", "ganzoo", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def final(workdir):
    """The arrays of the last checkpoint."""
    paths = sorted(Path(workdir, "checkpoints").glob("*.npz"))
    with np.load(paths[-1]) as arrays:
        return dict(arrays)


def largest_difference(a, b):
    a, b = final(a), final(b)
    assert a.keys() == b.keys()
    return max(float(np.abs(a[k] - b[k]).max(initial=0)) for k in a)


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


def start_workers(arguments, count=2, more=lambda index: []):
    """Workers as a cluster would start them, without `launch` to end them."""
    addresses = [f"localhost:{port}" for port in _free_ports(count)]
    return [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "ganzoo", *arguments),
                *("--strategy=multi_worker", *more(index)),
            ],
            env={
                **os.environ,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "TF_CONFIG": json.dumps(
                    {
                        "cluster": {"worker": addresses},
                        "task": {"type": "worker", "index": index},
                    }
                ),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(count)
    ]


def wait_to_grow(path, seconds=600):
    """Waits until the file is longer than it is now."""

    def size():
        return path.stat().st_size if path.exists() else 0

    before, deadline = size(), time.monotonic() + seconds
    while size() <= before:
        assert time.monotonic() < deadline, f"{path} does not grow"
        time.sleep(0.1)
