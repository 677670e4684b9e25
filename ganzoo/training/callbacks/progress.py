"""Progress: one line on the terminal, updated during training."""

import sys
import time

import keras


class Progress(keras.callbacks.Callback):
    """Prints one line: step, losses, D(x), D(G(z)), images per second, time left."""

    SHOWN = {"d_loss": "D", "g_loss": "G", "d_real": "D(x)", "d_fake": "D(G(z))"}

    def __init__(self, total_steps: int, images_per_step: int, stream=None):
        super().__init__()
        self.total_steps = total_steps
        self.images_per_step = images_per_step
        self.stream = stream or sys.stderr

    def on_train_begin(self, logs=None):
        self.first, self.begin = self.model.step, time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        step = self.model.step
        rate = (step - self.first) / (time.perf_counter() - self.begin)
        left = round((self.total_steps - step) / rate)
        terms = "  ".join(
            f"{label} {logs[name]:.3f}"
            for name, label in self.SHOWN.items()
            if name in logs
        )
        bar = "=" * int(20 * step / self.total_steps)
        line = (
            f"{step:>7}/{self.total_steps} [{bar:<20}]  {terms}  "
            f"{rate * self.images_per_step:.0f} img/s  "
            f"{left // 60}:{left % 60:02d} left"
        )
        end = "\n"
        if self.stream.isatty():
            line = f"\r\x1b[K{line}"
            end = "" if step < self.total_steps else "\n"
        print(line, end=end, file=self.stream, flush=True)
