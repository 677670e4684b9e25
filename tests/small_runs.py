"""A run of four steps, and what tests compare of two runs."""

import numpy as np

from ganzoo.runs import checkpoint

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


def state_of(model):
    return {name: v.numpy() for name, v in checkpoint.state(model).items()}


def check_equal(one, two):
    one, two = state_of(one), state_of(two)
    assert one.keys() == two.keys()
    assert not [name for name in one if not np.array_equal(one[name], two[name])]
