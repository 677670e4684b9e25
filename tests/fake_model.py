"""A model that the tests of callbacks watch, and data for it."""

import numpy as np

from ganzoo.data import labels
from ganzoo.models.from_noise import LatentModel

HEALTHY = {"d_loss": 1.0, "g_loss": 1.2, "d_real": 0.7, "d_fake": 0.3}
RNG = np.random.default_rng(0)


class FakeModel:
    """Answers the callbacks' questions; its generator makes the samples `made`."""

    generators = discriminators = ()
    checked = 256
    codec = None

    def __init__(self, made, num_classes=0, has_probability=True):
        self.made = made
        self._entry = labels.get(num_classes)
        self.conditional = num_classes > 0
        self.has_probability = has_probability
        self.sample_shape = made.shape[1:]
        self.step = 0
        self.labels = []

    def sample(self, n, *, seed=0, label=None, ema=None):
        self.labels.append(label)
        return self.made[np.arange(n) % len(self.made)]

    def latents(self, n, seed=0):
        return np.zeros((n, 1))

    def _label_input(self, label):
        return {"label": label}

    def _decode(self, latents, conditions, ema, seed):
        return self.sample(len(latents), **conditions)

    sample_keys = ()
    sample_for, gallery = LatentModel.sample_for, LatentModel.gallery

    def as_samples(self, values):
        return values

    def probability_real(self, x, label=None):
        return np.full(len(x), 0.5)


def attach(callback, model):
    callback.set_model(model)
    callback.on_train_begin()
    return callback


def intervals(callback, count, logs=None, length=100):
    """Runs `count` intervals of training with the same logs."""
    for epoch in range(count):
        callback.on_epoch_begin(epoch)
        callback.model.step += length
        callback.on_train_batch_end(0, dict(logs or HEALTHY))
        callback.on_epoch_end(epoch, dict(logs or HEALTHY))
