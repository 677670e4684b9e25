"""RunLog: a line per interval in `metrics.jsonl`."""

import json
import time
from pathlib import Path

import keras

from ganzoo.plots import figures, pictures
from ganzoo.runs.log import drop_after, read_rows
from ganzoo.utils.memory import peak_mib

METRICS = "metrics.jsonl"


class RunLog(keras.callbacks.Callback):
    """Writes a line per interval to `metrics.jsonl`.

    Each line has the step, the seconds of training so far over all resumed parts
    (without pictures and checkpoints), images per second, the process's peak memory,
    and the mean of every term over the interval. The first interval includes
    compilation.
    """

    def __init__(self, workdir, images_per_step: int):
        super().__init__()
        self.path = Path(workdir) / METRICS
        self.images_per_step = images_per_step

    def on_train_begin(self, logs=None):
        last = drop_after(self.path, self.model.step, sound=_numbers)
        self.seconds = 0.0 if last is None else last.get("seconds", 0.0)

    def on_epoch_begin(self, epoch, logs=None):
        self.step, self.begin = self.model.step, time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        # Pictures and checkpoints come between intervals.
        elapsed, step = time.perf_counter() - self.begin, self.model.step
        self.seconds += elapsed
        images = (step - self.step) * self.images_per_step
        row = {
            "step": step,
            "seconds": round(self.seconds, 3),
            "images_per_second": round(images / elapsed, 1),
            "peak_memory_mib": peak_mib(),
            **{name: float(value) for name, value in logs.items()},
        }
        with open(self.path, "a") as file:
            file.write(json.dumps(row) + "\n")


def draw_curves(workdir) -> None:
    """Draws the terms of `metrics.jsonl` as `curves.png`, if there are any."""
    rows = read_rows(Path(workdir) / METRICS)
    if rows:
        pictures.save_png(figures.curves_figure(rows), Path(workdir) / "curves.png")


def _numbers(row):
    return all(isinstance(value, int | float) for value in row.values())
