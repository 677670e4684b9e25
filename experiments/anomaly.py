"""Anomaly scores on MNIST with one digit left out, by bigan's encoder and by a search.

    TFDS_DATA_DIR=... python experiments/anomaly.py [DIGIT ...]

The protocol of EGBAD (Zenati et al. 2018, arXiv 1802.06222; data/mnist.py of their
code): of all 70,000 images but the digit's, 80% train; the rest and all images of the
digit are scored. Their code measures the area under precision and recall; the figures
of AnoGAN and EGBAD by digit are not here, since no table of them was found to cite.
Three seeds of bigan by its defaults; a search in the latents of the same G scores some
of the images, since it takes long. Finished digits and seeds are kept.
"""

import os
import sys

import numpy as np
from experiment import RUNS, mnist, write_result
from pages.recorded import kept
from sklearn.metrics import average_precision_score, roc_auc_score

import ganzoo
from ganzoo.models.anomaly import anomaly_scores
from ganzoo.runs.experiment import Experiment

SEEDS = (0, 1, 2)
STEPS = 468
SEARCHED = 300
SEARCH = {"starts": 2, "steps": 200}
METHODS = ("encoder", "search")


def split(digit):
    """Normal training images, images to score, and which of these are anomalous."""
    data_dir = os.environ.get("TFDS_DATA_DIR")
    both = [mnist(data_dir, part).arrays for part in ("train", "test")]
    images, labels = (
        np.concatenate([arrays[key] for arrays in both]) for key in ("real", "label")
    )
    normal = np.random.default_rng(42).permutation(images[labels != digit])
    cut = int(0.8 * len(normal))
    scored = np.concatenate([normal[cut:], images[labels == digit]])
    return normal[:cut], scored, np.arange(len(scored)) >= len(normal) - cut


def areas(anomalous, scores):
    """Areas under the receiver's curve, and under precision and recall."""
    return {
        "auroc": float(roc_auc_score(anomalous, scores)),
        "auprc": float(average_precision_score(anomalous, scores)),
    }


def measure(digit, seed):
    """Areas of both methods for one digit."""
    normal, scored, anomalous = split(digit)
    path = RUNS / f"mnist_without_{digit}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x_train=normal)
    experiment = Experiment("bigan", dataset=str(path), seed=seed, steps=STEPS)
    run = RUNS / f"bigan_{path.stem}_{seed}"
    model = ganzoo.train(experiment, run, progress=False)
    few = np.random.default_rng(seed).permutation(len(scored))[:SEARCHED]
    found = model.project(scored[few], seed=seed, **SEARCH).latents
    codes = model.encode(scored)
    return {
        "encoder": areas(anomalous, anomaly_scores(model, scored, codes)),
        "search": areas(anomalous[few], anomaly_scores(model, scored[few], found)),
    }


def write(rows):
    """Records the areas by digit and seed."""
    means = {
        method: np.mean(
            [row[method]["auroc"] for by in rows.values() for row in by.values()]
        )
        for method in METHODS
    }
    write_result(
        "anomaly",
        config="bigan_mnist",
        command="python experiments/anomaly.py",
        headline=f"mean AUROC of {len(rows)} digits left out: the encoder of bigan "
        f"{means['encoder']:.3f}, a search in its latents {means['search']:.3f}",
        target="none: no areas of AnoGAN and EGBAD were found as numbers",
        measured=rows,
        note=f"bigan by its defaults, {STEPS} steps on all other digits, seeds "
        f"{', '.join(map(str, SEEDS))}; the search, {SEARCH['starts']} starts of "
        f"{SEARCH['steps']} steps, scores {SEARCHED} images",
    )


def main():
    rows = kept("anomaly")
    for seed in SEEDS:
        for digit in sys.argv[1:] or map(str, range(10)):
            if str(seed) in rows.setdefault(digit, {}):
                continue
            rows[digit][str(seed)] = found = measure(int(digit), seed)
            print(digit, seed, found, flush=True)
            write({key: rows[key] for key in sorted(rows)})


if __name__ == "__main__":
    main()
