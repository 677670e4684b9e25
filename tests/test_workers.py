"""Several processes on the loopback network give what one device gives."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

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
    alone = run(command(name, tmp_path / "one"))
    assert alone.returncode == 0, alone.stderr
    together = run(
        ["launch", f"--workers={count}", "--", *command(name, tmp_path / "many")]
    )
    assert together.returncode == 0, together.stdout
    difference = largest_difference(tmp_path / "one", tmp_path / "many")
    print(f"{name}, {count} workers: largest difference {difference:.1e}")
    assert difference <= 1e-10


def test_workers_with_other_settings_are_refused(tmp_path):
    """Each worker is told a learning rate of its own."""
    from ganzoo.launch import _free_ports

    addresses = [f"localhost:{port}" for port in _free_ports(2)]
    quoted = ", ".join(f'"{address}"' for address in addresses)
    workers = []
    for index in range(2):
        arguments = command(
            "vanilla",
            tmp_path / "run",
            "--strategy=multi_worker",
            f"--set=learning_rate={index + 1}e-3",
        )
        task = f'{{"type": "worker", "index": {index}}}'
        config = f'{{"cluster": {{"worker": [{quoted}]}}, "task": {task}}}'
        workers.append(
            subprocess.Popen(
                [sys.executable, "-m", "ganzoo", *arguments],
                env={**os.environ, "TF_CONFIG": config},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for worker in workers:
        _, errors = worker.communicate(timeout=100)
        assert worker.returncode == 1
        assert "must have the same settings" in errors and "options" in errors


@pytest.mark.slow
def test_a_lost_worker_ends_the_job_and_the_same_command_goes_on(tmp_path):
    reference = run(command("vanilla", tmp_path / "whole", steps=3000), timeout=600)
    assert reference.returncode == 0, reference.stderr
    rng = np.random.default_rng(0)
    job = ["launch", "--workers=2", "--"]
    job += command("vanilla", tmp_path / "killed", steps=3000)
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-m", "ganzoo", *job],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        log = tmp_path / "killed" / "metrics.jsonl"
        wait_for(lambda log=log, before=size(log): size(log) > before)
        time.sleep(rng.uniform(0, 2))
        children = subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True
        )
        os.kill(int(rng.choice(children.stdout.split())), signal.SIGKILL)
        begin = time.monotonic()
        output, _ = process.communicate(timeout=150)
        print(f"ended {time.monotonic() - begin:.1f} s after the kill")
        assert process.returncode != 0
        assert re.search(r"lost|Stopped|^$", output, re.MULTILINE), output
    done = run(job, timeout=600)
    assert done.returncode == 0, done.stdout
    assert largest_difference(tmp_path / "whole", tmp_path / "killed") <= 1e-10


def size(path):
    return path.stat().st_size if path.exists() else 0


def wait_for(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.1)
