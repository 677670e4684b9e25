"""Measures the share of failures that alarms name, and of runs that remedies rescue.
python experiments/alarms.py --data_dir=DIR --letters=NPZ --runs RUN... --remedies"""

import argparse
import contextlib
import io
import statistics
import time
from pathlib import Path

import keras
import numpy as np
from experiment import write_result
from pages.recorded import RESULTS, measured
from scipy.ndimage import gaussian_filter

import ganzoo
from ganzoo.data import load_data
from ganzoo.data.splits import load_parts
from ganzoo.runs import pretrained
from ganzoo.runs.directory import read_config
from ganzoo.training.callbacks.health import HealthMonitor, TrainingDiverged, spacing

# --- sets that stand for generators -----------------------------------------------

CHECKS = 3  # a hundred steps apart, each with samples of its own
START = 10_000  # thresholds were chosen with the samples of other steps
LOGS = {"d_real": 0.6, "d_fake": 0.4}


class Standing:
    """A generator that does not train: `draw(n, rng)` makes its samples."""

    generators = discriminators = ()
    checked = 256

    def __init__(self, draw):
        self.draw, self.step = draw, START

    def sample_for(self, data, n, seed):
        return {"real": self.draw(n, np.random.default_rng(seed))}

    def as_samples(self, values):
        return values


def watched(data, draw, likeness=None):
    """The alarms of a generator, the values of its last check, and its CPU ms."""
    monitor = HealthMonitor(data, every=100)
    monitor.likeness = likeness  # of another generator on the same data
    monitor.set_model(Standing(draw))
    monitor.on_train_begin()
    rows, seconds = [], []
    monitor._write = rows.append
    with contextlib.redirect_stderr(io.StringIO()):
        for _ in range(CHECKS):
            monitor.model.step += 100
            begin = time.process_time()
            monitor.on_train_batch_end(0, LOGS)
            seconds.append(time.process_time() - begin)
    names = [event["alarm"] for event in monitor.events]
    return names, rows[-1], 1e3 * statistics.median(seconds), monitor.likeness


def of(images, noise=0.0, blur=0.0):
    """Draws from images, with noise or a blur of so many grey levels or pixels."""

    def draw(n, rng):
        chosen = rng.choice(len(images), n, replace=n > len(images))
        made = images[chosen].astype("float32")
        made = gaussian_filter(made, (0, blur, blur, 0)) if blur else made
        made += noise * rng.standard_normal(made.shape, dtype="float32")
        return np.clip(np.rint(made), 0, 255).astype("uint8")

    return draw


def repeated(images, count, noise, seed):
    """Draws a few images again and again."""
    rows = np.random.default_rng(START + seed).choice(len(images), count, False)
    kept = images[rows]
    drawn = of(np.repeat(kept, 500, axis=0), noise)
    return lambda n, rng: drawn(n, rng)


def collapsed(data):
    """Name, draw and the right alarms of each failure."""
    real, label = data.arrays["real"], data.arrays["label"]
    few, far = {"collapse"}, {"far from the data"}
    for count in (1, 2, 5):
        for seed, noise in enumerate((2, 6, 12)):
            name = f"{count} images, noise {noise}"
            yield name, repeated(real, count, noise, seed), few
    for i, name in enumerate(data.class_names):
        yield f"{name} alone", of(real[label == i]), few
        yield f"{name} lost", of(real[label != i]), few
    shape = real.shape[1:]
    yield "noise", lambda n, rng: rng.integers(0, 256, (n, *shape), "uint8"), far
    yield "grey noise", of(np.full((500, *shape), 128, "uint8"), 40), few | far
    mean = real[:2000].mean(axis=0).astype("uint8")
    yield "mean image", of(np.repeat(mean[None], 500, axis=0), 1), few | far


def healthy(held_out):
    """Name and draw of held-out images, as they are and a little worse."""
    images = held_out.arrays["real"]
    for i, part in enumerate(np.array_split(images, 4 if len(images) > 2000 else 1)):
        yield f"held out, part {i}", of(part)
    for blur in (0.4, 0.6):
        yield f"held out, blur {blur}", of(images, blur=blur)
    for noise in (5, 10, 20):
        yield f"held out, noise {noise}", of(images, noise=noise)


