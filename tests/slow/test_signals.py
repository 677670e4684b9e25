"""Real signals at random moments, to small runs of several variants."""

import multiprocessing
import os
import signal
import time
from collections import Counter

import numpy as np
import pytest
from experiment import write_result
from helpers import TINY
from small_runs import shown
from worker_jobs import final

SEED = 0
VARIANTS = ("vanilla", "cgan", "bigan", "pacgan", "vae", "sgan", "dcgan")
KINDS = [signal.SIGTERM, signal.SIGINT, signal.SIGKILL]
STOPS = 9  # of each variant
SETTINGS = {
    "steps": 120,
    "batch_size": 16,
    "log_every": 5,
    "sample_every": 10,
    "checkpoint_every": 15,
    "evaluate_every": 10,
    "evaluation_samples": 40,
    "extractor": "pixels",
}


def life(name, workdir):
    """One life of a run, in a process of its own."""
    os.setpgrp()
    import sys

    from ganzoo.runs.experiment import Experiment
    from ganzoo.training.train import train
    from ganzoo.utils.signals import Terminated

    options = {k: v for k, v in TINY.get(name, {}).items() if k != "image_shape"}
    try:
        train(Experiment(name, options, **SETTINGS), workdir, progress=False)
    except KeyboardInterrupt as stop:
        sys.exit(143 if isinstance(stop, Terminated) else 130)


def stopped(process, log, kind, wait):
    """Signals a life some time after its log has grown; returns how it ended."""

    def size():
        return log.stat().st_size if log.exists() else 0

    before = size()
    while size() <= before and process.is_alive():
        time.sleep(0.002)
    time.sleep(wait)
    sent = time.monotonic()
    if process.is_alive():
        os.kill(process.pid, kind)
    process.join(timeout=900)
    assert process.exitcode is not None
    return {
        "signal": kind.name,
        "exit code": process.exitcode,
        "seconds to the end": round(time.monotonic() - sent, 2),
    }


@pytest.mark.slow
def test_signals_at_random_moments_leave_the_files_of_a_whole_run(tmp_path):
    """Metrics, health, scores, pictures and weights, byte for byte."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ganzoo.training.train", "ganzoo.variants"])
    rng = np.random.default_rng(SEED)
    lives, compared, differing = {}, Counter(), {}
    for name in VARIANTS:
        whole, others, ends = tmp_path / name / "whole", [], []
        reference = context.Process(target=life, args=(name, str(whole)))
        reference.start()
        reference.join()
        assert reference.exitcode == 0
        kinds = rng.permutation(STOPS) % len(KINDS)
        while len(ends) < STOPS:  # a run that is over too early is followed by another
            others.append(tmp_path / name / f"stopped {len(others)}")
            code = None
            while code != 0:
                process = context.Process(target=life, args=(name, str(others[-1])))
                process.start()
                if len(ends) == STOPS:
                    process.join()
                    assert process.exitcode == 0
                    break
                log, wait = others[-1] / "metrics.jsonl", float(rng.uniform(0, 0.4))
                end = stopped(process, log, KINDS[kinds[len(ends)]], wait)
                code = end["exit code"]
                ends += [end] if code else []
        lives[name], differing[name] = ends, []
        files, weights = shown(whole), final(whole)
        for other in others:
            theirs, values = shown(other), final(other)
            keys = files.keys() | theirs.keys()
            differing[name] += [k for k in keys if files.get(k) != theirs.get(k)]
            differing[name] += [
                k for k in weights if not np.array_equal(weights[k], values[k])
            ]
            compared["files"] += len(files)
            compared["variables"] += len(weights)
        print(name, Counter(end["signal"] for end in ends), differing[name], flush=True)
    ends = [end for some in lives.values() for end in some]
    count = Counter(end["signal"] for end in ends)
    write_result(
        "signals",
        command="pytest -n0 -m slow tests/slow/test_signals.py",
        run=f"train of each variant with {SETTINGS}",
        seed=SEED,
        headline=f"{len(ends)} stops of {len(VARIANTS)} variants ("
        + ", ".join(f"{n} {kind}" for kind, n in sorted(count.items()))
        + f"): {sum(map(len, differing.values()))} of {compared['files']} files and "
        f"{compared['variables']} variables differ",
        target="60 signals over 5 variants; files and weights equal those of whole "
        "runs, but for times",
        measured={"lives": lives, "differing": differing, "compared": compared},
        note="Random moments after the log has grown. A run that was over before its "
        "signal is compared, too, and another one gets the next.",
    )
    codes = {"SIGTERM": 143, "SIGINT": 130, "SIGKILL": -signal.SIGKILL}
    assert all(end["exit code"] == codes[end["signal"]] for end in ends)
    assert not any(differing.values()), differing
    assert len(ends) == STOPS * len(VARIANTS) >= 60
