"""Races `ganzoo train dcgan` against the usual DCGAN in PyTorch, on MNIST.

    python experiments/race.py SEED --python=TORCH_PYTHON --data_dir=DIR

Both train at the same time, with a thread each, and are timed in CPU seconds from the
start of their processes, so that a pair runs in the background: more than an hour.
Our scorer judges the samples that both save. Each pair is added to
zoo_configs/results/race.json.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from experiment import distance, verdict, write_result
from pages.recorded import RESULTS, measured

from ganzoo.data.splits import load_parts
from ganzoo.evaluation.extractors import from_classifier
from ganzoo.evaluation.scorer import Scorer

EPOCHS, STEPS, SHARE, PAIRS = 20, 1500, 1 / 3, 3
PROGRAMS = Path(__file__).parent / "peers"
ALONE = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
}


def pair(seed, python, data_dir, epochs, steps):
    """The curves of both programs: (CPU seconds, distance) of each set of samples."""
    parts = load_parts("mnist", data_dir=data_dir)
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = (Path(folder, name) for name in ("theirs", "ours"))
        theirs.mkdir(), ours.mkdir()
        images = Path(folder, "mnist.npy")
        np.save(images, parts.train.arrays["real"])
        commands = (
            [python, PROGRAMS / "race_pytorch.py", images, theirs, seed, epochs],
            [sys.executable, PROGRAMS / "race_ganzoo.py", data_dir, ours, seed, steps],
        )
        environment = {**os.environ, **ALONE}
        both = [
            subprocess.Popen([*map(str, command)], env=environment)
            for command in commands
        ]
        if any([program.wait() for program in both]):
            raise RuntimeError("One of the programs failed, see above.")
        scorer = Scorer(parts, from_classifier(parts), 10_000)
        return curve(theirs, scorer), curve(ours, scorer)


def curve(folder, scorer):
    points = []
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as held:
            points.append((float(held["seconds"]), distance(scorer, held["real"])))
    return points


def outcome(theirs, ours) -> dict:
    """Time at which ours were as good as the last samples of theirs, for a pair.

    Args:
        theirs: (CPU seconds, distance) of each set of samples, in their order.
        ours: as theirs; "our seconds" is None if none is as good.
    """
    seconds, target = theirs[-1]
    reached = next((point for point in ours if point[1] <= target), (None, ours[-1][1]))
    return {
        "their distance": target,
        "their seconds": seconds,
        "our distance": reached[1],
        "our seconds": reached[0],
        "curves": {"theirs": theirs, "ours": ours},
    }


def record(pairs):
    shares = [
        (found["our seconds"] or math.inf) / found["their seconds"]
        for found in pairs.values()
    ]
    median = statistics.median(shares)
    write_result(
        "race",
        command="python experiments/race.py SEED --python=... --data_dir=...",
        headline=verdict(max(shares) > SHARE)
        + f"{len(shares)} of {PAIRS} pairs: dcgan reaches the final distance of "
        f"PyTorch's DCGAN ({EPOCHS} epochs of MNIST) in {median:.3f} of its CPU "
        "seconds (median)",
        target=f"<= 1/3 in each of {PAIRS} pairs",
        measured=pairs,
        note="one thread for each program; CPU seconds of the whole process, without "
        "those of saving samples",
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seed")
    parser.add_argument("--python", required=True)
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of PyTorch's")
    parser.add_argument("--steps", type=int, default=STEPS, help="of ours")
    args = parser.parse_args()
    found = outcome(*pair(**vars(args)))
    known = measured("race") if (RESULTS / "race.json").exists() else {}
    record({**known, args.seed: found})


if __name__ == "__main__":
    main()