def generators(sources, data_dir):
    """Name, data and draw of trained generators."""
    for source in sources:
        known = str(source) in pretrained.names()
        name, dataset = str(source), str(source).split("_")[-1]
        if not known:
            name = Path(source).name
            dataset = read_config(Path(source))["experiment"]["dataset"]
        data = load_data(dataset, data_dir=data_dir if dataset == "mnist" else None)
        model = ganzoo.load(source)

        def draw(n, rng, data=data, model=model):
            seed = int(rng.integers(2**31))
            return model.sample_for(data, n, seed)["real"]

        yield name, data, draw


def measure_sets(data_dir, letters, runs):
    """A row for each failure and each healthy generator."""
    sets = {"mnist": {"data_dir": data_dir}, letters: {}, "faces": {}, "digits": {}}
    rows, known = [], {}

    def row(data, kind, name, draw, right):
        found = watched(data, draw, known.get(data.fingerprint))
        names, values, ms, known[data.fingerprint] = found
        rows.append(
            {
                "data": Path(data.name).stem,
                "kind": kind,
                "name": name,
                "alarms": names,
                "right": bool(right & set(names)) if right else not names,
                "ms": round(ms, 1),
                "values": values,
            }
        )
        print(rows[-1], flush=True)

    for name, settings in sets.items():
        parts = load_parts(name, **settings)
        for title, draw, right in collapsed(parts.train):
            row(parts.train, "failing", title, draw, right)
        for title, draw in healthy(parts.held_out):
            row(parts.train, "healthy", title, draw, set())
    for title, data, draw in generators([*runs, *pretrained.names()], data_dir):
        row(data, "healthy", title, draw, set())
    return rows


# --- remedies ---------------------------------------------------------------------

SEEDS = range(5)
POINTS = {
    "latent_dim": 2,
    "g_hidden": (64, 64),
    "d_hidden": (64, 64),
    "dropout": 0.0,
    "normalize": False,
}
IMAGES = {"g_hidden": (128, 128), "d_hidden": (128, 128), "dropout": 0.0}
SGD = {**IMAGES, "g_optimizer": "sgd", "d_optimizer": "sgd"}


def rates(g, d, **options):
    return {**options, "learning_rate": {"g": g, "d": d}}


RING, DIGITS = ("ring8", 800), ("digits", 600)  # data set and steps
# Trainings that go well, and those that were made to fail, by the alarms expected.
WELL = [(*RING, rates(1e-3, 1e-3, **POINTS)), (*DIGITS, IMAGES)]
FAILURES = {
    "collapse, G overpowers D": (*RING, rates(1e-1, 1e-3, **POINTS)),
    "not finite": (*DIGITS, rates(1.0, 1.0, loss="least_squares", **SGD)),
    "far from the data": (*DIGITS, rates(1e-5, 1e-5, **IMAGES)),
    "G overpowers D": (*RING, rates(1e-3, 1e-4, **POINTS)),
    "D overpowers G": (*DIGITS, rates(1e-5, 1e-2, **IMAGES)),
}


def scaled(**factors):
    """A remedy that multiplies rates."""

    def remedied(options):
        of = options["learning_rate"]
        return {"learning_rate": {k: of[k] * factors.get(k, 1) for k in of}}

    return remedied


def to(**changes):
    return lambda options: changes


REMEDIES = {
    "collapse, G overpowers D": {
        "g_learning_rate / 10": scaled(g=0.1),
        "g_learning_rate / 100": scaled(g=0.01),
        "d_steps = 5": to(d_steps=5),
        "minibatch = stddev": to(minibatch="stddev"),
    },
    "not finite": {
        "both rates / 10": scaled(g=0.1, d=0.1),
        "penalty r1": to(penalties={"r1": 1.0}),
    },
    "far from the data": {"both rates x 100": scaled(g=100, d=100)},
    "G overpowers D": {
        "d_learning_rate x 10": scaled(d=10),
        "g_learning_rate / 10": scaled(g=0.1),
        "d_steps = 5": to(d_steps=5),
    },
    "D overpowers G": {
        "g_learning_rate x 100": scaled(g=100),
        "d_learning_rate / 10": scaled(d=0.1),
        "real_target = 0.9": to(loss={"name": "non_saturating", "real_target": 0.9}),
        "augment = noise": to(augment="noise"),
    },
}


