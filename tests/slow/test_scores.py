"""Cost of `ganzoo evaluate`, and the best checkpoint on real runs.

GANZOO_RUNS=runs pytest -m slow tests/slow/test_scores.py
"""

import shutil
import time

import numpy as np
import pytest
import tensorflow as tf
from experiment import RUNS, percent, trained, write_result

import ganzoo
from ganzoo.data.decoded_cache import default_dir
from ganzoo.data.splits import load_parts
from ganzoo.evaluation import classifier, extractors
from ganzoo.runs.experiment import from_dict
from ganzoo.runs.log import read_rows

pytestmark = pytest.mark.slow
COMMAND = "pytest -m slow tests/slow/test_scores.py -k "


def test_evaluate_dcgan_mnist(mnist_dir, tmp_path):
    """From an empty cache: the classifier is trained within the time, too."""
    assert not list(default_dir().glob("classifiers/*"))
    run = shutil.copytree(RUNS / "dcgan_mnist", tmp_path / "run")
    seconds, found = [], []
    for _ in range(2):
        begin = time.perf_counter()
        found.append(ganzoo.evaluate(run, data_dir=mnist_dir))
        seconds.append(time.perf_counter() - begin)
    assert found[0] == found[1]
    frechet = found[0].get("frechet_distance")
    write_result(
        "evaluate_mnist",
        command=COMMAND + "dcgan_mnist",
        headline=f"{len(found[0].scores)} scores of dcgan_mnist and of real data in "
        f"{seconds[0]:.0f} s, again in {seconds[1]:.0f} s; Frechet distance "
        f"(classifier) {frechet.value:.2f}, real data {frechet.floor:.2f}",
        target="< 180 s on 2 cores with 10,000 samples; the same numbers again",
        measured={
            "seconds": seconds,
            "notes": found[0].notes,
            "scores": [score.to_dict() for score in found[0].scores],
        },
    )
    assert seconds[0] < 180


def test_extraction_overhead(mnist_dir):
    """Batches, casts and the joining of results, over the network alone."""
    parts = load_parts("mnist", data_dir=mnist_dir)
    extractor = extractors.get("classifier", parts)
    model = classifier.trained(parts.training)
    images = parts.take("test", 10_000).arrays["real"]
    bare = tf.function(lambda batch: model(batch, training=False), autograph=False)
    size = extractors.BATCH
    batches = [tf.constant(images[i : i + size]) for i in range(0, len(images), size)]

    def alone():
        for batch in batches:
            bare(batch)["features"].numpy()

    times = {"extraction": [], "bare forward pass": []}
    for _ in range(12):
        for name, run in (
            ("extraction", lambda: extractor.run(images)),
            ("bare forward pass", alone),
        ):
            begin = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - begin)
    # The first two are warm-up; pairs stand side by side in time.
    ratios = np.divide(times["extraction"], times["bare forward pass"])[2:]
    overhead = float(np.median(ratios) - 1)
    write_result(
        "extraction_overhead",
        command=COMMAND + "overhead",
        headline=f"{percent([overhead])} over the bare forward pass, 10,000 MNIST "
        "images",
        target="< 15%",
        measured={"ratios": ratios.round(4).tolist()},
    )
    assert overhead < 0.15


def test_best_checkpoint(tmp_path):
    """A run whose score gets worse: rates far too high for a tiny batch."""
    experiment = from_dict(
        {
            "model": "dcgan",
            "options": {"learning_rate": 4e-3, "beta_1": 0.9},
            "steps": 600,
            "batch_size": 32,
            "log_every": 50,
            "sample_every": 600,
            "checkpoint_every": 600,
            "evaluate_every": 50,
        }
    )
    run = tmp_path / "run"
    ganzoo.train(experiment, run, progress=False)
    rows = read_rows(run / "scores.jsonl")
    found = ganzoo.evaluate(run)
    last, best = (found.get("frechet_distance", kind) for kind in ("last", "best"))
    write_result(
        "best_checkpoint",
        command=COMMAND + "best",
        headline=f"best at step {best.step} of {last.step}: Frechet distance "
        f"(classifier) {best.value:.1f} on data and latents that it was not chosen by; "
        f"last {last.value:.1f}; real data {last.floor:.1f}",
        target="another step than the last, with a better final score",
        measured={"watched": rows, "last": last.to_dict(), "best": best.to_dict()},
    )
    assert best.step < last.step
    assert best.value < last.value


def test_sgan_with_and_without_labels(mnist_dir):
    """Salimans et al. 2016 and Odena 2016: labels make better samples, too.

    The ablation has the same nets, order of data, budget and losses, and no label.
    """
    rows = []
    for labels in (10, 0):
        for seed in (1, 2, 3)[: 3 if labels else 1]:
            _, run, _ = trained(
                "sgan_mnist_100", mnist_dir, seed=seed, **_changes(labels)
            )
            found = ganzoo.evaluate(run, data_dir=mnist_dir)
            scores = {score.metric: score.value for score in found.scores}
            on_real = {score.metric: score.floor for score in found.scores}
            rows.append({"labels": 10 * labels, "seed": seed, **scores})
    distances = [f"{row['frechet_distance']:.2f}" for row in rows]
    write_result(
        "sgan_labels",
        command=COMMAND + "sgan",
        headline=f"Frechet distance (classifier) with 100 labels "
        f"{', '.join(distances[:3])}, without {distances[3]}; "
        f"real data {on_real['frechet_distance']:.2f}",
        target="with labels it is smaller, on every seed",
        measured={"rows": rows, "real data": on_real},
        note="30 epochs; the classifier that looks at the samples knows all labels",
    )
    assert (
        max(row["frechet_distance"] for row in rows[:3]) < (rows[3]["frechet_distance"])
    )


def _changes(labels):
    """Changes of the config, whose own number of labels is 10 a class."""
    return {} if labels else {"labels_per_class": 0}
