"""Trains `ganzoo train dcgan --dataset=mnist`, and saves samples every 100 steps.

python experiments/peers/race_ganzoo.py DATA_DIR FOLDER SEED STEPS
"""

import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from ganzoo.runs.experiment import Experiment
from ganzoo.training.train import train_resolved

EVERY, COUNT = 100, 10_000


class Save(keras.callbacks.Callback):
    """Saves samples with the CPU seconds so far, without those of saving."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.saving = folder, 0.0

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step % EVERY:
            return
        now = time.process_time()
        file = Path(self.folder, f"{self.model.step:06}.npz")
        made = self.model.sample(COUNT, seed=1)
        np.savez(file, real=made, seconds=now - self.saving)
        self.saving += time.process_time() - now


def main(data_dir, folder, seed, steps):
    settings = {"dataset": "mnist", "data_dir": data_dir, "seed": int(seed)}
    experiment = Experiment("dcgan", steps=int(steps), **settings)
    with tempfile.TemporaryDirectory() as run:
        train_resolved(experiment, Path(run, "run"), False, callbacks=[Save(folder)])


if __name__ == "__main__":
    main(*sys.argv[1:])
