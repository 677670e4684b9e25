"""Fuzzes each kind of input for some seconds of CPU and records how many cases ran.

PYTHONPATH=tests python experiments/fuzz.py 60
"""

import itertools
import sys
import tempfile
import time
from pathlib import Path

from experiment import write_result
from fuzzing import KINDS, LIMIT, fuzz

ROUND = 100  # inputs that follow from one seed


def main(seconds):
    """At least `seconds` of CPU for each kind; an error that is not ours ends it."""
    measured = {}
    for kind in KINDS:
        begin, passed, cases = time.process_time(), 0.0, 0
        for seed in itertools.count():
            if passed >= seconds:
                break
            with tempfile.TemporaryDirectory() as folder:
                cases += fuzz(kind, Path(folder), ROUND, seed)
            passed = round(time.process_time() - begin, 1)
        measured[kind] = {"cases": cases, "seconds": passed}
        print(kind, measured[kind], flush=True)
    total = sum(kind["cases"] for kind in measured.values())
    write_result(
        "fuzz",
        command=f"PYTHONPATH=tests python experiments/fuzz.py {seconds:g}",
        headline=f"{total:,} mutated inputs of {len(KINDS)} kinds: only our own errors",
        target=f"a ValueError of ours or none, within {LIMIT} s of CPU per case",
        measured=measured,
    )


if __name__ == "__main__":
    main(float(sys.argv[1]))
