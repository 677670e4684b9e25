"""Checkpoint: saves the state of training at intervals."""

import time
from collections.abc import Callable, Mapping

import keras

from ganzoo.runs import checkpoint


class Checkpoint(keras.callbacks.Callback):
    """Saves the state of training every `every` steps, or after `minutes`.

    It checks at the end of each interval of the log.

    Args:
        directory: folder of the checkpoints.
        every: steps between them.
        minutes: minutes between them at most.
        run: () -> the arrays of the run that are saved with the model.
    """

    def __init__(
        self,
        directory,
        every: int,
        minutes: float = 10,
        run: Callable[[], Mapping] = dict,
    ):
        super().__init__()
        self.directory = directory
        self.every = every
        self.minutes = minutes
        self.run = run
        self.saved = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        late = time.monotonic() - self.saved > 60 * self.minutes
        if late or self.model.step % self.every == 0:
            checkpoint.save(self.model, self.directory, run=self.run())
            self.saved = time.monotonic()
