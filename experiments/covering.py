"""Combinations of options on one device, on 2 and 4, and on 2 workers.

    GANZOO_RUNS=runs PYTHONPATH=tests python experiments/covering.py

The rows cover every pair of values of `OPTIONS` that can be built. Each is trained for
ten steps from the same weights on the same global batches, tiny, and compared with one
device. Records the largest difference of any weight, and exits with 1 where it exceeds
the tolerance; for bfloat16, as a multiple of what bfloat16 itself does. A row with 5
steps a call is compiled. Interrupted, the same command goes on.
"""

import itertools
import json
import os
import subprocess
import sys
from collections import Counter
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
WAYS = {
    "one device": ("none", 1),
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
        sgd = {"name": "sgd", "learning_rate": 0.02, "momentum": 0.5}
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
    import numpy as np

    with np.load(a) as a, np.load(b) as b:
        return max(float(np.max(np.abs(a[k] - b[k]), initial=0)) for k in a)


def main():
    from experiment import RUNS, write_result

    rows, folder = covering(), RUNS / "covering"
    for way, (kind, count) in WAYS.items():
        codes = [p.wait() for p in start(kind, count, folder / way)]
        if any(codes):
            return 1
    found, missed = [], 0
    for i, row in enumerate(rows):
        one = folder / "one device" / f"{i:03}.npz"
        scale = 1.0
        if row["dtype"] != "float64":
            scale = differences(one, one.with_stem(f"{i:03}_exact"))
        found.append(
            {
                way: differences(one, folder / way / f"{i:03}.npz") / scale
                for way in WAYS
                if way != "one device"
            }
        )
        if max(found[i].values()) > TOLERANCE[row["dtype"]]:
            missed += 1
            print(found[i], row)
    largest = {
        dtype: max(
            max(values.values())
            for row, values in zip(rows, found, strict=True)
            if row["dtype"] == dtype
        )
        for dtype in TOLERANCE
    }
    of = Counter(row["dtype"] for row in rows)
    headline = (
        f"{len(rows)} combinations of {len(OPTIONS)} options on 2 and 4 devices and on "
        f"2 workers: largest difference of a weight {largest['float64']:.1e} "
        f"({of['float64']} in float64), {largest['mixed_bfloat16']:.1e} times what "
        f"bfloat16 itself does ({of['mixed_bfloat16']} in bfloat16)"
    )
    print(headline)
    write_result(
        "covering",
        command="PYTHONPATH=tests python experiments/covering.py",
        headline=headline,
        target=f"<= {TOLERANCE['float64']:.0e} in float64, <= "
        f"{TOLERANCE['mixed_bfloat16']:g} times in bfloat16, from one device after "
        f"{STEPS} steps",
        measured={"rows": rows, "differences": found, "largest": largest},
        note="Every pair of values of the options that can be built is in a row.",
    )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(train(*sys.argv[1:]) if sys.argv[1:] else main())
