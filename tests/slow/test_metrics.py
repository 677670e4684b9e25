"""The metrics on real data and at full size.

pytest -m slow tests/slow/test_metrics.py
"""

import numpy as np
import pytest
from experiment import flat, mnist, write_result
from sense import COPIED, EACH, MEANS, ORDERED, REAL, Scorer, k_means, spoiled

from ganzoo import metrics

pytestmark = pytest.mark.slow

COUNT = 2500


def test_metrics_prdc_row():
    """The row that prdc's README prints for two sets of N(0, I): one unseeded draw.

    Draws differ by more than its 0.02, since a few samples in the middle are near to
    many; so the row has to lie among draws, within 0.02.
    """
    draws = []
    for seed in range(5):
        real, fake = np.random.default_rng(seed).standard_normal((2, 10_000, 1000))
        draws.append(metrics.precision_recall(real, fake, k=5))
    published = {
        "precision": 0.477,
        "recall": 0.471,
        "density": 1.056,
        "coverage": 0.974,
    }
    ranges = {k: [f(d[k] for d in draws) for f in (min, max)] for k in published}
    write_result(
        "metrics_prdc",
        command="pytest -m slow tests/slow -k test_metrics_prdc_row",
        headline=", ".join(
            f"{k} {low:.3f} to {high:.3f} ({published[k]})"
            for k, (low, high) in ranges.items()
        ),
        target="the row in prdc's README, in brackets, within 0.02 of five draws",
        measured=draws,
    )
    for name, (low, high) in ranges.items():
        assert low - 0.02 <= published[name] <= high + 0.02, name


def test_metrics_parzen_real(mnist_dir):
    """10,000 real training digits as if a model had drawn them."""
    train, test = (
        flat(mnist(mnist_dir, split).arrays["real"]) for split in ("train", "test")
    )
    samples, validation = train[:10_000], train[50_000:51_000]
    sigma = metrics.parzen_sigma(validation, samples)
    values = metrics.parzen_log_likelihoods(test, samples, sigma)
    mean, error = values.mean(), values.std() / np.sqrt(len(values))
    few = values[:1000]
    write_result(
        "metrics_parzen_real",
        command="pytest -m slow tests/slow -k test_metrics_parzen_real",
        headline=f"{mean:.1f} +- {error:.1f} nats on 10,000 test digits, sigma "
        f"{sigma:.3f}",
        target="238 +- 8 nats for 10,000 real training digits",
        measured={
            "mean": mean,
            "error": error,
            "sigma": sigma,
            "first 1,000 test digits": [few.mean(), few.std() / np.sqrt(1000)],
        },
    )
    assert mean == pytest.approx(238, abs=8)


@pytest.fixture(scope="module")
def sense(mnist_dir):
    train, test = (mnist(mnist_dir, split).arrays for split in ("train", "test"))
    images, labels = train["real"], train["label"]
    reference, held_out = images[:COUNT], images[50_000:51_000]
    scorer = Scorer(reference, held_out, images[10_000:40_000], labels[10_000:40_000])
    sets = spoiled(reference, test["real"], test["label"], COUNT)
    sets[MEANS] = k_means(images[:50_000], COUNT, iterations=4)
    scores = {name: scorer.scores(images) for name, images in sets.items()}
    for name, images in sets.items():
        scores[name]["MS-SSIM of pairs"] = metrics.ms_ssim_diversity(images)
    return scorer.accuracy(test["real"], test["label"]), scores


def test_metrics_sense(sense):
    accuracy, scores = sense
    real = scores[REAL]
    write_result(
        "metrics_sense",
        command="pytest -m slow tests/slow -k test_metrics_sense",
        headline=f"{COUNT:,} test digits against {COUNT:,} training digits: Frechet "
        f"{real['Frechet distance']:.2f}, recall {real['recall']:.3f}, coverage "
        f"{real['coverage']:.3f}, 1-NN {100 * real['1-NN accuracy']:.1f}%",
        target="real test digits best, and worse in order within noise, blur and "
        "dropped "
        "classes (docs/metrics.md)",
        measured={"scores": scores, "accuracy of the classifier": accuracy},
        note="64 principal components of the pixels; not FID. Coverage misses the "
        "target: "
        "slight blur, slight noise and k-means centres score above real digits",
    )
    for name in ("Frechet distance", "kernel distance", "sliced Wasserstein"):
        column = {k: row[name] for k, row in scores.items() if k != COPIED}
        assert min(column, key=column.get) == REAL
        for kind in ORDERED.values():
            values = [column[key] for key in kind]
            assert values == sorted(values), (name, kind)
    for name in ("recall", "coverage"):
        column = {k: row[name] for k, row in scores.items() if k != COPIED}
        values = [column[key] for key in (REAL, *ORDERED["dropped"])]
        assert values == sorted(values, reverse=True), name
    recall = {k: row["recall"] for k, row in scores.items() if k != COPIED}
    assert max(recall, key=recall.get) == REAL
    chance = {key: abs(row["1-NN accuracy"] - 0.5) for key, row in scores.items()}
    assert min(chance, key=chance.get) == REAL
    half = scores["five classes dropped"]
    assert half["precision"] > real["precision"] - 0.03
    assert half["recall"] < real["recall"] - 0.1
    assert half["coverage"] < real["coverage"] - 0.1
    # Where each is fooled.
    assert scores["one digit repeated"]["precision"] == 1
    assert scores[EACH]["classifier score"] > real["classifier score"]
    assert scores[MEANS]["Parzen, nats"] > real["Parzen, nats"]
    assert scores[COPIED]["Frechet distance"] < real["Frechet distance"]
    assert scores[COPIED]["nearer than held-out"] > 0.99
