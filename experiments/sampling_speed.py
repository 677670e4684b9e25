"""Times samples of the pretrained models, and all scores of 10,000 of them.

    python experiments/sampling_speed.py --data_dir=DIR  # 4 minutes, alone

DIR holds MNIST as prepared by TFDS. `sample` takes turns with the bare forward pass:
the generator alone in a compiled function, on drawn latents, nothing kept. Writes
zoo_configs/results/sampling_speed.json.
"""

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import tensorflow as tf
from experiment import seconds, verdict, write_result

import ganzoo
from ganzoo.models.from_noise import CHUNK, MANY, LatentModel
from ganzoo.runs import pretrained
from ganzoo.utils.memory import forget_peak, peak_mib

N, PAIRS, LEAST = 50_000, 2, 0.9
SCORED, WITHIN = "dcgan_mnist", 60


def speed(model, n, pairs):
    """Samples a second of `sample` and of the forward pass, and further memory."""
    forward = bare(model)
    forward(1)
    model.sample(MANY * CHUNK)
    forget_peak()
    before = peak_mib()
    turns = [
        (seconds(forward, n // CHUNK), seconds(model.sample, n)) for _ in range(pairs)
    ]
    made = n * math.prod(model.sample_shape) / 2**20  # uint8
    further = peak_mib() - before - made
    whole = n // CHUNK * CHUNK
    return {
        "samples/s": round(statistics.median(n / own for _, own in turns)),
        "forward pass, samples/s": round(
            statistics.median(whole / alone for alone, _ in turns)
        ),
        "ratio": [round(n / own / (whole / alone), 3) for alone, own in turns],
        "MiB beside the samples": round(further),
    }


def bare(model):
    """Returns a function that runs the generator on so many chunks."""
    asked = model._conditions(None, CHUNK)
    inputs = {"latent": model.latents(CHUNK).astype("float32"), **asked}
    inputs = {key: tf.constant(value) for key, value in inputs.items()}
    network = tf.function(lambda: model(inputs))

    def forward(chunks):
        for _ in range(chunks):
            network().numpy()

    return forward


def scoring(data_dir, n):
    """Seconds of `ganzoo evaluate`, its start included, first and again."""
    model = ganzoo.load(SCORED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        model.save(path)
        command = [sys.executable, "-m", "ganzoo", "evaluate", path, f"--n={n}"]
        command += ["--dataset=mnist", f"--data_dir={data_dir}"]
        quiet = {"check": True, "stdout": subprocess.DEVNULL}
        return [
            round(seconds(lambda: subprocess.run(command, **quiet)), 1)
            for _ in range(2)
        ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--n", type=int, default=N)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--scored", type=int, default=10_000)
    args = parser.parse_args()
    rows = {}
    for name in pretrained.names():
        model = ganzoo.load(name)
        if not isinstance(model, LatentModel) or "caption" in model.batch_spec.entries:
            continue  # it needs images or captions
        rows[name] = speed(model, args.n, args.pairs)
        print(name, rows[name], flush=True)
    first, again = scoring(args.data_dir, args.scored)
    medians = {name: statistics.median(row["ratio"]) for name, row in rows.items()}
    slow = [name for name, ratio in medians.items() if ratio < LEAST]
    slow += ["scores"] if again >= WITHIN else []
    write_result(
        "sampling_speed",
        command="python experiments/sampling_speed.py --data_dir=...",
        headline=verdict(slow)
        + f"sample({args.n:,}) makes {min(medians.values()):.2f} to "
        f"{max(medians.values()):.2f} of the samples a second of the bare forward "
        f"pass; all scores of {args.scored:,} MNIST samples in {again} s",
        target=f">= {LEAST}; < {WITHIN} s with a warm cache",
        measured={"models": rows, "seconds of all scores": [first, again]},
        note=f"{args.pairs} turns; the scores are those of {SCORED}, by "
        "`ganzoo evaluate`, its start included",
    )


if __name__ == "__main__":
    main()
