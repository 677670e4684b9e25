"""Measures ms/step of penalties, normalisers and the rest against the plain DCGAN.

    python experiments/axes_cost.py --rows 0 5  # the first five of 15
    python experiments/axes_cost.py --peer=TORCH_PYTHON

Each row alternates with the plain one in one process; the peer, the same WGAN-GP step
in eager PyTorch, alternates with ours, each in its own process. Figures are kept in
$GANZOO_RUNS/axes_cost.json and written to zoo_configs/results/axes_cost.json.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from experiment import RUNS, write_result

import ganzoo

BATCH, STEPS, ROUNDS, PAIRS = 64, 16, 5, 5  # an interval of 16 lies in a stretch
PENALTY = {name: {"penalties": {name: 1.0}} for name in ("r1", "r2", "dragan")}
ROWS = {
    "d_norm none": {"d_norm": "none"},
    "d_norm layer": {"d_norm": "layer"},
    "d_norm instance": {"d_norm": "instance"},
    "d_norm spectral": {"d_norm": "spectral"},
    "gradient_penalty, layer norm": {"penalties": {"gradient_penalty": 10.0}},
    **{f"{name}, layer norm": options for name, options in PENALTY.items()},
    "r1 every 16, layer norm": {"penalties": {"r1": {"weight": 1.0, "every": 16}}},
    "lecam": {"penalties": {"lecam": 0.3}},
    "d_clip": {"d_clip": 0.01},
    "minibatch discrimination": {
        "network": {"name": "dcgan", "minibatch": "discrimination"}
    },
    "minibatch stddev": {"network": {"name": "dcgan", "minibatch": "stddev"}},
    "color, translation, cutout": {"augment": "color,translation,cutout"},
    "instance noise": {"augment": "noise"},
}
PEER = "WGAN-GP next to PyTorch"
KEPT = RUNS / "axes_cost.json"


def timed(options):
    """Returns a function that trains some steps and returns ms/step."""
    model = ganzoo.build("dcgan", **options)
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (4 * BATCH, 28, 28, 1), dtype="uint8")

    def stretch():
        begin = time.perf_counter()
        model.fit(
            real,
            batch_size=BATCH,
            steps_per_epoch=STEPS,
            steps_per_call=STEPS,
            verbose=0,
        )
        return 1e3 * (time.perf_counter() - begin) / STEPS

    stretch()
    return stretch


def row(name, plain):
    """Returns ms/step of a row and of the plain one, which alternate."""
    own = timed(ROWS[name])
    pairs = [(plain(), own()) for _ in range(ROUNDS)]
    return {
        "ms/step": round(statistics.median(b for _, b in pairs), 1),
        "plain": round(statistics.median(a for a, _ in pairs), 1),
        "ratio": round(statistics.median(b / a for a, b in pairs), 3),
    }


def peer(python, pairs):
    """Adds to pairs of ms/step of WGAN-GP here and in PyTorch, in turns."""
    ours = [sys.executable, "-m", "ganzoo", "benchmark", "tutorial_dcgan"]
    ours += [f"--batch_size={BATCH}", "--seconds=3", '--set=loss="wasserstein"']
    ours += ["--set=penalties={gradient_penalty=10.0}"]
    theirs = [python, Path(__file__).with_name("torch_penalty.py"), f"--batch={BATCH}"]
    while len(pairs) < PAIRS:
        pair = {
            "fit": printed(r" ms_per_step ([\d.]+)", ours),
            "peer": printed(r"([\d.]+) ms/step", theirs),
        }
        pairs.append(pair)
        print(pair, flush=True)
        yield


def printed(pattern, command):
    """Returns the number that a program prints."""
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(re.search(pattern, run.stdout).group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs=2, type=int, default=(0, 0))
    parser.add_argument("--peer")
    args = parser.parse_args()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"rows": {}}

    def keep():
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_text(json.dumps(kept))

    plain = timed({}) if any(args.rows) else None
    for name in list(ROWS)[slice(*args.rows)]:
        kept["rows"][name] = row(name, plain)
        print(name, kept["rows"][name], flush=True)
        keep()
    if args.peer:
        for _ in peer(args.peer, kept.setdefault(PEER, [])):
            keep()
    if kept["rows"]:
        record(kept)


def record(kept):
    """Writes the rows that were timed."""
    ratios = {name: row["ratio"] for name, row in kept["rows"].items()}
    dearest = max(ratios, key=ratios.get)
    headline = f"dearest: {dearest}, {ratios[dearest]:.2f}x the plain step"
    if PEER in kept:
        factor = statistics.median(pair["peer"] / pair["fit"] for pair in kept[PEER])
        headline += f"; WGAN-GP in eager PyTorch takes {factor:.2f}x ours"
    write_result(
        "axes_cost",
        command="python experiments/axes_cost.py --rows ...; --peer=...",
        headline=headline,
        target="the step of WGAN-GP not slower than in eager PyTorch",
        measured={"setting": f"dcgan, 28x28x1, batch {BATCH}, float32", **kept},
        note=f"median of {ROUNDS} turns (rows) and {PAIRS} pairs (peer); "
        f"{len(ROWS) - len(ratios)} rows of {len(ROWS)} are still to be timed",
    )


if __name__ == "__main__":
    main()
