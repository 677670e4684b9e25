"""What watches a training run. One Keras epoch is one interval of the log."""

import json
import resource
import sys
import time
from pathlib import Path

import keras
import numpy as np
from scipy.spatial.distance import cdist, pdist

from ganzoo import checkpoint, plots
from ganzoo.safety import read_rows


class TrainingDiverged(RuntimeError):
    """A term of the losses is no longer finite."""


class Checkpoint(keras.callbacks.Callback):
    """Saves the state of training every `every` steps, and after `minutes` at most.

    The minutes are counted at the end of an interval of the log.
    """

    def __init__(self, directory, every: int, minutes: float = 10):
        super().__init__()
        self.directory = directory
        self.every = every
        self.minutes = minutes
        self.saved = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        late = time.monotonic() - self.saved > 60 * self.minutes
        if late or self.model.step % self.every == 0:
            checkpoint.save(self.model, self.directory)
            self.saved = time.monotonic()


class RunLog(keras.callbacks.Callback):
    """Writes one line an interval to `metrics.jsonl`, and curves at the end.

    Each line has the step, the seconds of training so far over all resumed parts
    (without pictures and checkpoints), images per second, the process's peak memory,
    and the mean of every term over the interval. The first interval holds the
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
        # Pictures and checkpoints come between the end of an interval and the next.
        passed, step = time.perf_counter() - self.begin, self.model.step
        self.seconds += passed
        row = {
            "step": step,
            "seconds": round(self.seconds, 3),
            "images_per_second": round(
                (step - self.step) * self.images_per_step / passed, 1
            ),
            "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            // 1024,
            **{name: float(value) for name, value in logs.items()},
        }
        with open(self.path, "a") as file:
            file.write(json.dumps(row) + "\n")

    def on_train_end(self, logs=None):
        rows = read_rows(self.path)
        if rows:
            plots.save_png(plots.curves_figure(rows), self.path.parent / "curves.png")


def drop_after(path, step: int) -> list[dict]:
    """Drops the lines that a run resumed at `step` will write again; returns the rest.

    A file that is not there stays so.
    """
    rows = [row for row in read_rows(path) if row["step"] <= step]
    if Path(path).exists():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        checkpoint.write_atomically(path, text.encode())
    return rows


class Progress(keras.callbacks.Callback):
    """One line: step, losses, D(x), D(G(z)), images a second, time left."""

    SHOWN = {"d_loss": "D", "g_loss": "G", "d_real": "D(x)", "d_fake": "D(G(z))"}

    def __init__(self, total_steps: int, images_per_step: int, stream=None):
        super().__init__()
        self.total = total_steps
        self.images_per_step = images_per_step
        self.stream = stream or sys.stderr

    def on_train_begin(self, logs=None):
        self.first, self.begin = self.model.step, time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        step = self.model.step
        rate = (step - self.first) / (time.perf_counter() - self.begin)
        left = round((self.total - step) / rate)
        terms = "  ".join(
            f"{label} {logs[name]:.3f}"
            for name, label in self.SHOWN.items()
            if name in logs
        )
        done = int(20 * step / self.total)
        line = (
            f"{step:>7}/{self.total} [{'=' * done}{' ' * (20 - done)}]  {terms}  "
            f"{rate * self.images_per_step:.0f} img/s  "
            f"{left // 60}:{left % 60:02d} left"
        )
        if self.stream.isatty():
            line = f"\r\x1b[K{line}"
        end = "" if self.stream.isatty() and step < self.total else "\n"
        print(line, end=end, file=self.stream, flush=True)


class SampleGrid(keras.callbacks.Callback):
    """Draws the same samples over training, and an animation of it at the end.

    Images become a grid as the model's `gallery` lays it out; volumes a grid of up to
    16. Points in the plane are drawn with the data over D's
    decision field; of longer vectors, the first two coordinates.

    Args:
        workdir: pictures go to its folder `samples`.
        data: the `Data` that is trained on.
        every: steps from one picture to the next.
        count: samples of the picture, where the model leaves it open.
    """

    def __init__(self, workdir, data, every: int, count: int = 64):
        super().__init__()
        self.folder = Path(workdir) / "samples"
        self.data = data
        self.every = every
        self.count = count

    def on_train_begin(self, logs=None):
        if self.model.step == 0:
            self._draw()

    def on_epoch_end(self, epoch, logs=None):
        if self.model.step % self.every == 0:
            self._draw()

    def on_train_end(self, logs=None):
        self._draw()
        paths = sorted(self.folder.glob("step_*.png"))
        frames = [plots.read_png(path) for path in plots.thin(paths)]
        plots.animation(frames, self.folder / "training.gif")

    def _draw(self):
        picture = PICTURES[len(self.model.sample_shape)](self.model, self.data, self)
        plots.save_png(picture, self.folder / f"step_{self.model.step:08d}.png")


def _samples_picture(model, data, grid):
    return plots.samples_picture(*model.gallery(data.arrays, grid.count))


def _points_picture(model, data, grid):
    real, fake = data.arrays["real"][:1000, :2], model.sample(1000, seed=1)[:, :2]
    extent = plots.extent_of(real)
    field = None
    if model.has_probability and model.sample_shape == (2,):
        mesh = plots.mesh(extent, 80)
        field = model.probability_real(mesh).reshape(80, 80)
    return plots.points_figure(real, fake, field, extent, f"step {model.step}")


PICTURES = {1: _points_picture, 3: _samples_picture, 4: _samples_picture}


class HealthMonitor(keras.callbacks.Callback):
    """Names what goes wrong, with the step and a remedy.

    A non-finite term or weight stops training; the rest is printed, written to
    `health.jsonl` and kept in `events`. An alarm sounds once until its cause is gone.
    Must stand before the callbacks that save.

    Args:
        data: the `Data` that is trained on, for the diversity of real samples.
        workdir: where `health.jsonl` goes; None for no file.
    """

    # D rejects fakes almost without fault, and accepts real samples: G hardly learns
    # from it. The second bound leaves room for a smoothed real target of 0.9.
    REJECTS, ACCEPTS = 0.03, 0.8
    # D tells nothing apart: D(x) is above D(G(z)) by less than this. No fault where
    # the samples are like the data: that is the equilibrium.
    CHANCE = 0.1
    # Energy distance of samples and data (Szekely and Rizzo 2013), as a share of the
    # mean distance between real samples: 0 if they are alike, about 1 if G is lost.
    FAR = 0.2
    # Mean distance between samples, as a share of that between real ones. A mode
    # lost, or soft samples, leave it far above this.
    DIVERSITY = 0.25
    # Intervals in a row before an alarm sounds: a phase that passes is no fault.
    PATIENCE = 3
    # G starts far from the data and nearly constant; steps before that counts.
    WARM_UP = 500
    COMPARED = 128

    def __init__(self, data, workdir=None):
        super().__init__()
        self.path = Path(workdir) / "health.jsonl" if workdir else None
        rng = np.random.default_rng(0)
        self.arrays = data.arrays
        real = data.arrays["real"]
        rows = rng.choice(len(real), min(self.COMPARED, len(real)), replace=False)
        self.real = real[np.sort(rows)]
        self.counts = dict.fromkeys(REMEDIES, 0)
        self.events = []

    def on_train_begin(self, logs=None):
        if self.path:
            drop_after(self.path, self.model.step)

    def on_epoch_end(self, epoch, logs=None):
        step = self.model.step
        broken = [name for name, value in logs.items() if not np.isfinite(value)]
        broken += self._broken_weights()
        if broken:
            self._record(step, "not finite", {name: "nan or inf" for name in broken})
            raise TrainingDiverged(
                f"{', '.join(broken)} not finite in the interval before step {step}. "
                f"{REMEDIES['not finite']} The last checkpoint is kept."
            )
        for alarm, (fires, values) in self._alarms(step, logs).items():
            self.counts[alarm] = self.counts[alarm] + 1 if fires else 0
            if self.counts[alarm] == self.PATIENCE:
                self._record(step, alarm, values)
                print(
                    f"\nhealth: {alarm} at step {step} ({values}). {REMEDIES[alarm]}",
                    file=sys.stderr,
                )

    def _broken_weights(self):
        """A NaN among the weights need not show in the terms: ReLU may make it 0."""
        networks = [*self.model.generators, *self.model.discriminators]
        return [
            f"weights of {network.name}"
            for network in networks
            if not all(
                np.isfinite(v.numpy()).all() for v in network.trainable_variables
            )
        ]

    def _alarms(self, step, logs):
        samples = self.model.draw(self.arrays, self.COMPARED, seed=2)
        likeness = compare(self.model.as_samples(self.real), samples)
        late = step > self.WARM_UP
        collapsed = late and likeness["diversity"] < self.DIVERSITY
        alarms = {"collapse": (collapsed, likeness)}
        if "d_real" in logs:
            real, fake = float(logs["d_real"]), float(logs["d_fake"])
            seen = {"D(x)": round(real, 3), "D(G(z))": round(fake, 3), **likeness}
            sure = fake < self.REJECTS and real > self.ACCEPTS
            chance = real - fake < self.CHANCE
            alarms["D overpowers G"] = sure, seen
            lost = late and chance and likeness["distance"] > self.FAR
            alarms["G overpowers D"] = lost, seen
        return alarms

    def _record(self, step, alarm, values):
        event = {
            "step": step,
            "alarm": alarm,
            "values": values,
            "remedy": REMEDIES[alarm],
        }
        self.events.append(event)
        if self.path:
            with open(self.path, "a") as file:
                file.write(json.dumps(event) + "\n")


REMEDIES = {
    "not finite": "Lower the learning rates, or use a penalty on D.",
    "collapse": "Lower G's learning rate, raise d_steps, or give D a view of the "
    "whole minibatch.",
    "D overpowers G": "Lower d_learning_rate, smooth the real target (0.9), or add "
    "dropout or noise to D.",
    "G overpowers D": "Lower g_learning_rate, or raise d_steps.",
}


MOST_VALUES = 4096


def compare(real, fake) -> dict[str, float]:
    """How samples (m, ...) compare with real ones (n, ...).

    Returns:
        diversity: mean distance between two samples, over that of two real ones.
        distance: the energy distance, over the mean distance of two real ones.
    """
    # Of large samples every k-th value: the ratios need no more.
    stride = max(1, real[0].size // MOST_VALUES)
    x, y = (v.reshape(len(v), -1)[:, ::stride].astype(float) for v in (real, fake))
    between = {"xx": pdist(x).mean(), "yy": pdist(y).mean(), "xy": cdist(x, y).mean()}
    scale = between["xx"] or 1.0
    energy = 2 * between["xy"] - between["xx"] - between["yy"]
    return {
        "diversity": round(float(between["yy"] / scale), 3),
        "distance": round(float(energy / scale), 3),
    }
