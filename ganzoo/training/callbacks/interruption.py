"""Interruption: stops within an interval of the log, and resumes there."""

from collections.abc import Mapping

import keras
import numpy as np

from ganzoo import distribute


class Halted(Exception):
    """Training ended by request."""


class Interruption(keras.callbacks.Callback):
    """Ends training on request, and carries the sums of the interval over.

    Within an interval it stops after a step, and `state` holds the sums of the log so
    far. At its end all callbacks run first, so this one must be the last.

    Args:
        halt: the request, a `distribute.Halt`.
        every: steps of an interval.
        steps: steps of the whole run.
        before: `state` of the run that this one resumes; empty if it ended between
            intervals.

    Raises:
        Halted: from its methods, when the request is seen.
    """

    def __init__(self, halt, every: int, steps: int, before: Mapping):
        super().__init__()
        self.halt = halt
        self.every = every
        self.steps = steps
        self.before = before

    def on_epoch_begin(self, epoch, logs=None):
        if self._within(self.model):  # Keras has just set the sums to 0
            strategy = self.model.distribute_strategy
            for name, variable in _sums(self.model).items():
                if name in self.before:
                    distribute.set_shares(strategy, variable, self.before[name])
            self.before = {}

    def on_train_batch_end(self, batch, logs=None):
        if self.halt.agreed and self._within(self.model):
            raise Halted

    def on_epoch_end(self, epoch, logs=None):
        if self.halt.agreed:
            raise Halted

    def state(self, model) -> dict[str, np.ndarray]:
        """The sums of an unfinished interval; all workers must call this together."""
        if not self._within(model):
            return {}
        strategy = model.distribute_strategy
        return {
            name: distribute.shares_of(strategy, variable)
            for name, variable in _sums(model).items()
        }

    def _within(self, model):
        return model.step % self.every != 0 and model.step < self.steps


def _sums(model):
    return {"log_total": model.log.total, "log_count": model.log.count}
