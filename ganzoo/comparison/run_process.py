"""A process of a comparison: its runs, one after the other.

`python -m ganzoo.comparison.run_process PLUGIN...` reads a task per line of JSON from
standard input, trains, scores, measures and draws, and answers with a line of JSON.
When standard input closes, since the parent has ended, it saves and ends.
"""

import json
import os
import signal
import statistics
import sys
import threading
from pathlib import Path
from queue import SimpleQueue

import keras
import numpy as np
import tensorflow as tf

from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.sampling import applicable
from ganzoo.evaluation.scorer import scorer_for
from ganzoo.metrics.arrays import nearest
from ganzoo.models.flops import flops
from ganzoo.models.players import parameter_count
from ganzoo.plots import pictures
from ganzoo.runs.experiment import Experiment, from_dict, to_dict
from ganzoo.runs.log import read_rows
from ganzoo.runs.resolve import Loaded, resolve
from ganzoo.training.callbacks.log import METRICS
from ganzoo.training.train import train_resolved
from ganzoo.utils.files import write_atomically
from ganzoo.utils.memory import forget_peak
from ganzoo.variants._registry import import_plugin

FORMAT = 1
FILE = "entry.json"  # marks a run as finished
OLD_FILE = "cell.json"  # name of the file until 0.1.0
FAILURE = "failure"  # key of the reason of a failure
PAIRS = 10  # samples drawn with their nearest neighbours
SHOWN = 64  # real samples
WALKS = 3  # interpolations


def run(experiment: Experiment, path, only=None, loaded=None) -> Loaded:
    """Trains and scores an experiment in a run directory, and marks it as finished.

    Args:
        experiment: experiment of the entry, with the run's seed.
        path: the run directory.
        only: names of scores, by default all that apply; with none, it only trains.
        loaded: what the run before has loaded, reused if it is the same.

    Returns:
        What was loaded.

    Raises:
        Exception: as in `train` and `evaluate`.
    """
    path = Path(path)
    resolved = resolve(experiment, loaded)

    def scorer_of(model):
        n, extractor = experiment.evaluation_samples, experiment.extractor
        return scorer_for(model, resolved.parts, n=n, extractor=extractor)

    model, resolved = train_resolved(
        experiment,
        path,
        progress=False,
        loaded=resolved.loaded,
        callbacks=[_Applies(only, scorer_of)] if only else (),
    )
    record = {
        "format": FORMAT,
        "experiment": to_dict(experiment),
        "only": only,
        "cost": cost(model, read_rows(path / METRICS)),
    }
    if only != []:
        scorer = scorer_of(model)
        scores = evaluate(path, only=only, scorer=scorer).scores
        # Also kept here: `ganzoo evaluate` of the run writes others in their place.
        record["scores"] = [score.to_dict() for score in scores]
        draw(model, resolved.data, path / "samples")
        record["blends"] = scorer.blends
    write_atomically(path / FILE, json.dumps(record, indent=2).encode())
    return resolved.loaded


class _Applies(keras.callbacks.Callback):
    """Refuses scores that do not apply to the data before a run trains for them."""

    def __init__(self, only, scorer_of):
        super().__init__()
        self.only, self.scorer_of = only, scorer_of

    def on_train_begin(self, logs=None):
        applicable(self.model, self.scorer_of(self.model), self.only)


def cost(model, rows) -> dict:
    """Computes a run's cost from the model and the rows of its metrics.jsonl."""
    pairs = list(zip(rows, rows[1:], strict=False))
    rates = [
        (b["seconds"] - a["seconds"]) / (b["step"] - a["step"])
        for a, b in pairs
        if b["seconds"] > a["seconds"]
    ]
    latent = tf.constant(model.latents(1), model.variable_dtype)
    one = {"latent": latent, **model._conditions(None, 1)}
    return {
        "g_parameters": parameter_count(model.generators),
        "d_parameters": parameter_count(model.discriminators),
        "flops_per_sample": flops(model.call, one),
        "ms_per_step": 1e3 * statistics.median(rates) if rates else None,
        "seconds": rows[-1]["seconds"],
        "peak_memory_mib": max(row["peak_memory_mib"] for row in rows),
    }


def draw(model, data, folder) -> None:
    """Draws real samples, walks between latents, and samples with their neighbours."""
    real = data.arrays["real"]
    rows = np.random.default_rng(0).permutation(len(real))[:SHOWN]
    real_samples = model.as_samples(real[np.sort(rows)])
    pictures.save_png(pictures.samples_picture(real_samples), folder / "real.png")
    z = model.latents(2 * WALKS, seed=1)
    walks = [model.interpolate(z[2 * i], z[2 * i + 1]) for i in range(WALKS)]
    picture = pictures.samples_picture(np.concatenate(walks), len(walks[0]))
    pictures.save_png(picture, folder / "interpolation.png")
    if len(model.sample_shape) > 1:
        samples = model.sample(PAIRS, seed=1)
        real = model.as_samples(real)
        # Also of samples that are all the same, which have no score.
        flat = [v.reshape(len(v), -1) for v in (samples, real)]
        rows = nearest(*flat)[1]
        picture = pictures.samples_picture(np.concatenate([samples, real[rows]]), PAIRS)
        pictures.save_png(picture, folder / "neighbours.png")


def main(plugins) -> None:
    """Runs the tasks from standard input; reports a failure, and ends with it."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # a plug-in that prints gives no answer
    for plugin in plugins:
        import_plugin(plugin)
    tasks, busy, loaded = SimpleQueue(), threading.Event(), None
    threading.Thread(target=_receive, args=(tasks, busy), daemon=True).start()
    while line := tasks.get():
        task = json.loads(line)
        with open(task["log"], "a") as file:
            for stream in (1, 2):
                os.dup2(file.fileno(), stream)
        begin_anew()
        try:
            experiment = from_dict(task["experiment"])
            loaded = run(experiment, task["path"], task["only"], loaded)
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"
            print(json.dumps({FAILURE: failure}), file=answers)
            raise
        busy.clear()
        print(json.dumps({FAILURE: ""}), file=answers)


def begin_anew() -> None:
    """Makes the process as good as new: a run in it equals one in a fresh process.

    `train` seeds what is random. Keras counts names and seeds of layers, and memory
    has a peak, over the whole process.
    """
    keras.backend.clear_session()
    forget_peak()


def _receive(tasks, busy):
    """Passes tasks on. At the end of the input it ends a run, which saves first."""
    # Unbuffered: a buffer's lock, held by this thread, would block the exit.
    with open(0, "rb", buffering=0, closefd=False) as lines:
        for line in lines:
            busy.set()
            tasks.put(line)
    tasks.put(b"")
    if busy.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
