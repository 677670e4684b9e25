"""Times ganzoo against other programs: the same networks, alternating, in one run.

    python experiments/peers.py --python=TORCH_PYTHON --bench=DIR --pairs=5

DIR holds torch_dcgan.py and torch_mlp.py, loops of the same networks in PyTorch, which
print their ms/step. Writes zoo_configs/results/speed.json.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

from experiment import write_result
from pages import recorded

DCGAN = ("tutorial_dcgan",)
MLP = ("vanilla", "g_hidden=[256,256]", "d_hidden=[256,256]", "normalize=false")
PAIRS = {
    "DCGAN float32": (DCGAN, "float32", {"peer": ["torch_dcgan.py"]}),
    "DCGAN bfloat16": (
        DCGAN,
        "mixed_bfloat16",
        {
            "peer": ["torch_dcgan.py", "--bf16"],
            "peer in float32": ["torch_dcgan.py"],
        },
    ),
    "MLP float32": (MLP, "float32", {"peer": ["torch_mlp.py"]}),
}


def ours(model, dtype):
    """(ms/step through fit, ms/step of a bare loop) of `ganzoo benchmark`."""
    name, *options = model
    sets = [f"--set={option}" for option in options]
    command = [sys.executable, "-m", "ganzoo", "benchmark", name, f"--dtype={dtype}"]
    text = _output([*command, "--seconds=5", *sets])
    return _number(r" ms_per_step ([\d.]+)", text), _number(
        r"bare_ms_per_step ([\d.]+)", text
    )


def theirs(python, bench, command):
    """ms/step of a peer."""
    return _number(
        r"([\d.]+) ms/step", _output([python, bench / command[0], *command[1:]])
    )


def version(python):
    """The peer's version, by name."""
    words = "import torch; print('PyTorch', torch.__version__)"
    return _output([python, "-c", words]).strip()


def _output(command):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment
    ).stdout


def _number(pattern, text):
    return float(re.search(pattern, text).group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", choices=PAIRS, help="keeps the other results")
    args = parser.parse_args()
    measured = recorded.measured("speed") if args.only else {}
    for name in [args.only] if args.only else PAIRS:
        model, dtype, peers = PAIRS[name]
        rows = []
        for _ in range(args.pairs):
            fit, bare = ours(model, dtype)
            rows.append({"fit": fit, "bare": bare})
            for peer, command in peers.items():
                rows[-1][peer] = theirs(args.python, args.bench, command)
            print(name, rows[-1], flush=True)
        measured[name] = {
            "peer": version(args.python),
            "pairs (ms/step)": rows,
            **{f"{p} over fit": _median(r[p] / r["fit"] for r in rows) for p in peers},
            "fit over bare": _median(r["fit"] / r["bare"] for r in rows),
            "ms/step": _median(r["fit"] for r in rows),
        }
    record(measured, args.pairs)


def record(measured, pairs):

    write_result(
        "speed",
        command="python experiments/peers.py --python=... --bench=...",
        headline="; ".join(
            f"{name} {m['peer over fit']:.2f}x ({m['ms/step']:.1f} ms/step)"
            for name, m in measured.items()
        ),
        target=f"PyTorch's images/s x 1.3 (DCGAN), x 1.67 (MLP); {pairs} pairs",
        measured=measured,
    )


def _median(values):
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    main()
