"""A comparison made up on disk, for the tests of what is made of one."""

import json

import numpy as np

from ganzoo.comparison.entries import Budget, Entry, make
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


def made_up(
    path,
    names=("a", "b"),
    seeds=2,
    side=8,
    dataset="digits",
    failed=(),
    late=0.0,
    blends=50.0,
    best=0.0,
    **changes,
):
    """A `Comparison` with the files of its runs; those of `failed` entries failed.

    Args:
        late: by how much the score falls from step 75 of 100 to the last.
        blends: score of blends of real samples.
        best: mean score of the first entry; each other is worse by 10.
        changes: other fields of the comparison.
    """
    rng = np.random.default_rng(0)
    budget = changes.pop("budget", Budget(amount=100))
    (entry,) = make(["dcgan"], budget, settings={"dataset": dataset})
    entries = [Entry(name, entry.experiment, {}) for name in names]
    runs = []
    for i, name in enumerate(names):
        for seed in range(seeds):
            folder = path / "runs" / str(i) / f"seed_{seed}"
            if name in failed:
                failure = f"ValueError: no {name}"
                runs.append(Run(name, seed, folder, failure=failure))
                continue
            _write(folder, rng, side, late, seed)
            values = {"frechet_distance": best + 10.0 * i + rng.normal(), "recall": 0.5}
            scores = [
                Score(
                    metric,
                    value,
                    0.5,
                    better,
                    "extractor: pixels 1; data: digits | seed 0",
                )
                for (metric, value), better in zip(
                    values.items(), ("lower", "higher"), strict=True
                )
            ]
            runs.append(Run(name, seed, folder, scores, COST, blends))
    return Comparison(entries, runs, path, budget, seeds, **changes)


def _write(folder, rng, side, late, seed):
    samples = folder / "samples"
    grids = {"step_1": 64, "interpolation": 30, "neighbours": 20, "real": 64}
    for name, count in grids.items():
        images = rng.integers(0, 256, (count, side, side, 1), "uint8")
        pictures.save_png(pictures.image_grid(images, 10), samples / f"{name}.png")
    rows = [
        {"step": step, "seconds": 0.1 * step, "d_loss": 1.0, "g_loss": 2.0 / step}
        for step in range(5, 101, 5)
    ]
    ends = {25: 100.0, 50: 60.0, 75: 40.0 + late, 100: 40.0}
    scores = [
        Score("frechet_distance", value + seed, 0.5, "lower", "n: 10", step=step)
        for step, value in ends.items()
    ]
    scores = [{**score.to_dict(), "best": 0.0} for score in scores]
    environment = {
        "python": "3.12.0",
        "platform": "Linux-6.1",
        "packages": {"tensorflow": "2.21.0", "keras": "3.15.0"},
        "devices": ["CPU:0"],
    }
    (folder / "environment.json").write_text(json.dumps(environment))
    health = [
        {
            "step": 50,
            "alarm": "collapse",
            "values": {"repeats": 0.1},
            "remedy": "raise d_steps.",
        },
        {"step": 50, "signs": ["collapse"], "judged": True, "repeats": 0.1},
    ]
    for name, lines in (("metrics", rows), ("scores", scores), ("health", health)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text)
