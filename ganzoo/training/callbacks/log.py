"""RunLog: a line per interval in `metrics.jsonl`."""

import json
import resource
import time
from pathlib import Path

import keras

from ganzoo.plots import figures, pictures
from ganzoo.runs.log import drop_after, read_rows


class RunLog(keras.callbacks.Callback):
    """Writes a line per interval to `metrics.jsonl`, and curves at the end.

    Each line has the step, the seconds of training so far over all resumed parts
    (without pictures and checkpoints), images per second, the process's peak memory,
    and the mean of every term over the interval. The first interval includes
    compilation.
    """

    def __init__(self, workdir, images_per_step: int):
        super().__init__()
        self.path = Path(workdir) / "metrics.jsonl"
        self.images_per_step = images_per_step

    def on_train_begin(self, logs=None):
        rows = drop_after(self.path, self.model.step)
        if not all(isinstance(v, int | float) for row in rows for v in row.values()):
            raise ValueError(f"{self.path} is damaged: it holds more than numbers.")
        self.seconds = rows[-1].get("seconds", 0.0) if rows else 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self.step, self.begin = self.model.step, time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        # Pictures and checkpoints come between intervals.
        elapsed, step = time.perf_counter() - self.begin, self.model.step
        self.seconds += elapsed
        images = (step - self.step) * self.images_per_step
        peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        row = {
            "step": step,
            "seconds": round(self.seconds, 3),
            "images_per_second": round(images / elapsed, 1),
            "peak_memory_mib": peak_kib // 1024,
            **{name: float(value) for name, value in logs.items()},
        }
        with open(self.path, "a") as file:
            file.write(json.dumps(row) + "\n")

    def on_train_end(self, logs=None):
        rows = read_rows(self.path)
        if rows:
            pictures.save_png(
                figures.curves_figure(rows), self.path.parent / "curves.png"
            )