def trained(dataset, steps, options, seed):
    """The alarms of a training, and the signs at its last check; None if diverged."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    data = load_data(dataset)
    model = ganzoo.build("vanilla", image_shape=data.sample_shape, seed=seed, **options)
    monitor = HealthMonitor(data, every=spacing(steps, 100, model.checks))
    rows = []
    monitor._write = rows.append
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            model.fit(
                {"real": data.arrays["real"]},
                batch_size=64,
                epochs=steps // 100,
                steps_per_epoch=100,
                steps_per_call=10,
                callbacks=[monitor],
                verbose=0,
            )
        signs = [row["signs"] for row in rows if "signs" in row][-1]
    except TrainingDiverged:
        signs = None
    return [event["alarm"] for event in monitor.events], signs


def measure_remedies(known):
    """Yields each training's alarms and last signs over five seeds, by remedy."""
    done = [(row["alarm"], row["remedy"], row["data"]) for row in known]

    def row(alarm, remedy, dataset, steps, options):
        if (alarm, remedy, dataset) in done:
            return
        found = [trained(dataset, steps, options, seed) for seed in SEEDS]
        yield {
            "alarm": alarm,
            "remedy": remedy,
            "data": dataset,
            "steps": steps,
            "options": options,
            "alarms": [names for names, _ in found],
            "last signs": [signs for _, signs in found],
            "without a sign": sum(signs == [] for _, signs in found),
        }

    for training in WELL:
        yield from row("", "", *training)
    for alarm, (*setting, options) in FAILURES.items():
        yield from row(alarm, "", *setting, options)
        for name, remedied in REMEDIES[alarm].items():
            yield from row(alarm, name, *setting, {**options, **remedied(options)})


# --- what is recorded -------------------------------------------------------------


def record(parts):
    """Writes zoo_configs/results/alarms.json.

    Of the trainings without a remedy, those fail that end with a sign of failure.
    """
    named, false = {}, {}
    for row in parts["sets"]:
        (named if row["kind"] == "failing" else false).setdefault(
            row["data"], []
        ).append(row["right"])
    for row in parts["remedies"]:
        for names, signs in zip(row["alarms"], row["last signs"], strict=True):
            if not row["remedy"] and signs == []:
                false.setdefault("trainings", []).append(not names)
            elif not row["remedy"]:
                named.setdefault("trainings", []).append(bool(names))
    counts = {
        data: {
            "failing": len(named.get(data, ())),
            "named": sum(named.get(data, ())),
            "healthy": len(right),
            "false alarms": len(right) - sum(right),
        }
        for data, right in false.items()
    }
    total = {key: sum(row[key] for row in counts.values()) for key in counts["mnist"]}
    parts["counts"] = {**counts, "all": total}
    shares = total["named"] / total["failing"], total["false alarms"] / total["healthy"]
    missed = "" if shares[0] >= 0.95 and shares[1] <= 0.05 else "MISSED: "
    ms = statistics.median(row["ms"] for row in parts["sets"])
    write_result(
        "alarms",
        command="python experiments/alarms.py --data_dir=... --letters=... --runs ...; "
        "--remedies",
        headline=f"{missed}{total['named']} of {total['failing']} failures named, "
        f"{total['false alarms']} of {total['healthy']} healthy ones; a check takes "
        f"{ms:.0f} CPU ms, samples included",
        target=">= 95% named, <= 5% of the healthy; each printed remedy rescues a seed",
        measured=parts,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data_dir")
    parser.add_argument("--letters")
    parser.add_argument("--runs", nargs="*", type=Path, default=[])
    parser.add_argument("--remedies", action="store_true")
    args = parser.parse_args()
    kept = measured("alarms") if (RESULTS / "alarms.json").exists() else {}
    parts = {"sets": kept.get("sets", []), "remedies": kept.get("remedies", [])}
    if args.letters:
        parts["sets"] = measure_sets(args.data_dir, args.letters, args.runs)
        record(parts)
    for row in measure_remedies(parts["remedies"]) if args.remedies else ():
        print(row, flush=True)
        parts["remedies"].append(row)
        record(parts)  # every row, so that a run that is cut off counts


if __name__ == "__main__":
    main()
