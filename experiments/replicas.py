"""Trains tiny variants under one strategy, one process each, for tests/slow.

    PYTHONPATH=tests python experiments/replicas.py TASK STRATEGY COUNT FOLDER NAME...

`finals` trains ten steps, and keeps the weights. `whole` trains 4 + 6 steps, keeps the
checkpoint of step 4 and the end, and is killed; `rest` begins from that checkpoint and
lists what differs at the end.
"""

import json
import os
import signal
import sys
from pathlib import Path

import keras
import numpy as np
from helpers import arrays_for, tiny

from ganzoo import distribute
from ganzoo.runs import checkpoint
from ganzoo.training import cluster

STEPS, FIRST = 10, 4
BATCH = 24  # divides by 1, 2, 3 and 4 replicas, and by packs of 2 on each
# By strategy and count: dtype and steps per call.
EXACT, FIVES, SINGLE = ("float64", 1), ("float64", 5), ("float32", 1)
CASES = {
    ("none", 1): (EXACT, FIVES, SINGLE),
    ("mirrored", 2): (EXACT, FIVES, SINGLE),
    ("mirrored", 4): (EXACT,),
    ("multi_worker", 2): (EXACT,),
    ("multi_worker", 3): (EXACT,),
}


def train(model, steps, call):
    model.fit(
        arrays_for(model, BATCH * max(1, model.d_steps)),
        batch_size=BATCH,
        epochs=1,
        steps_per_epoch=steps,
        steps_per_call=call,
        verbose=0,
    )


def finals(strategy, folder, name, writes, kind, count):
    """Keeps every weight after ten steps as NAME-DTYPE-CALL.npz."""
    for dtype, call in CASES[kind, count]:
        path = folder / f"{name}-{dtype}-{call}.npz"
        if path.exists():  # an interrupted experiment resumes
            continue
        with strategy.scope():
            keras.utils.set_random_seed(5)
            model = tiny(name, dtype=dtype, ema_decay=0.9)
        train(model, STEPS, call)
        # Names count up within a process, so weights are known by their place.
        final = {f"{i:04d}": v.numpy() for i, v in enumerate(model.weights)}
        if writes:
            np.savez(path, **final)


def whole(strategy, folder, name, writes, *_):
    """Ten steps; the checkpoint after four, and the state at the end."""
    if list((folder / name / "end").glob("*.npz")):  # as above
        return
    with strategy.scope():
        keras.utils.set_random_seed(5)
        model = tiny(name, ema_decay=0.9)
    train(model, FIRST, 2)
    checkpoint.save(model, folder / name, write=writes)
    train(model, STEPS - FIRST, 2)
    checkpoint.save(model, folder / name / "end", write=writes)


def rest(strategy, folder, name, writes, *_):
    """The last six steps in another process, and the variables that differ."""
    if (folder / f"{name}.json").exists():
        return
    with strategy.scope():
        keras.utils.set_random_seed(99)  # other weights, which the checkpoint replaces
        model = tiny(name, ema_decay=0.9)
    restored = checkpoint.restore(model, folder / name)
    train(model, STEPS - FIRST, 2)
    (end,) = (folder / name / "end").glob("*.npz")
    with np.load(end) as expected:
        differing = [
            key
            for key, variable in checkpoint.state(model).items()
            if not np.array_equal(variable.numpy(), expected[key])
        ]
        result = {"restored": restored, "variables": len(expected)}
    result["differing"] = differing
    (folder / f"{name}.json").write_text(json.dumps(result))


TASKS = {"finals": finals, "whole": whole, "rest": rest}


def main(task, kind, count, folder, *names):
    workers = cluster.from_environment() if kind == "multi_worker" else None
    devices = int(count) if kind == "mirrored" else 0
    strategy = distribute.get_strategy(kind, devices)
    writes = workers is None or workers.is_chief
    for name in names:
        TASKS[task](strategy, Path(folder), name, writes, kind, int(count))
    if task == "whole":
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
