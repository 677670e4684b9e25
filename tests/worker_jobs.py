"""Short jobs of several workers on the loopback network."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from ganzoo.cli.launch import _free_ports

SMALL = {
    "vanilla": ["g_hidden=[16,16]", "d_hidden=[16]", "dropout=0.4"],
    "dcgan": ["filters=4", "latent_dim=8"],
    "sgan": ["latent_dim=8"],
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
    return float(np.max([np.abs(a[k] - b[k]).max(initial=0) for k in a]))


def start_workers(arguments, count=2, more=lambda index: [], host="localhost"):
    """Workers as a cluster would start them, without `launch` to end them."""
    addresses = [f"{host}:{port}" for port in _free_ports(count)]
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
