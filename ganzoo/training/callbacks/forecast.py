"""Forecast: one line on what is trained, and when it will end."""

import os
import time
from pathlib import Path

import keras
import tensorflow as tf

from ganzoo.models.players import parameter_count
from ganzoo.utils.progress import tell
from ganzoo.utils.text import counted

SECONDS = 2.0  # of training that are measured
LONG = 3600.0  # seconds from which the line names what would take less
SMALL = 32  # side of images from which a smaller one is proposed


class Forecast(keras.callbacks.Callback):
    """Prints one line: variant, parameters, device, steps, time, place of pictures.

    The time of a step is measured over the first steps, without the first call, which
    compiles them. A training that is too short for that is described at its end.

    Args:
        name: name of the variant.
        total_steps: steps of the whole run.
        batch_size: real samples per D update.
        workdir: run directory.
    """

    def __init__(self, name: str, total_steps: int, batch_size: int, workdir):
        super().__init__()
        self.name = name
        self.total_steps = total_steps
        self.batch_size = batch_size
        self.pictures = Path(workdir) / "samples"
        self.first = None
        self.said = False

    def on_train_batch_end(self, batch, logs=None):
        if self.said:
            return
        step, now = self.model.step, time.perf_counter()
        if self.first is None:
            self.first = step, now
        elif now - self.first[1] >= SECONDS and step < self.total_steps:
            self._say((now - self.first[1]) / (step - self.first[0]))

    def on_train_end(self, logs=None):
        if not self.said and self.model.step >= self.total_steps:
            self._say(None)

    def _say(self, seconds):
        self.said = True
        parts = [
            f"{self.name}: {_parameters(self.model)}",
            device(),
            f"{self.total_steps:,} steps of {self.batch_size}{self._time(seconds)}",
            f"pictures in {self.pictures}",
        ]
        tell("; ".join(parts))

    def _time(self, seconds):
        if seconds is None:
            return ""
        left = seconds * (self.total_steps - self.model.step)
        end = time.strftime("%a %H:%M", time.localtime(time.time() + left))
        text = f", {duration(seconds)} each, {duration(left)} left, until {end}"
        return text + (f" ({self._shorter()} would take less)" if left > LONG else "")

    def _shorter(self):
        ways = [] if tf.config.list_physical_devices("GPU") else ["a GPU"]
        shape = self.model.sample_shape
        if len(shape) == 3 and min(shape[:2]) > SMALL:
            ways.append(f"--image_size={min(shape[:2]) // 2}")
        return ", ".join([*ways, "fewer --steps"])


def _parameters(model):
    players = {"G": model.generators, "D": model.discriminators}
    counts = [
        f"{name} {parameter_count(networks):,}"
        for name, networks in players.items()
        if networks
    ]
    return f"{' and '.join(counts)} parameters"


def device() -> str:
    """Names what TensorFlow computes on."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"CPU with {counted(len(os.sched_getaffinity(0)), 'core')}"
    details = tf.config.experimental.get_device_details(gpus[0])
    return f"{len(gpus)} x {details.get('device_name', 'GPU')}"


def duration(seconds: float) -> str:
    """Writes a duration: 8.12 ms, 0.213 s, 14.2 min, 3.52 h."""
    for least, unit, size in ((3600, "h", 3600), (100, "min", 60), (0.1, "s", 1)):
        if seconds >= least:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1000:.3g} ms"
