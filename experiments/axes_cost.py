"""Measures ms/step of penalties, normalisers and the rest against the plain DCGAN.

    python experiments/axes_cost.py --rows 0 5  # the first five of 15

Each row alternates with the plain one in one process. Figures are kept in
$GANZOO_RUNS/axes_cost.json and written to zoo_configs/results/axes_cost.json.
"""

import argparse
import json
import statistics
import time

import numpy as np
from experiment import RUNS, write_result

import ganzoo

BATCH, STEPS, ROUNDS = 64, 16, 5  # an interval of 16 lies in a stretch
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
KEPT = RUNS / "axes_cost.json"


def timed(options):
    """Returns a function that trains some steps and returns ms/step."""
    model = ganzoo.build("dcgan", **{"penalties": {}, **options})
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs=2, type=int, default=(0, 0))
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
    if kept["rows"]:
        record(kept)


def record(kept):
    """Writes the rows that were timed."""
    ratios = {name: row["ratio"] for name, row in kept["rows"].items()}
    dearest = max(ratios, key=ratios.get)
    headline = f"dearest: {dearest}, {ratios[dearest]:.2f}x the plain step"
    write_result(
        "axes_cost",
        command="python experiments/axes_cost.py --rows ...",
        headline=headline,
        target="none",
        measured={"setting": f"dcgan, 28x28x1, batch {BATCH}, float32", **kept},
        note=f"median of {ROUNDS} turns; "
        f"{len(ROWS) - len(ratios)} rows of {len(ROWS)} are still to be timed",
    )


if __name__ == "__main__":
    main()
