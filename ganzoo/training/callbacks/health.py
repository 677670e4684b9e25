"""HealthMonitor: names training failures, with a remedy."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from scipy.spatial.distance import cdist, pdist

from ganzoo.runs.log import drop_after


class TrainingDiverged(RuntimeError):
    """A term of the losses is no longer finite."""


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
