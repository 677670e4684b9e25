"""Times the metrics against prdc and torch-fidelity: the same features, alternating.

    python experiments/metrics_speed.py --python=FIDELITY_PYTHON --rounds=3

FIDELITY_PYTHON has torch-fidelity and need not have ganzoo; prdc runs in this Python.
Every program runs alone in a process of its own; only the calls are timed. Writes
zoo_configs/results/metrics_speed.json.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SAMPLES, WIDTH = 10_000, 128
SUBSETS, SUBSET_SIZE, K = 100, 1000, 5
REPEATS = {"Frechet": 30}  # calls of some milliseconds


def ours(real, fake):
    from ganzoo.metrics import frechet_distance, kernel_distance, precision_recall

    return {
        "Frechet": lambda: frechet_distance(real, fake),
        "KID": lambda: kernel_distance(
            real, fake, subsets=SUBSETS, subset_size=SUBSET_SIZE
        ),
        "PRDC": lambda: precision_recall(real, fake, K),
    }


def prdc(real, fake):
    from prdc import compute_prdc

    return {"PRDC": lambda: compute_prdc(real, fake, K)}


def fidelity(real, fake):
    import torch
    from torch_fidelity import metric_fid, metric_kid

    real, fake = torch.from_numpy(real), torch.from_numpy(fake)

    def frechet():
        statistics = [metric_fid.fid_features_to_statistics(x) for x in (real, fake)]
        metric_fid.fid_statistics_to_metric(*statistics, verbose=False)

    def kid():
        metric_kid.kid_features_to_metric(
            real, fake, kid_subsets=SUBSETS, kid_subset_size=SUBSET_SIZE, verbose=False
        )

    return {"Frechet": frechet, "KID": kid}


PROGRAMS = {"ganzoo": ours, "prdc": prdc, "torch-fidelity": fidelity}


def measure(program, folder):
    """Prints the seconds of each call of a program, and its peak memory in MiB."""
    calls = PROGRAMS[program](*(np.load(folder / f"{n}.npy") for n in ("real", "fake")))
    seconds = {}
    for name, call in calls.items():
        repeats = REPEATS.get(name, 1)
        begin = time.perf_counter()
        for _ in range(repeats):
            call()
        seconds[name] = (time.perf_counter() - begin) / repeats
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("\n" + json.dumps({**seconds, "MiB": peak}))


def run(program, python, folder):
    command = [python, __file__, f"--program={program}", f"--folder={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", choices=PROGRAMS)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    if args.program:
        return measure(args.program, args.folder)
    rows = {program: [] for program in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        for name in ("real", "fake"):
            features = rng.standard_normal((SAMPLES, WIDTH), dtype="float32")
            np.save(Path(folder) / f"{name}.npy", features)
        for done in range(1, args.rounds + 1):
            for program in PROGRAMS:
                python = args.python if program == "torch-fidelity" else sys.executable
                rows[program].append(run(program, python, folder))
                print(program, rows[program][-1], flush=True)
            record(rows, done)  # every round, so that a run that is cut off counts


def record(rows, rounds):
    from experiment import write_result

    def ratio(name, peer):
        """Their time over ours: above 1, ours is the faster."""
        pairs = zip(rows["ganzoo"], rows[peer], strict=True)
        return round(statistics.median(b[name] / a[name] for a, b in pairs), 2)

    seconds = [sum(r[n] for n in ("Frechet", "KID", "PRDC")) for r in rows["ganzoo"]]
    peak = max(row["MiB"] for row in rows["ganzoo"])
    ratios = {
        "Frechet, torch-fidelity": ratio("Frechet", "torch-fidelity"),
        "KID, torch-fidelity": ratio("KID", "torch-fidelity"),
        "PRDC, prdc": ratio("PRDC", "prdc"),
    }
    missed = "MISSED: " if min(ratios.values()) < 1 else ""
    write_result(
        "metrics_speed",
        command=f"python experiments/metrics_speed.py --python=... --rounds={rounds}",
        headline=f"{missed}Frechet + KID + PRDC on 2 x {SAMPLES:,} x {WIDTH} features: "
        f"{statistics.median(seconds):.1f} s, {peak / 1024:.2f} GiB; their time over "
        "ours " + ", ".join(f"{value}x ({name})" for name, value in ratios.items()),
        target="< 20 s and < 1.5 GiB on 2 cores, no ratio below 1",
        measured={
            "their time over ours": ratios,
            "seconds": seconds,
            "peak MiB": peak,
            "rounds": rows,
        },
    )


if __name__ == "__main__":
    main()
