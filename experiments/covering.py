"""Combinations of options on one device, on 2 and 4, and on 2 workers.

    GANZOO_RUNS=runs PYTHONPATH=tests python experiments/covering.py

The rows cover every pair of values of `OPTIONS` that can be built. Each is trained for
ten steps from the same weights on the same global batches, tiny, and compared with one
device. Records the largest difference of any weight, and exits with 1 where it exceeds
the tolerance; for bfloat16, as a multiple of what bfloat16 itself does. A row with 5
steps a call is compiled. Interrupted, the same command goes on; with the word `report`
it records what there is.
"""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

# By option, its values; the first fits every value of the others.
OPTIONS = {
    "model": ("mlp", "dcgan", "attention", "partly labelled", "pools"),
    "penalty": ("", "gradient_penalty", "dragan", "r1", "r2", "lecam", "lazy r1"),
    "loss": (
        "non_saturating",
        "minimax",
        "least_squares",
        "wasserstein",
        "hinge",
        "relativistic",
        "relativistic_average",
        "f_divergence",
    ),
    "d_norm": ("none", "batch", "layer", "instance", "spectral"),
    "minibatch": ("none", "stddev", "discrimination"),
    "augment": (None, "color,translation,cutout", "noise"),
    "pack": (1, 2),
    "optimizer": ("adam", "sgd"),
    "ema_decay": (0.0, 0.9),
    "d_steps": (1, 2),
    "start": ("", "init_from"),
    "dtype": ("float64", "mixed_bfloat16"),
    "call": (1, 5),
}
# Pairs that the package refuses, or that have no meaning.
PER_SAMPLE = ("gradient_penalty", "dragan", "r1", "r2", "lazy r1")
REFUSED = {
    *(("penalty", p, "d_norm", "batch") for p in PER_SAMPLE),
    *(("penalty", "lazy r1", "minibatch", m) for m in ("stddev", "discrimination")),
    ("model", "mlp", "d_norm", "instance"),
    *(
        ("model", model, option, value)
        for model, options in {
            "partly labelled": ("d_norm", "minibatch", "augment", "pack"),
            "pools": ("penalty", "minibatch", "pack"),
        }.items()
        for option in options
        for value in OPTIONS[option][1:]
    ),
}
# Chosen before any run. In float64, the largest difference of a weight. In bfloat16,
# rounding alone moves weights, most with SGD, whose steps grow with the gradient; so
# the difference is a multiple of the one between bfloat16 and float64 on one device.
TOLERANCE = {"float64": 1e-10, "mixed_bfloat16": 2.0}
STEPS = 10
ALONE = "one device"
WAYS = {
    ALONE: ("none", 1),
    "2 devices": ("mirrored", 2),
    "4 devices": ("mirrored", 4),
    "2 workers": ("multi_worker", 2),
}
NETWORKS = {
    "mlp": {"name": "mlp", "hidden": (8, 8), "hidden_noise": 0.2, "dropout": 0.3},
    "dcgan": {"name": "dcgan", "filters": 2, "dropout": 0.3},
    "attention": {"name": "resnet", "filters": 2, "attention": True},
}


def fits(row, option, value):
    return not any(
        (other, v, option, value) in REFUSED or (option, value, other, v) in REFUSED
        for other, v in row.items()
    )


def covering():
    """Rows that hold every pair of values, found greedily."""
    missing = {
        ((a, x), (b, y))
        for a, b in itertools.combinations(OPTIONS, 2)
        for x, y in itertools.product(OPTIONS[a], OPTIONS[b])
        if fits({a: x}, b, y)
    }
    rows = []
    while missing:
        row = dict(min(missing, key=str))
        for option in OPTIONS:
            if option not in row:
                values = [v for v in OPTIONS[option] if fits(row, option, v)]
                row[option] = max(
                    values, key=lambda v: len(pairs({**row, option: v}) & missing)
                )
        missing -= pairs(row)
        rows.append(row)
    return rows


def pairs(row):
    ordered = [(option, row[option]) for option in OPTIONS if option in row]
    return set(itertools.combinations(ordered, 2))


def build(row):
    from helpers import tiny

    names = ("loss", "augment", "ema_decay", "d_steps", "dtype")
    options = {name: row[name] for name in names}
    if row["optimizer"] == "sgd":
        # With ten times the rate some rows end in NaN, which would equal anything.
        sgd = {"name": "sgd", "learning_rate": 0.002, "momentum": 0.5}
        options |= {"d_optimizer": sgd, "g_optimizer": sgd}
    if row["penalty"]:
        *lazy, name = row["penalty"].split()
        options["penalties"] = {name: {"weight": 0.5, "every": 2 if lazy else 1}}
    if row["model"] in NETWORKS:
        network = {**NETWORKS[row["model"]], "minibatch": row["minibatch"]}
        options |= {"network": network, "d_norm": row["d_norm"], "pack": row["pack"]}
        return tiny("pacgan", latent_dim=4, **options)
    if row["model"] == "pools":
        return tiny("cyclegan", **{**options, "d_norm": row["d_norm"]})
    return tiny("sgan", **options)


