"""Checkpoint: saves the state of training at intervals."""

import time

import keras

from ganzoo.runs import checkpoint


class Checkpoint(keras.callbacks.Callback):
    """Saves the state of training every `every` steps, or after `minutes`.

    It checks at the end of each interval of the log.
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
