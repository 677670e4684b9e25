"""A run of four steps, and what tests compare of two runs."""

import json

import numpy as np

from ganzoo.runs import checkpoint

OF_THE_MACHINE = ("seconds", "cpu_seconds", "images_per_second", "peak_memory_mib")
TINY = {"g_hidden": [8], "d_hidden": [8], "latent_dim": 4, "normalize": False}


BASE = {
    "model": "vanilla",
    "options": TINY,
    "steps": 4,
    "batch_size": 16,
    "log_every": 2,
    "sample_every": 4,
    "checkpoint_every": 4,
}


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def shown(workdir):
    """The files of a run that users read, without times."""
    files = {
        name: data
        for name, data in files_of(workdir).items()
        if name.endswith((".jsonl", ".png", ".gif")) and name != "curves.png"
    }
    rows = [json.loads(line) for line in files["metrics.jsonl"].splitlines()]
    for row in rows:
        for name in OF_THE_MACHINE:
            del row[name]
    return {**files, "metrics.jsonl": rows}


def state_of(model):
    return {name: v.numpy() for name, v in checkpoint.state(model).items()}


def check_equal(one, two):
    one, two = state_of(one), state_of(two)
    assert one.keys() == two.keys()
    assert not [name for name in one if not np.array_equal(one[name], two[name])]
