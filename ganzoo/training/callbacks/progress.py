"""Progress: a bar that moves with the steps, or a line per interval."""

import sys
import time

import keras

from ganzoo.utils.progress import Bar


class Progress(keras.callbacks.Callback):
    """Shows step, losses, D(x), D(G(z)), images per second and time left.

    On a terminal or in a notebook it is a bar, which moves with each call of the train
    function and says that the first one compiles. Elsewhere it is a line per interval.

    Args:
        total_steps: steps of the whole run.
        images_per_step: real images that D sees in a step.
        stream: standard error by default.
        bar: the bar to move; by default it makes one.
    """

    SHOWN = {"d_loss": "D", "g_loss": "G", "d_real": "D(x)", "d_fake": "D(G(z))"}

    def __init__(
        self,
        total_steps: int,
        images_per_step: int,
        stream=None,
        bar: Bar | None = None,
    ):
        super().__init__()
        self.total_steps = total_steps
        self.images_per_step = images_per_step
        self.stream = stream or sys.stderr
        self.outer = self.bar = bar

    def on_train_begin(self, logs=None):
        self.first, self.begin = self.model.step, time.perf_counter()
        self.bar = self.outer or Bar(self.total_steps, "steps", stream=self.stream)
        self.bar.begin(self.first, "tracing the step")

    def on_train_batch_end(self, batch, logs=None):
        self.bar.says("training")
        self.bar.to(self.model.step)

    def on_epoch_end(self, epoch, logs=None):
        step = self.model.step
        rate = (step - self.first) / (time.perf_counter() - self.begin)
        terms = [
            f"{label} {logs[name]:.3f}"
            for name, label in self.SHOWN.items()
            if name in logs
        ]
        facts = "  ".join([*terms, f"{rate * self.images_per_step:.0f} img/s"])
        if self.bar.moves:
            self.bar.to(step, facts)
            return
        left = round((self.total_steps - step) / rate)
        bar = "=" * int(20 * step / self.total_steps)
        line = f"{step:>7}/{self.total_steps} [{bar:<20}]  {facts}  "
        line += f"{left // 60}:{left % 60:02d} left"
        print(line, file=self.stream, flush=True)

    def on_train_end(self, logs=None):
        if self.outer is None:
            self.bar.close()
