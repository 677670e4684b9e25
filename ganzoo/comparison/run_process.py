"""A run of a comparison in its own process: train, score, measure, draw.

`python -m ganzoo.comparison.run_process` reads its task as a line of JSON from standard
input. When standard input closes, since the parent has ended, it saves and ends.
"""

import json
import os
import signal
import statistics
import sys
import threading
from pathlib import Path

import numpy as np
import tensorflow as tf

from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.scorer import scorer_for
from ganzoo.metrics import nearest_distances
from ganzoo.models.flops import flops
from ganzoo.plots import pictures
from ganzoo.runs.experiment import Experiment, from_dict, to_dict
from ganzoo.runs.log import read_rows
from ganzoo.training.train import train_resolved
from ganzoo.utils.files import write_atomically

FORMAT = 1
FILE = "entry.json"  # marks a run as finished
OLD_FILE = "cell.json"  # name of the file until 0.1.0
FAILURE = "failure"  # key of the reason of a failure
PAIRS = 10  # samples drawn with their nearest neighbours
WALKS = 3  # interpolations


def run(experiment: Experiment, path, only=None) -> None:
    """Trains and scores an experiment in a run directory, and marks it as finished.

    Args:
        experiment: experiment of the entry, with the run's seed.
        path: the run directory.
        only: names of scores; by default all that apply.

    Raises:
        Exception: as in `train` and `evaluate`.
    """
    path = Path(path)
    model, resolved = train_resolved(experiment, path, progress=False)
    n, extractor = experiment.evaluation_samples, experiment.extractor
    scorer = scorer_for(model, resolved.parts, n=n, extractor=extractor)
    evaluate(path, n=n, only=only, scorer=scorer)
    draw(model, resolved.data, path / "samples")
    record = {
        "format": FORMAT,
        "experiment": to_dict(experiment),
        "only": only,
        "cost": cost(model, read_rows(path / "metrics.jsonl")),
    }
    write_atomically(path / FILE, json.dumps(record, indent=2).encode())


def cost(model, rows) -> dict:
    """Computes a run's cost from the model and the rows of its metrics.jsonl."""
    pairs = list(zip(rows, rows[1:], strict=False))
    rates = [
        (b["seconds"] - a["seconds"]) / (b["step"] - a["step"])
        for a, b in pairs
        if b["seconds"] > a["seconds"]
    ]
    counts = {
        "g_parameters": model.generators,
        "d_parameters": model.discriminators,
    }
    parameters = {
        name: int(sum(np.prod(w.shape) for net in nets for w in net.trainable_weights))
        for name, nets in counts.items()
    }
    one = {
        "latent": tf.constant(model.latents(1), model.variable_dtype),
        "label": tf.constant([0]),
    }
    return {
        **parameters,
        "flops_per_sample": flops(model.call, one),
        "ms_per_step": 1e3 * statistics.median(rates) if rates else None,
        "seconds": rows[-1]["seconds"],
        "peak_memory_mib": max(row["peak_memory_mib"] for row in rows),
    }


def draw(model, data, folder) -> None:
    """Draws walks between latents, and samples above their nearest real neighbours."""
    z = model.latents(2 * WALKS, seed=1)
    walks = [model.interpolate(z[2 * i], z[2 * i + 1]) for i in range(WALKS)]
    picture = pictures.samples_picture(np.concatenate(walks), len(walks[0]))
    pictures.save_png(picture, folder / "interpolation.png")
    if len(model.sample_shape) > 1:
        samples = model.sample(PAIRS, seed=1)
        real = model.as_samples(data.arrays["real"])
        flat = [v.reshape(len(v), -1) / 255 for v in (samples, real)]
        rows = nearest_distances(*flat)[1]
        picture = pictures.samples_picture(np.concatenate([samples, real[rows]]), PAIRS)
        pictures.save_png(picture, folder / "neighbours.png")


def main() -> None:
    """Runs the task from standard input; prints the reason if it fails."""
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        run(from_dict(task["experiment"]), task["path"], task["only"])
    except Exception as error:
        print(json.dumps({FAILURE: f"{type(error).__name__}: {error}"}))
        raise


def _end_with_parent():
    os.read(sys.stdin.fileno(), 1)  # a raw read holds no lock that would block the exit
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
