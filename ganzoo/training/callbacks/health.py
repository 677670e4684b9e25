"""HealthMonitor: names training failures, with a remedy."""

import sys
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from ganzoo.runs.log import append, drop_after, read_rows
from ganzoo.training.callbacks.likeness import LEAST, Likeness
from ganzoo.utils.progress import tell

FILE = "health.jsonl"
RAISED = -1  # count of an alarm that stands, in a checkpoint
FAR_ALARM = "far from the data"


class TrainingDiverged(RuntimeError):
    """A term of the losses is no longer finite."""


class HealthMonitor(keras.callbacks.Callback):
    """Names training failures, with the step and a remedy.

    A non-finite term or weight stops training. Every `every` steps a few hundred
    samples are compared with real ones. A sign of failure becomes an alarm when it has
    lasted for three checks and 300 steps without progress. It is raised once until its
    cause is gone, printed and kept in `events`. `health.jsonl` gets a line for each
    alarm and each check. This callback must come before those that save.

    Args:
        data: training data, to know what samples should be like.
        workdir: directory of `health.jsonl`; None for no file.
        before: `state` of the run that this one resumes.
        every: steps between checks.
    """

    # Samples are all alike: their distance to the nearest other one is below this share
    # of that of real samples.
    REPEATS = 0.25
    # Share of the data that has no samples, while these look like data. Without one of
    # ten classes it is about a tenth; with only one, or a few images, far above.
    MISSED = 0.3
    # Energy distance of samples and data, see `Likeness.of`.
    FAR = 0.3
    # D rejects nearly all fakes and accepts real samples, so G hardly learns. The other
    # bound allows for a smoothed real target of 0.9.
    REJECTS, ACCEPTS = 0.03, 0.8
    # D cannot tell real from fake: D(x) exceeds D(G(z)) by less than this. If samples
    # resemble the data, this is the equilibrium, not a fault.
    CHANCE = 0.1
    # Samples make progress if their distance falls by this share, and by more than it
    # varies from sample to sample.
    PROGRESS, NOISE = 0.1, 0.03
    # Consecutive checks, and steps, before an alarm: a phase may pass. A healthy G may
    # begin with 200 steps that bring its samples no nearer, see docs/guides/alarms.md.
    PATIENCE, STEPS = 3, 300

    def __init__(self, data, workdir=None, before: Mapping | None = None, every=100):
        super().__init__()
        self.path = Path(workdir) / FILE if workdir else None
        self.data = data
        self.every = every
        self.patience = max(self.PATIENCE, -(-self.STEPS // every))
        before = before or {}
        self.counts = {
            alarm: self._count(np.asarray(before.get(f"health/{alarm}", 0)).item())
            for alarm in SIGNS
        }
        # Of the last checks.
        self.distances = np.asarray(before.get("health/distances", ())).tolist()
        self.likeness = None
        self.events = []

    def _count(self, count):
        """A count from before a resume; a longer run checks less often, waits less."""
        if count == RAISED:
            return self.patience
        return count if count <= self.patience else self.patience - 1

    def _is_raised(self, alarm):
        return self.counts[alarm] == self.patience

    def state(self) -> dict[str, np.ndarray]:
        """State of the checks, for the next one and for a resumed run."""
        counts = {
            f"health/{alarm}": np.array(
                RAISED if self._is_raised(alarm) else count, "int64"
            )
            for alarm, count in self.counts.items()
        }
        return {**counts, "health/distances": np.array(self.distances, "float64")}

    def on_train_begin(self, logs=None):
        self.step = self.model.step
        if self.path:
            drop_after(self.path, self.step, sound=_is_row)

    def on_train_batch_end(self, batch, logs=None):
        before, self.step = self.step, self.model.step
        if self.step // self.every > before // self.every:
            self._stop_if_broken(logs)
            if len(self.data) >= LEAST:
                self._check(logs)

    def on_epoch_end(self, epoch, logs=None):
        self._stop_if_broken(logs)

    def _stop_if_broken(self, logs):
        broken = [name for name, value in logs.items() if not np.isfinite(value)]
        broken += self._broken_weights()
        if broken:
            step = self.model.step
            self._record("not finite", {name: "nan or inf" for name in broken})
            raise TrainingDiverged(
                f"{', '.join(broken)} not finite in the interval before step {step}. "
                f"{remedy('not finite')} Checkpoints before it are kept."
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

    def _check(self, logs):
        values = self._values(logs)
        signs, progress = self._signs(values), self._progress(values["distance"])
        for alarm in SIGNS:
            raised, explained = self._is_raised(alarm), self._is_explained(alarm)
            if alarm not in signs or not raised and (progress or explained):
                self.counts[alarm] = 0
            elif not raised:
                # A sign that comes and goes may yet say why samples are far.
                last = alarm != FAR_ALARM or signs == [FAR_ALARM]
                most = self.patience if last else self.patience - 1
                self.counts[alarm] = min(self.counts[alarm] + 1, most)
                if self._is_raised(alarm):
                    self._raise(alarm, values)
        early = self.step < self.patience * self.every
        pending = [
            alarm
            for alarm in signs
            if not self._is_raised(alarm) and not self._is_explained(alarm)
        ]
        self._write({"signs": signs, "judged": not (early or pending), **values})

    def _is_explained(self, alarm):
        """Tells if another alarm that stands says why samples are far from the data."""
        others = [other for other in SIGNS if other != FAR_ALARM]
        return alarm == FAR_ALARM and any(map(self._is_raised, others))

    def _progress(self, distance):
        """Tells if samples came nearer to the data.

        Either this check's are nearer than those of the two before it, or those of the
        last two checks than those of the two before them. The second sees progress
        where G jumps between modes and one check is far again.
        """
        recent = self.distances = [*self.distances, distance][-4:]
        pairs = (recent[-1:], recent[-3:-1]), (recent[-2:], recent[-4:-2])
        falls = [(min(past, default=0.0), max(now)) for now, past in pairs]
        return any(
            past - now > max(self.PROGRESS * past, self.NOISE) for past, now in falls
        )

    def _values(self, logs):
        """Values that tell a failure."""
        if self.likeness is None:
            real, label = self.data.arrays["real"], self.data.arrays.get("label")
            if label is not None and label.dtype.kind == "f":
                label = None  # numbers
            names, model = self.data.class_names, self.model
            self.likeness = Likeness(
                real, label, names, model.as_samples, model.checked
            )
        seed = self.step  # independent samples: chance does not deceive three checks
        samples = self.model.sample_for(self.data, self.likeness.count, seed=seed)
        values = self.likeness.of(samples["real"])
        if "d_real" in logs:
            values["D(x)"] = round(float(logs["d_real"]), 3)
            values["D(G(z))"] = round(float(logs["d_fake"]), 3)
        return values

    def _signs(self, values) -> list[str]:
        few = values["missed"] > self.MISSED or values.get("lost")
        alike = values["repeats"] < self.REPEATS
        # Where samples are at the data, a D that sees whole batches may well tell them
        # apart: that harms nobody.
        far = values["distance"] > self.FAR
        real, fake = values.get("D(x)", 0.5), values.get("D(G(z))", 0.0)
        there = {
            "collapse": alike or values["near"] and few,
            "D overpowers G": far and fake < self.REJECTS and real > self.ACCEPTS,
            "G overpowers D": far and real - fake < self.CHANCE,
            FAR_ALARM: far,
        }
        return [sign for sign in SIGNS if there[sign]]

    def _raise(self, alarm, values):
        self._record(alarm, values)
        tell(
            f"health: {alarm} at step {self.step} ({values}). {remedy(alarm)}",
            sys.stderr,
        )

    def _record(self, alarm, values):
        event = {"alarm": alarm, "values": values, "remedy": remedy(alarm)}
        self.events.append({"step": self.model.step, **event})
        self._write(event)

    def _write(self, row):
        if self.path:
            append(self.path, {"step": self.model.step, **row})


# Of five small trainings that failed this way, how many each change rescued, measured
# by experiments/alarms.py. Changes that rescued none are left out.
RESCUED = {
    "not finite": {"both rates / 10": 3},
    "collapse": {"g_learning_rate / 100": 5},
    "D overpowers G": {"g_learning_rate x 100": 2},
    "G overpowers D": {"g_learning_rate / 100": 5},
    FAR_ALARM: {"both rates x 100": 4},
}
SIGNS = [alarm for alarm in RESCUED if alarm != "not finite"]


def remedy(alarm: str) -> str:
    """Changes that rescued trainings with this alarm, and how many of them."""
    helped = [f"{change} ({count} of 5)" for change, count in RESCUED[alarm].items()]
    return f"Small trainings were rescued by: {', '.join(helped)}."


def spacing(steps: int, interval: int, checks: int) -> int:
    """Steps between `checks` checks of a run, or a tenth of a short one.

    Checks and intervals of the log meet where they can, for more steps per call.
    """
    about = max(10, steps // checks, min(50, steps // 10))
    if about >= interval:
        return about // interval * interval
    fitting = [n for n in range(about // 2 + 1, about + 1) if interval % n == 0]
    return max(fitting, default=about)


def read_health(workdir: Path) -> tuple[list[dict], str]:
    """Reads the alarms of a run and, where there is none, why that says nothing.

    Returns:
        The alarms; and a reason, empty if there is an alarm or the run was judged.
    """
    rows = read_rows(workdir / FILE, sound=_is_row)
    alarms = [row for row in rows if "alarm" in row]
    checks = [row for row in rows if "alarm" not in row]
    if alarms or checks and checks[-1]["judged"]:
        return alarms, ""
    if not checks:
        return [], "no samples were looked at"
    step, signs = checks[-1]["step"], ", ".join(checks[-1]["signs"])
    return [], f"step {step} is too early to judge {signs or 'it'}"


def _is_row(row):
    """Tells if a row is an alarm or a check."""
    if "alarm" in row:
        texts = all(isinstance(row.get(key), str) for key in ("alarm", "remedy"))
        return texts and isinstance(row.get("values"), dict)
    signs = row.get("signs")
    texts = isinstance(signs, list) and all(isinstance(sign, str) for sign in signs)
    return texts and isinstance(row.get("judged"), bool)