def weights(row):
    """The weights after a few steps under the present strategy."""
    import keras
    import numpy as np
    import tensorflow as tf
    from helpers import batches_for, train_eagerly

    from ganzoo.models.warm_start import take_over

    keras.utils.set_random_seed(5)
    model = build(row)
    if row["start"]:
        keras.utils.set_random_seed(6)
        take_over(model, build(row))
    batches = batches_for(model, STEPS)
    if row["model"] == "partly labelled":
        for batch in batches:
            known = tf.range(len(batch["label"])) % 8 < 3  # no two replicas alike
            batch["label"] = tf.where(known, batch["label"], -1)
    if row["call"] == 1:
        train_eagerly(model, batches)
    else:
        size = len(batches[0]["real"]) // model.d_steps
        several = tf.distribute.get_strategy().num_replicas_in_sync > 1
        model.fit(
            {k: np.concatenate([b[k] for b in batches]) for k in batches[0]},
            batch_size=size,
            steps_per_epoch=STEPS,
            steps_per_call=5 if several else 1,
            verbose=0,
        )
    return [v.numpy() for v in model.weights]


def train(kind, count, path):
    """Trains the rows under one strategy, and writes their weights."""
    import numpy as np

    from ganzoo import distribute
    from ganzoo.training import cluster

    workers = cluster.from_environment() if kind == "multi_worker" else None
    devices = int(count) if kind == "mirrored" else 0
    strategy = distribute.get_strategy(kind, devices)
    for i, row in enumerate(covering()):
        rows = {f"{i:03}": row}
        if kind == "none" and row["dtype"] != "float64":
            rows[f"{i:03}_exact"] = {**row, "dtype": "float64"}
        for name, row in rows.items():
            written = Path(path) / f"{name}.npz"
            if written.exists():
                continue
            with strategy.scope():
                values = weights(row)
            if workers is None or workers.is_chief:
                np.savez(written, *values)


def start(kind, count, path):
    from ganzoo.cli.launch import _free_ports

    path.mkdir(parents=True, exist_ok=True)
    processes = count if kind == "multi_worker" else 1
    addresses = [f"localhost:{port}" for port in _free_ports(processes)]
    cluster = {"worker": addresses}
    return [
        subprocess.Popen(
            [sys.executable, __file__, kind, str(count), path],
            env={
                **os.environ,
                "TF_CONFIG": json.dumps(
                    {"cluster": cluster, "task": {"type": "worker", "index": i}}
                ),
            },
        )
        for i in range(processes)
    ]


def differences(a, b):
    """The largest of any weight; infinite if one is not finite."""
    import numpy as np

    with np.load(a) as a, np.load(b) as b:
        pairs = [np.abs(a[k] - b[k]) for k in a]
    finite = all(np.isfinite(pair).all() for pair in pairs)
    return max(float(np.max(x, initial=0)) for x in pairs) if finite else float("inf")


def main():
    for way, (kind, count) in WAYS.items():
        if any([p.wait() for p in start(kind, count, folder() / way)]):
            return 1
    return report()


def folder():
    from experiment import RUNS

    return RUNS / "covering"


def report():
    """Records what has been trained so far; returns 1 where a tolerance is missed."""
    from experiment import write_result

    found, missed = [], 0
    largest = {way: dict.fromkeys(TOLERANCE, 0.0) for way in WAYS if way != ALONE}
    done = {way: dict.fromkeys(TOLERANCE, 0) for way in largest}
    for i, row in enumerate(covering()):
        alone, dtype = folder() / ALONE / f"{i:03}.npz", row["dtype"]
        values = {}
        for way in largest:
            other = folder() / way / alone.name
            if not (alone.exists() and other.exists()):
                continue
            values[way] = differences(alone, other)
            if dtype != "float64":
                exact = alone.with_stem(f"{alone.stem}_exact")
                values[way] /= differences(alone, exact)
            largest[way][dtype] = max(largest[way][dtype], values[way])
            done[way][dtype] += 1
        if max(values.values(), default=0) > TOLERANCE[dtype]:
            missed += 1
            print(values, row)
        found.append({"options": row, "differences": values})
    parts = [
        f"{done[way]['float64']} on {way} {largest[way]['float64']:.1e}"
        if done[way]["float64"]
        else f"none yet on {way}"
        for way in largest
    ]
    headline = (
        f"{len(found)} combinations of {len(OPTIONS)} options; largest difference of a "
        f"weight in float64: {', '.join(parts)}"
    )
    print(headline, largest, done)
    write_result(
        "covering",
        command="PYTHONPATH=tests python experiments/covering.py",
        headline=headline,
        target=f"<= {TOLERANCE['float64']:.0e} from one device after {STEPS} steps in "
        f"float64; in bfloat16 <= {TOLERANCE['mixed_bfloat16']:g} times what bfloat16 "
        "itself does",
        measured={"rows": found, "largest": largest, "compared": done},
        note="Every pair of values of the options that can be built is in a row.",
    )
    return int(missed > 0)


if __name__ == "__main__":
    known = {(): main, ("report",): report}
    sys.exit(known.get(tuple(sys.argv[1:]), lambda: train(*sys.argv[1:]))())
