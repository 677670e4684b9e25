"""Shared by the experiments: seeded runs that resume, and results that are recorded.

    GANZOO_RUNS=runs pytest -n0 -m slow tests/slow

Runs live under the folder that GANZOO_RUNS names (default: runs): an interrupted
experiment resumes, and one whose runs are finished only measures.
"""

import dataclasses
import json
import os
import platform
import re
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from pages.recorded import RESULTS
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

import ganzoo
from ganzoo.data import load_data
from ganzoo.data.dataset import Data
from ganzoo.runs.config_files import load_config
from ganzoo.runs.experiment import from_dict
from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks.health import read_health

RUNS = Path(os.environ.get("GANZOO_RUNS", "runs"))


def flat(images):
    """Pixels in [0, 1], one image a row."""
    return images.reshape(len(images), -1) / np.float32(255)


def trained(
    config, data_dir=None, options=None, dataset=None, init_from=None, **changes
):
    """Trains a config, or resumes; returns (model, run directory, CPU seconds).

    Args:
        config: its name.
        data_dir: the folder of its TFDS set, instead of the config's.
        options: options of the variant, instead of the config's.
        dataset: its data set, instead of the config's.
        init_from: the run that it starts from, instead of the config's.
        **changes: fields of the experiment, instead of the config's.
    """
    values = {**load_config(config), **changes}
    values["options"] = {**values.get("options", {}), **(options or {})}
    places = {"data_dir": data_dir, "dataset": dataset, "init_from": init_from}
    values |= {name: str(path) for name, path in places.items() if path is not None}
    experiment = from_dict(values)
    differing = sorted({**changes, **(options or {})}.items())
    suffix = "".join(f"_{key}{value}" for key, value in differing)
    suffix = re.sub(r"[^\w.]+", "-", suffix)
    run = RUNS / (config + suffix)
    model = ganzoo.train(experiment, run, progress=False)
    return model, run, read_rows(run / "metrics.jsonl")[-1].get("cpu_seconds")


def untrained(config, image_shape, seed=0):
    """The model of a config as it starts, for samples of `image_shape`."""
    values = load_config(config)
    options = values.get("options", {})
    keras.utils.set_random_seed(seed)
    return ganzoo.build(values["model"], image_shape=image_shape, seed=seed, **options)


def verdict(missed):
    """Begins a headline: with nothing, or with the targets that were missed.

    Args:
        missed: names of the missed targets, or True if the only one was missed.
    """
    if not missed:
        return ""
    named = f" ({', '.join(missed)})" if isinstance(missed, list) else ""
    return f"MISSED{named}: "


def record(
    name,
    config,
    *,
    headline,
    target,
    measured,
    seconds=(),
    note="",
    published="",
    reference="",
):
    """Writes the measurements to zoo_configs/results/NAME.json.

    Args:
        name: the experiment, which `test_NAME` runs.
        config: the config that was trained.
        headline: the figures in a line, for README's table.
        target: the target, fixed before the run.
        measured: all figures, every seed.
        seconds: CPU seconds of each training; None of a run that did not count them.
        note: what a reader must know, above all what was cut.
        published: the figure of the paper, with its budget; see docs/published.md.
        reference: the figure of real data, or of an untrained model.
    """
    write_result(
        name,
        config=config,
        command=f"pytest -m slow tests/slow -k test_{name}",
        experiment=dataclasses.asdict(from_dict(load_config(config))),
        headline=headline,
        target=target,
        measured=measured,
        cpu_seconds=[s and round(s) for s in seconds],
        note=note,
        published=published,
        reference=reference,
    )


def write_result(name, **what):
    """Writes zoo_configs/results/NAME.json, with the versions that it came from."""
    result = {
        **what,
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    RESULTS.mkdir(exist_ok=True)
    # JSON has no infinity and no NaN: they are words there.
    plain = json.loads(json.dumps(result, default=float), parse_constant=str)
    (RESULTS / f"{name}.json").write_text(json.dumps(plain, indent=2) + "\n")


def check_digits(config, least_right=None, note=""):
    """Trains a config of the 8x8 digits, records and checks its samples.

    Args:
        config: the config; the experiment has its name.
        least_right: for a conditional model, the least share of samples that show
            the requested digit.
        note: cuts and conditions that a reader must know.
    """
    model, run, seconds = trained(config)
    data, held_out = load_data("digits"), load_data("digits", split="test")
    requested = np.arange(2000) % 10
    samples = model.sample(
        2000, seed=0, label=None if least_right is None else requested
    )
    answered = nearest_neighbour(data).predict(flat(samples))
    portions, right = shares(answered), float(np.mean(answered == requested))
    search = NearestNeighbors(n_neighbors=1).fit(flat(data.arrays["real"]))
    near = {
        "samples": search.kneighbors(flat(samples))[0],
        "held-out digits": search.kneighbors(flat(held_out.arrays["real"]))[0],
    }
    medians = {key: float(np.median(values)) for key, values in near.items()}
    passed = {
        "classes": sum(share > 0.01 for share in portions) >= 8
        and max(portions) <= 0.3,
        "distance": medians["samples"] >= medians["held-out digits"],
        "label": least_right is None or right >= least_right,
        "alarms": not alarms(run),
    }
    headline = (
        f"classes {percent([min(portions)])} to {percent([max(portions)])}; median "
        "distance "
        f"to the training set {medians['samples']:.2f}, of held-out digits "
        f"{medians['held-out digits']:.2f}"
    )
    target = "8 of 10 classes, none over 30%; no nearer to the training set than real"
    target += "; no alarm"
    measured = {
        "class shares of 2,000 samples": portions,
        "distance to the training set (quantiles 5%, 25%, 50%, 75%)": {
            key: np.quantile(values, [0.05, 0.25, 0.5, 0.75]).tolist()
            for key, values in near.items()
        },
        "alarms": alarms(run),
    }
    if least_right is not None:
        headline += f"; {percent([right])} show the requested digit"
        target += f"; >= {percent([least_right])} show the requested digit"
        measured["the requested digit, by 1-NN"] = right
    for alarm in sorted({row["alarm"] for row in alarms(run)}):
        headline += f"; alarm: {alarm}"
    missed = [name for name, reached in passed.items() if not reached]
    record(
        config,
        config,
        headline=verdict(missed) + headline,
        target=target,
        measured=measured,
        seconds=[seconds],
        note=note,
    )
    assert not missed


def alarms(run):
    """Alarms of the health monitor in a run."""
    return read_health(run)[0]


def nearest_neighbour(data):
    """A 1-NN classifier fitted on real training images; independent of any GAN."""
    return KNeighborsClassifier(1).fit(flat(data.arrays["real"]), data.arrays["label"])


def percent(values):
    """Shares as text: 8.1, 9.9%."""
    return ", ".join(f"{100 * v:.1f}" for v in values) + "%"


def shares(labels):
    """The share of each of ten classes."""
    return (np.bincount(labels, minlength=10) / len(labels)).round(4).tolist()


def distance(scorer, images):
    """Frechet distance of samples, as many as the scorer compares."""
    samples = Data("samples", {"real": images})
    return scorer.score(samples, only=("frechet_distance",))["frechet_distance"]


def seconds(task, *arguments):
    """Seconds of a call."""
    begin = time.perf_counter()
    task(*arguments)
    return time.perf_counter() - begin


def mnist(data_dir, split):
    """MNIST's split, as prepared for TFDS."""
    return load_data("mnist", split=split, data_dir=data_dir)
