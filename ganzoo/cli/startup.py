"""The first minute of a training: what stands between a command and a picture."""

import tempfile
import time
from pathlib import Path

from ganzoo.runs.experiment import Experiment


class Clock:
    """Seconds, and seconds of the processor, of one stage after the other.

    The processor's begin with the process, the others with the clock.
    """

    def __init__(self):
        self.stages: dict[str, tuple[float, float]] = {}
        self._last = time.perf_counter(), 0.0

    def mark(self, stage: str) -> None:
        """Ends a stage."""
        now = time.perf_counter(), time.process_time()
        self.stages[stage] = now[0] - self._last[0], now[1] - self._last[1]
        self._last = now


def run(experiment: Experiment) -> dict[str, tuple[float, float]]:
    """Trains until samples are drawn; measures and prints every stage.

    It imports TensorFlow: call it first in a process.

    Args:
        experiment: what is trained, in a folder that is removed.

    Returns:
        By stage, seconds and seconds of the processor.
    """
    clock = Clock()
    clock.mark("Python, command line")
    import keras

    clock.mark("import of TensorFlow and Keras")
    from ganzoo.runs.resolve import resolve
    from ganzoo.training.callbacks.interruption import Halted
    from ganzoo.training.train import train_resolved

    clock.mark("import of ganzoo")
    loaded = resolve(experiment).loaded
    clock.mark("data")

    class Stages(keras.callbacks.Callback):
        """Marks the stages of training; ends it after the second call."""

        def set_model(self, model):
            super().set_model(model)
            clock.mark("building")

        def on_train_begin(self, logs=None):
            clock.mark("pictures before training")

        def on_train_batch_end(self, batch, logs=None):
            if "first call, picture" in clock.stages:
                clock.mark("second call")
                self.steps = self.model.step
                raise Halted
            self.first = self.model.step
            clock.mark("first call, picture")

    watch = Stages()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        train_resolved(experiment, run, False, loaded, callbacks=[watch])
    _print(clock.stages, watch.steps - watch.first)
    return clock.stages


def _print(stages, steps):
    last = "second call"
    rows = {name: pair for name, pair in stages.items() if name != last}
    print(f"{'':<32}{'seconds':>9}{'of the processor':>18}")
    total = [sum(column) for column in zip(*rows.values(), strict=True)]
    for name, (seconds, cpu) in {**rows, "until the picture": total}.items():
        print(f"{name:<32}{seconds:>9.2f}{cpu:>18.2f}")
    seconds, cpu = (value / steps for value in stages[last])
    print(f"{'a step':<32}{seconds:>9.4f}{cpu:>18.4f}")
