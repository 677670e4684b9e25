"""Times what stands between a command and its first answer.

    python experiments/first_minute.py  # 2 minutes, alone

`ganzoo benchmark dcgan --startup`, stage by stage, and commands that only tell. Each
runs several times; the median counts. Writes zoo_configs/results/first_minute.json.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time

from experiment import verdict, write_result

ROUNDS, PICTURE, TOLD = 5, 12, 0.6
TELLING = (["list"], ["describe", "dcgan"], ["--help"])
STARTUP = ["benchmark", "dcgan", "--startup"]
LAST = "until the picture"


def stages(text) -> dict[str, float]:
    """Seconds by stage, of the table that `benchmark --startup` prints."""
    rows = re.findall(r"^(\S.*?) +([\d.]+) +([\d.]+)$", text, re.MULTILINE)
    return {name: float(clock) for name, clock, _ in rows}


def run(words):
    """Returns (seconds, what a command prints)."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "ganzoo", *words],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return time.perf_counter() - begin, done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    args = parser.parse_args()
    told = {
        " ".join(words): statistics.median(run(words)[0] for _ in range(args.rounds))
        for words in TELLING
    }
    rounds = [stages(run(STARTUP)[1]) for _ in range(args.rounds)]
    medians = {
        name: round(statistics.median(row[name] for row in rounds), 2)
        for name in rounds[0]
    }
    late = ["picture"] if medians[LAST] > PICTURE else []
    late += [words for words, took in told.items() if took >= TOLD]
    write_result(
        "first_minute",
        command="python experiments/first_minute.py",
        headline=verdict(late)
        + f"the first picture of dcgan after {medians[LAST]:.1f} s; "
        + ", ".join(f"{words} {took:.2f} s" for words, took in told.items()),
        target=f"a picture within {PICTURE} s, TensorFlow's import included; commands "
        f"that only tell under {TOLD} s",
        measured={
            "stages": medians,
            "rounds": rounds,
            "commands": {words: round(took, 2) for words, took in told.items()},
        },
        note=f"medians of {args.rounds} rounds",
    )


if __name__ == "__main__":
    main()
