"""Times every score of 10,000 images of 32x32, and its memory.

    python experiments/thorough_scores.py  # 20 minutes, alone

The samples are those of the pretrained dcgan_faces; the data, 30,000 training faces and
10,000 other ones. `ganzoo evaluate --thorough` runs twice: cold, with the features
of all real images to compute, and warm, as for every later model of the same data.
Writes zoo_configs/results/thorough_scores.json.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from experiment import verdict, write_result

from ganzoo.data import faces

MODEL, EXTRACTOR = "dcgan_faces", "efficientnet_lite0"
COUNT, SECONDS, GIB = 10_000, 300, 2.0


def evaluated(data, cache) -> tuple[float, float, str]:
    """Seconds and GiB of `ganzoo evaluate`, start of TensorFlow included; its table."""
    command = [sys.executable, "-m", "ganzoo", "evaluate", MODEL, f"--dataset={data}"]
    command += ["--thorough", f"--extractor={EXTRACTOR}", f"--n={COUNT}"]
    environment = {**os.environ, "GANZOO_CACHE": str(cache)}
    begin = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        table = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - begin, usage.ru_maxrss / 2**20, table


def main():
    with tempfile.TemporaryDirectory() as folder:
        data, cache = Path(folder) / "faces.npz", Path(folder) / "cache"
        train, test = (
            faces.draw(faces.sample_attributes(seed, count), size=faces.SIDE)
            for seed, count in ((0, 3 * COUNT), (2, COUNT))
        )
        np.savez(data, x_train=train, x_test=test)
        runs = {kind: evaluated(data, cache) for kind in ("cold", "warm")}
    measured = {
        kind: {"seconds": round(seconds, 1), "GiB": round(memory, 2)}
        for kind, (seconds, memory, _) in runs.items()
    }
    measured["table"] = runs["warm"][2].splitlines()
    missed = [
        f"{name}, {kind}"
        for kind in runs
        for name, most in (("seconds", SECONDS), ("GiB", GIB))
        if measured[kind][name] > most
    ]
    scores = sum(
        re.match(r"\w+ +-?[\d.]", line) is not None for line in measured["table"]
    )
    write_result(
        "thorough_scores",
        command="python experiments/thorough_scores.py",
        headline=verdict(missed)
        + f"{scores} scores of {COUNT:,} samples with intervals, next to real data, by "
        f"{EXTRACTOR}: "
        + ", ".join(
            f"{kind} {measured[kind]['seconds']:.0f} s, {measured[kind]['GiB']:.2f} GiB"
            for kind in runs
        ),
        target=f"{SECONDS} s and {GIB:.0f} GiB, on two cores",
        measured=measured,
        note="cold: the features of 50,000 real images are computed, too",
    )


if __name__ == "__main__":
    main()
