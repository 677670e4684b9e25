"""A comparison made up on disk, for the tests of what is made of one."""

import json

import numpy as np

from ganzoo.comparison.entries import Entry, make
from ganzoo.comparison.result import Comparison, Run
from ganzoo.evaluation.score import Score
from ganzoo.plots import pictures

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'&{{7*7}}"
COST = {
    "g_parameters": 12_345,
    "d_parameters": 678,
    "flops_per_sample": 9_000,
    "ms_per_step": 1.5,
    "seconds": 12.0,
    "peak_memory_mib": 640,
}


def made_up(path, names=("a", "b"), seeds=2, side=8, dataset="digits", failed=()):
    """A `Comparison` with the files of its runs; those of `failed` entries failed."""
    rng = np.random.default_rng(0)
    (entry,) = make(["dcgan"], images=12_800, settings={"dataset": dataset})
    entries = [Entry(name, entry.experiment, {}) for name in names]
    runs = []
    for i, name in enumerate(names):
        for seed in range(seeds):
            folder = path / "runs" / str(i) / f"seed_{seed}"
            if name in failed:
                failure = f"ValueError: no {name}"
                runs.append(Run(name, seed, folder, failure=failure))
                continue
            _write(folder, rng, side)
            values = {"frechet_distance": 10.0 * i + rng.normal(), "recall": 0.5}
            scores = [
                Score(metric, value, 0.5, better, "n: 10; data: digits | seed 0")
                for (metric, value), better in zip(
                    values.items(), ("lower", "higher"), strict=True
                )
            ]
            runs.append(Run(name, seed, folder, scores, COST))
    return Comparison(entries, runs, path)


def _write(folder, rng, side):
    samples = folder / "samples"
    for name, count in (("step_1", 64), ("interpolation", 30), ("neighbours", 20)):
        images = rng.integers(0, 256, (count, side, side, 1), "uint8")
        pictures.save_png(pictures.image_grid(images, 10), samples / f"{name}.png")
    rows = [
        {"step": step, "seconds": 0.1 * step, "d_loss": 1.0, "g_loss": 2.0 / step}
        for step in range(5, 101, 5)
    ]
    scores = [
        {"step": step, "value": 100.0 / step, "floor": 0.5}
        for step in (25, 50, 75, 100)
    ]
    event = {
        "step": 50,
        "alarm": "collapse",
        "values": {"diversity": 0.1},
        "remedy": "raise d_steps.",
    }
    for name, lines in (("metrics", rows), ("scores", scores), ("health", [event])):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text)
