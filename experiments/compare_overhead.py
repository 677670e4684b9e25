"""Times `compare` against the training and the scoring in it.

    python experiments/compare_overhead.py  # 6 minutes, alone

3 entries x 3 seeds on the digits. What its runs trained stands in their logs; the
scoring is done once more, in one process. The times of files tell where the rest goes.
Writes zoo_configs/results/compare_overhead.json.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from experiment import seconds, verdict, write_result

from ganzoo.data.splits import load_parts
from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.scorer import scorer_for
from ganzoo.runs.load import load
from ganzoo.runs.log import read_rows

ENTRIES, SEEDS, SECONDS, MOST = ("vanilla", "lsgan", "dcgan"), 3, 30, 1.15


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a run")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ganzoo", "compare", *ENTRIES]
        command += [f"--seeds={SEEDS}", f"--seconds={args.seconds:g}"]
        command += [f"--workdir={folder}"]
        begin = time.time()
        whole = seconds(lambda: subprocess.run(command, check=True))
        runs = sorted(Path(folder).glob("runs/*/seed_*"), key=begun)
        assert len(runs) == len(ENTRIES) * SEEDS
        trained = [read_rows(run / "metrics.jsonl")[-1]["seconds"] for run in runs]
        spans = [(begun(run), written(run / "entry.json")) for run in runs]
        scored = seconds(lambda: score(runs))
    ratio = whole / (sum(trained) + scored)
    write_result(
        "compare_overhead",
        command="python experiments/compare_overhead.py",
        headline=verdict(ratio > MOST)
        + f"compare of {len(ENTRIES)} entries x {SEEDS} seeds of {args.seconds:g} s "
        f"takes {ratio:.2f} of the seconds of training and scoring",
        target=f"<= {MOST} (the target is for runs of 30 s)",
        measured={
            "seconds of compare": round(whole, 1),
            "seconds of training": [round(one, 1) for one in trained],
            "seconds of scoring": round(scored, 1),
            "other seconds": rest(begin, spans, begin + whole, sum(trained) + scored),
            "ratio": round(ratio, 3),
        },
        note="one job; short runs that measure the time of a step are part of compare",
    )


def written(path):
    """The time of the last write to a file, in seconds."""
    return path.stat().st_mtime


def begun(run):
    """The start of a run: it writes its config first, and once."""
    return written(run / "config.json")


def rest(begin, spans, end, work):
    """The seconds that are neither training nor scoring, by where they go."""
    inside = sum(last - first for first, last in spans)
    between = spans[-1][1] - spans[0][0] - inside
    return {
        "before the first run": round(spans[0][0] - begin, 1),
        "in the runs": round(inside - work, 1),
        "between them": round(between, 1),
        "after the last one": round(end - spans[-1][1], 1),
    }


def score(runs):
    """Scores runs as compare does, with real data measured once."""
    parts = load_parts("digits")
    scorer = scorer_for(load(runs[0]), parts, n=2000, extractor=None)
    for run in runs:
        evaluate(run, n=2000, scorer=scorer)


if __name__ == "__main__":
    main()
