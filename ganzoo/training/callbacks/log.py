"""RunLog: a line per interval in `metrics.jsonl`, and curves of it."""

import time
from pathlib import Path

import keras
from PIL import Image

from ganzoo.plots import figures, pictures
from ganzoo.runs.log import append, drop_after, read_rows
from ganzoo.utils.memory import peak_mib

METRICS = "metrics.jsonl"
CLOCKS = {"seconds": time.perf_counter, "cpu_seconds": time.process_time}


class RunLog(keras.callbacks.Callback):
    """Writes a line per interval to `metrics.jsonl`.

    Each line has the step, the seconds of training so far over all resumed parts
    (without pictures and checkpoints), the same in CPU seconds of this process, images
    per second, the process's peak memory, and the mean of every term over the interval.
    The first interval includes compilation.
    """

    def __init__(self, workdir, images_per_step: int):
        super().__init__()
        self.path = Path(workdir) / METRICS
        self.images_per_step = images_per_step

    def on_train_begin(self, logs=None):
        last = drop_after(self.path, self.model.step, sound=numbers)
        # A run that began without one of the clocks goes on without it.
        known = dict.fromkeys(CLOCKS, 0.0) if last is None else last
        self.spent = {name: known[name] for name in CLOCKS if name in known}

    def on_epoch_begin(self, epoch, logs=None):
        self.step = self.model.step
        self.begin = {name: clock() for name, clock in CLOCKS.items()}

    def on_epoch_end(self, epoch, logs=None):
        # Pictures and checkpoints come between intervals.
        elapsed = {name: clock() - self.begin[name] for name, clock in CLOCKS.items()}
        self.spent = {name: self.spent[name] + elapsed[name] for name in self.spent}
        step = self.model.step
        images = (step - self.step) * self.images_per_step
        row = {
            "step": step,
            **{name: round(value, 3) for name, value in self.spent.items()},
            "images_per_second": round(images / elapsed["seconds"], 1),
            "peak_memory_mib": peak_mib(),
            **{name: float(value) for name, value in logs.items()},
        }
        append(self.path, row)


def draw_curves(workdir) -> None:
    """Draws the terms of `metrics.jsonl` as `curves.png`, if there are any."""
    rows = read_rows(Path(workdir) / METRICS, sound=numbers)
    if rows:
        pictures.save_png(figures.curves_figure(rows), Path(workdir) / "curves.png")


def curves(source: str | Path | keras.callbacks.History) -> Image.Image:
    """Draws the losses of a run directory, or of what `fit` returned.

    Notebooks show it. D(x) and D(G(z)) stand below where D is a probability.

    Args:
        source: a run directory, or Keras' History: its steps count from the beginning
            of that `fit`, or from its `initial_epoch`.

    Raises:
        ValueError: no run directory, a run that has logged nothing, or a History
            without an epoch, or without the steps of one.
    """
    if isinstance(source, keras.callbacks.History):
        rows = _rows_of(source)
    else:
        path = Path(source, METRICS) if isinstance(source, str | Path) else None
        rows = read_rows(path) if path and path.exists() else []
        if not rows or not all(map(numbers, rows)):
            raise ValueError(
                "Curves are drawn of a run directory, with lines of numbers in "
                f"{METRICS}, or of the History that `fit` returns. "
                f"Received: {str(source)!r}."
            )
    return Image.fromarray(figures.curves_figure(rows))


def _rows_of(history):
    length = history.params["steps"]
    if not (history.epoch and length):
        raise ValueError(
            "There must be an epoch to draw, of a known number of steps: pass "
            f"steps_per_epoch= to `fit`. Received: {len(history.epoch)} epochs of "
            f"{length} steps."
        )
    columns = history.history.items()
    return [
        {
            "step": (epoch + 1) * length,
            **{name: values[i] for name, values in columns if i < len(values)},
        }
        for i, epoch in enumerate(history.epoch)
    ]


def numbers(row) -> bool:
    """Tells if a row holds numbers alone, as each of `metrics.jsonl` does."""
    return all(isinstance(value, int | float) for value in row.values())
