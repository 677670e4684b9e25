"""Anomaly scores on MNIST with one digit left out, by bigan's encoder and by a search.

    TFDS_DATA_DIR=... python experiments/anomaly.py [DIGIT ...]

The protocol of EGBAD (Zenati et al. 2018, arXiv 1802.06222; data/mnist.py of their
code): of all 70,000 images but the digit's, 80% train; the rest and all images of the
digit are scored. Their code measures the area under precision and recall; the figures
of AnoGAN and EGBAD by digit are not here, since no table of them was found to cite.
Three seeds; the search, of a dcgan, scores 1,000 images, since it takes long.
"""

import os
import sys

import numpy as np
from experiment import RUNS, mnist, write_result
from sklearn.metrics import average_precision_score, roc_auc_score

import ganzoo
from ganzoo.models.anomaly import anomaly_scores
from ganzoo.runs.config_files import load_config
from ganzoo.runs.experiment import from_dict

SEEDS = (0, 1, 2)
STEPS = {"bigan": 37_440, "dcgan": 4_680}  # 80 and 10 epochs of 468 steps
SEARCHED = 1000


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
    bigan, dcgan = (_trained(name, path, seed) for name in ("bigan", "dcgan"))
    few = np.random.default_rng(seed).permutation(len(scored))[:SEARCHED]
    found = dcgan.project(scored[few], seed=seed).latents
    return {
        "digit": digit,
        "seed": seed,
        "bigan": areas(anomalous, anomaly_scores(bigan, scored, bigan.encode(scored))),
        "search": areas(anomalous[few], anomaly_scores(dcgan, scored[few], found)),
    }


def _trained(variant, path, seed):
    """The model of a config of MNIST, trained on the images of a file."""
    changed = {"dataset": str(path), "seed": seed, "steps": STEPS[variant]}
    experiment = from_dict({**load_config(f"{variant}_mnist"), **changed})
    run = RUNS / f"{variant}_{path.stem}_{seed}"
    return ganzoo.train(experiment, run, progress=False)


def main():
    digits = [int(digit) for digit in sys.argv[1:]] or range(10)
    rows = []
    for digit in digits:
        for seed in SEEDS:
            rows.append(measure(digit, seed))
            print(rows[-1], flush=True)
    means = [
        np.mean([row[method]["auroc"] for row in rows])
        for method in ("bigan", "search")
    ]
    write_result(
        "anomaly",
        config="bigan_mnist",
        command="python experiments/anomaly.py",
        headline=f"mean AUROC of {len(rows)} runs: bigan {means[0]:.3f}, a search in "
        f"dcgan {means[1]:.3f}",
        target="-",
        measured=rows,
    )


if __name__ == "__main__":
    main()
