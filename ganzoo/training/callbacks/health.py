"""HealthMonitor: names training failures, with a remedy."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from scipy.spatial.distance import cdist, pdist

from ganzoo.runs.log import drop_after
from ganzoo.utils.progress import tell


class TrainingDiverged(RuntimeError):
    """A term of the losses is no longer finite."""


class HealthMonitor(keras.callbacks.Callback):
    """Names training failures, with the step and a remedy.

    A non-finite term or weight stops training; other alarms are printed, written to
    `health.jsonl` and kept in `events`. An alarm is raised once until its cause is
    gone. This callback must come before those that save.

    Args:
        data: training data, to measure the diversity of real samples.
        workdir: directory of `health.jsonl`; None for no file.
        before: `state` of the run that this one resumes.
    """

    # D rejects nearly all fakes and accepts real samples, so G hardly learns. The other
    # bound allows for a smoothed real target of 0.9.
    REJECTS, ACCEPTS = 0.03, 0.8
    # D cannot tell real from fake: D(x) exceeds D(G(z)) by less than this. If samples
    # resemble the data, this is the equilibrium, not a fault.
    CHANCE = 0.1
    # Energy distance of samples and data (Szekely and Rizzo 2013), as a share of the
    # mean distance between real samples: 0 if they are alike, about 1 for a bad G.
    FAR = 0.2
    # Mean distance between samples, as a share of the distance between real ones. Lost
    # modes or blurred samples leave it far above this.
    DIVERSITY = 0.25
    # Consecutive intervals before an alarm, since a phase may pass.
    PATIENCE = 3
    # Steps before G is checked: it starts far from the data, and nearly constant.
    WARM_UP = 500
    COMPARED = 128

    def __init__(self, data, workdir=None, before: Mapping | None = None):
        super().__init__()
        self.path = Path(workdir) / "health.jsonl" if workdir else None
        rng = np.random.default_rng(0)
        self.data = data
        real = data.arrays["real"]
        rows = rng.choice(len(real), min(self.COMPARED, len(real)), replace=False)
        self.real = real[np.sort(rows)]
        self.counts = {
            alarm: np.asarray((before or {}).get(f"health/{alarm}", 0)).item()
            for alarm in REMEDIES
        }
        self.events = []

    def state(self) -> dict[str, np.ndarray]:
        """The consecutive intervals of each alarm so far, int64 scalars."""
        return {f"health/{k}": np.array(v, "int64") for k, v in self.counts.items()}

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
                tell(
                    f"health: {alarm} at step {step} ({values}). {REMEDIES[alarm]}",
                    sys.stderr,
                )

    def _broken_weights(self):
        """Lists networks with NaN weights, which ReLU may hide as 0 in the terms."""
        networks = [*self.model.generators, *self.model.discriminators]
        return [
            f"weights of {network.name}"
            for network in networks
            if not all(
                np.isfinite(v.numpy()).all() for v in network.trainable_variables
            )
        ]

    def _alarms(self, step, logs):
        samples = self.model.sample_for(self.data, self.COMPARED, seed=2)["real"]
        likeness = compare(self.model.as_samples(self.real), samples)
        late = step > self.WARM_UP
        collapsed = late and likeness["diversity"] < self.DIVERSITY
        alarms = {"collapse": (collapsed, likeness)}
        if "d_real" in logs:
            real, fake = float(logs["d_real"]), float(logs["d_fake"])
            values = {"D(x)": round(real, 3), "D(G(z))": round(fake, 3), **likeness}
            # Where samples are at the data, a D that sees whole batches may well tell
            # them apart: that harms nobody.
            away = likeness["distance"] > self.FAR
            d_wins = away and fake < self.REJECTS and real > self.ACCEPTS
            chance = real - fake < self.CHANCE
            d_loses = late and chance and likeness["distance"] > self.FAR
            alarms["D overpowers G"] = d_wins, values
            alarms["G overpowers D"] = d_loses, values
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
    """Compares samples (m, ...) with real ones (n, ...).

    Returns:
        diversity: mean distance between samples, divided by the mean distance between
            real ones.
        distance: energy distance, divided by the mean distance between real ones.
    """
    # For large samples, every k-th value is enough for the ratios.
    stride = max(1, real[0].size // MOST_VALUES)
    x, y = (v.reshape(len(v), -1)[:, ::stride].astype(float) for v in (real, fake))
    between = {"xx": pdist(x).mean(), "yy": pdist(y).mean(), "xy": cdist(x, y).mean()}
    scale = between["xx"] or 1.0
    energy = 2 * between["xy"] - between["xx"] - between["yy"]
    return {
        "diversity": round(float(between["yy"] / scale), 3),
        "distance": round(float(energy / scale), 3),
    }
