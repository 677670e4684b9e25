"""Times ganzoo against other programs: the same networks, in turns, in one run.

    python experiments/peers.py --python=TORCH_PYTHON  # 10 minutes, alone

TORCH_PYTHON has PyTorch, and torch.compile needs a C++ compiler. The programs of a case
(experiments/peers/) are processes that wait while another one trains. Each case is
recorded in zoo_configs/results/NAME.json as it ends, `peers` unless --name says
another.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from experiment import verdict, write_result
from pages.recorded import RESULTS, measured

SECONDS, PAIRS, REST = 3.0, 5, 0.3  # of a turn; turns of each; s before a turn
OURS = "ganzoo"
TUNED = "PyTorch, compiled, channels last"
BFLOAT16 = "mixed_bfloat16"


def programs(net, batch, dtype="float32", tuned=True, keras=False):
    """The commands of a case, by name."""
    half = ["--bf16"] if dtype == BFLOAT16 else []
    torch = ["pytorch.py", net, batch, *half]
    return {
        OURS: ["ganzoo_fit.py", net, batch, f"--dtype={dtype}"],
        "PyTorch": torch,
        **({TUNED: [*torch, "--tuned"]} if tuned else {}),
        **({"keras-io, fit": ["keras_io.py", batch]} if keras else {}),
        **({"TensorFlow tutorial": ["tensorflow_tutorial.py", batch]} if keras else {}),
    }


CASES = {
    "DCGAN, float32": programs("dcgan", 128, keras=True),
    "DCGAN, bfloat16": programs("dcgan", 128, BFLOAT16),
    "WGAN-GP, float32": programs("wgan_gp", 64),
    "MLP, float32": programs("mlp", 128),
    "resnet 32x32, float32": programs("resnet", 64),
    "U-Net 64x64, float32": programs("unet", 8, tuned=False),
}


class Program:
    """A process of a case."""

    def __init__(self, file, *words, python):
        folder = Path(__file__).with_suffix("")
        self.process = subprocess.Popen(
            [python, folder / file, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args} ended: {self.process.wait()}")
        return json.loads(line)

    def pace(self, seconds):
        """ms/step of a turn."""
        time.sleep(REST)
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self.answer()["ms/step"]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def case(commands, python, seconds, pairs):
    """The turns of a case, and the ratios of the peers to ours."""
    started = {
        name: Program(*command, python=python if "torch" in command[0] else PYTHON)
        for name, command in commands.items()
    }
    about = {name: program.answer() for name, program in started.items()}
    weights = {name: said["parameters"] for name, said in about.items()}
    assert len({*map(tuple, weights.values())}) == 1, weights
    turns = []
    for _ in range(pairs):
        turns.append({name: one.pace(seconds) for name, one in started.items()})
        print(turns[-1], flush=True)
    for program in started.values():
        program.end()
    return {
        "versions": {name: said["program"] for name, said in about.items()},
        "trained weights of G and D": weights[OURS],
        "ms/step, turn by turn": turns,
        **summary(turns),
    }


def summary(turns) -> dict:
    """Medians of the turns, and of each turn's ratios to ours: above 1 is slower."""
    peers = [name for name in turns[0] if name != OURS]

    def over_ours(pace):
        return round(statistics.median(pace(turn) / turn[OURS] for turn in turns), 2)

    return {
        "ms/step": {
            name: round(statistics.median(turn[name] for turn in turns), 1)
            for name in turns[0]
        },
        "over ours": {n: over_ours(lambda turn, n=n: turn[n]) for n in peers},
        "best over ours": over_ours(lambda turn: min(turn[name] for name in peers)),
    }


PYTHON = sys.executable


def record(name, cases, pairs):
    missed = any(found["best over ours"] < 1 for found in cases.values())
    missed = missed or cases.get("DCGAN, float32", {}).get("best over ours", 1.3) < 1.3
    shown = (f"{net} {found['best over ours']}x" for net, found in cases.items())
    write_result(
        name,
        command=f"python experiments/peers.py --python=TORCH_PYTHON --name={name}",
        headline=verdict(missed)
        + "the best peer's time of a step over ours: "
        + "; ".join(shown),
        target=f"none below 1, the DCGAN in float32 from 1.3; {pairs} turns",
        measured=cases,
        note="the best peer is chosen anew in each turn",
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("--name", default="peers", help="of the JSON")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument(
        "--only", nargs="+", choices=CASES, help="keeps the other results"
    )
    args = parser.parse_args()
    known = args.only and (RESULTS / f"{args.name}.json").exists()
    cases = measured(args.name) if known else {}
    for name in args.only or CASES:
        print(name, flush=True)
        try:
            cases[name] = case(CASES[name], args.python, args.seconds, args.pairs)
        except RuntimeError as error:  # the other cases can be measured all the same
            print("FAILED:", error, flush=True)
        else:
            record(args.name, cases, args.pairs)


if __name__ == "__main__":
    main()
