"""Measures what `--local_batch_norm` does to samples: one epoch of MNIST by dcgan.

    python experiments/local_statistics.py DATA_DIR

On one device, whose weights are those of replicas with exact statistics, and on two
and eight virtual devices with their own; three seeds each, 10,000 samples. Finished
runs are kept.
"""

import statistics
import subprocess
import sys

from experiment import RUNS, write_result
from gallery import scores
from pages.recorded import kept

SEEDS = (0, 1, 2)
STEPS, LOCAL = 468, (2, 8)


def distance(data_dir, replicas, seed):
    """The Frechet distance of a run, in a process of its own: the CPU is split once."""
    run = RUNS / f"local_statistics_{replicas}_{seed}"
    words = f"train dcgan --dataset=mnist --data_dir={data_dir} --steps={STEPS}"
    words += f" --log_every={STEPS} --seed={seed} --workdir={run}"
    if replicas > 1:
        words += f" --strategy=mirrored --virtual_devices={replicas} --local_batch_norm"
    for command in (words, f"evaluate {run} --n=10000"):
        subprocess.run(
            [sys.executable, "-m", "ganzoo", *command.split()],
            check=True,
            capture_output=True,
        )
    (first, *_) = scores(run / "evaluation.json")
    return first["value"]


def write(rows):
    """Records the distances by replicas and seed."""
    parts = []
    for replicas, by in rows.items():
        values = ", ".join(f"{value:.2f}" for value in by.values())
        share = 128 // int(replicas)
        where = "exact" if replicas == "1" else f"{replicas} replicas, {share} images"
        parts.append(f"{where}: {values}")
    write_result(
        "local_statistics",
        command="python experiments/local_statistics.py DATA_DIR",
        headline="Frechet distance of dcgan after an epoch of MNIST, batch "
        f"statistics of {'; '.join(parts)}",
        target="none: what own statistics cost is the answer",
        measured={
            "distances": rows,
            "means": {key: statistics.mean(by.values()) for key, by in rows.items()},
        },
        note=f"{STEPS} steps of 128, seeds {SEEDS}, 10,000 samples",
    )


def main(data_dir):
    rows = kept("local_statistics").get("distances", {})
    for seed in SEEDS:
        for replicas in (1, *LOCAL):
            by = rows.setdefault(str(replicas), {})
            if str(seed) not in by:
                by[str(seed)] = distance(data_dir, replicas, seed)
                print(replicas, seed, by[str(seed)], flush=True)
                write(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
