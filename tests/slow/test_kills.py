"""`kill -9` at random moments: the same command resumes, to the same weights."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from experiment import write_result
from small_runs import OF_THE_MACHINE
from worker_jobs import (
    command,
    final,
    largest_difference,
    run,
    start_workers,
    wait_to_grow,
)

from ganzoo.cli.runs import LOST
from ganzoo.runs.log import read_rows

SEED = 0
# Moments of death: in the first seconds of a process; some time after it went on
# training; while a checkpoint is being written.
MOMENTS = ["starting"] * 4 + ["training"] * 8 + ["saving"] * 8
STEPS = 600


def dcgan(workdir, data_dir):
    """A small DCGAN on MNIST that saves every ten steps."""
    return [
        *("train", "dcgan", "--dataset=mnist", f"--data_dir={data_dir}"),
        *(f"--steps={STEPS}", "--batch_size=32", "--log_every=10"),
        *("--checkpoint_every=10", "--sample_every=100", f"--workdir={workdir}"),
        *("--set=filters=8", "--set=ema_decay=0.99"),
    ]


def kill_at(moment, arguments, workdir, rng, pace):
    """One life of the run; returns how it ended."""
    checkpoints = workdir / "checkpoints"
    process = subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    begin = time.monotonic()
    if moment == "starting":
        wait = rng.uniform(0, 10)
    elif moment == "training":
        wait_to_grow(workdir / "metrics.jsonl")
        wait = rng.uniform(0, STEPS / len(MOMENTS) * pace)
    else:
        wait_to_grow(workdir / "metrics.jsonl")
        skipped = rng.uniform(0, 20 * pace)
        time.sleep(skipped)
        while not half_written(checkpoints) and process.poll() is None:
            pass
        wait = rng.uniform(0, 0.01)
    time.sleep(wait)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "the run was over before it was killed"
    lived = time.monotonic() - begin
    left = half_written(checkpoints)
    saved = sorted(checkpoints.glob("step_*.json"))
    return {
        "moment": moment,
        "seconds": round(lived, 3),
        "checkpoint": int(saved[-1].stem.split("_")[1]) if saved else 0,
        "half written": {path.name: path.stat().st_size for path in left},
    }


def half_written(checkpoints):
    """Temporary files, see `ganzoo.utils.files.replacing`."""
    return sorted(checkpoints.glob(".*"))


@pytest.mark.slow
def test_a_killed_run_goes_on_bit_for_bit(tmp_path, mnist_dir):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    reference = run(dcgan(whole, mnist_dir), timeout=600)
    assert reference.returncode == 0, reference.stderr
    rows = read_rows(whole / "metrics.jsonl")
    pace = (rows[-1]["seconds"] - rows[1]["seconds"]) / (STEPS - rows[1]["step"])
    rng = np.random.default_rng(SEED)
    lives = []
    for moment in rng.permutation(MOMENTS):
        lives.append(kill_at(moment, dcgan(killed, mnist_dir), killed, rng, pace))
        print(json.dumps(lives[-1]), flush=True)
    done = run(dcgan(killed, mnist_dir), timeout=600)
    assert done.returncode == 0, done.stderr

    steps = [life["checkpoint"] for life in lives]
    assert steps == sorted(steps)  # nothing that was saved is lost
    assert any(life["half written"] for life in lives)
    a, b = final(whole), final(killed)
    differing = [k for k in a if not np.array_equal(a[k], b[k])]
    terms = [
        [
            {k: v for k, v in row.items() if k not in OF_THE_MACHINE}
            for row in read_rows(path / "metrics.jsonl")
        ]
        for path in (whole, killed)
    ]
    write_result(
        "kills",
        command="pytest -m slow tests/slow/test_kills.py -k killed_run",
        run=" ".join(["ganzoo", *dcgan("RUN", "DATA")]),
        seed=SEED,
        headline=f"{len(lives)} kills, {sum(bool(x['half written']) for x in lives)} "
        f"of them with a half-written checkpoint left: {len(differing)} of {len(a)} "
        "variables differ at the end",
        target="20 x kill -9 at random moments; the end equal bit for bit",
        measured={"lives": lives, "differing": differing, "variables": len(a)},
    )
    assert a.keys() == b.keys() and not differing
    assert terms[0] == terms[1]
    assert not half_written(killed / "checkpoints")


LONG = 2000  # steps: more than five short lives get through


@pytest.mark.slow
def test_a_lost_worker_ends_the_job_and_the_same_command_goes_on(tmp_path):
    """Of two workers, one is killed; the other must end with a message."""
    job = ["launch", "--workers=2", "--"]
    whole = run([*job, *command("vanilla", tmp_path / "whole", steps=LONG)], 900)
    assert whole.returncode == 0, whole.stdout
    log = tmp_path / "killed" / "metrics.jsonl"
    rng = np.random.default_rng(SEED)
    lives = []
    for _ in range(5):
        workers = start_workers(command("vanilla", tmp_path / "killed", steps=LONG))
        wait_to_grow(log)
        wait = rng.uniform(0, 10)
        time.sleep(wait)
        lost = int(rng.integers(2))
        # TensorFlow can be made to leave a thread behind at every exchange.
        threads = len(list(Path(f"/proc/{workers[lost].pid}/task").iterdir()))
        assert threads < 500
        workers[lost].kill()
        killed = time.monotonic()
        _, errors = workers[1 - lost].communicate(timeout=600)
        workers[lost].communicate()
        lives.append(
            {
                "killed": lost,
                "seconds after the log grew": round(wait, 3),
                "its threads": threads,
                "the other ended after": round(time.monotonic() - killed, 1),
                "exit code": workers[1 - lost].returncode,
                "message": errors.strip().splitlines()[-1],
            }
        )
        print(json.dumps(lives[-1]), flush=True)
        assert workers[1 - lost].returncode == LOST
        assert "lost the others" in errors, errors
    done = run([*job, *command("vanilla", tmp_path / "killed", steps=LONG)], 900)
    assert done.returncode == 0, done.stdout
    difference = largest_difference(tmp_path / "whole", tmp_path / "killed")
    write_result(
        "lost_workers",
        command="pytest -m slow tests/slow/test_kills.py -k lost_worker",
        run=" ".join(["ganzoo", *job, *command("vanilla", "RUN", steps=LONG)]),
        seed=SEED,
        headline=f"5 workers killed; the other ended after at most "
        f"{max(life['the other ended after'] for life in lives):.0f} s; largest "
        f"difference at the end {difference:.1e}",
        target="a clear error within 60 s, the same command resumes, the end equal",
        measured={"lives": lives, "largest difference": difference},
    )
    assert difference == 0
