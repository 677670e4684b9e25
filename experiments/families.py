"""Generative families on one binarised MNIST: see docs/families.md.

    python experiments/families.py data binarized_mnist.npz
    python experiments/families.py measure binarized_mnist.npz runs/families/runs/*/*
    python experiments/families.py draw binarized_mnist.npz runs/families/runs/*/*

The likelihoods are of the first 2,000 test images, or of as many as TESTED says: those
of ddpm take a call of the network for each of its times.
"""

import os
import sys
from pathlib import Path

import numpy as np
from experiment import mnist, seconds, write_result
from gallery import scores
from pages.recorded import kept

import ganzoo
from ganzoo.models.gan import GAN
from ganzoo.plots.pictures import samples_picture, save_png

SEED = 0
TESTED = int(os.environ.get("TESTED", 2000))
TIMED = 64  # samples
DRAWN = 12  # samples a row
PARTS = {"x_train": "train", "x_test": "test"}


def write_data(path):
    """Draws each grey value of MNIST as black or white, once."""
    rng = np.random.default_rng(SEED)
    arrays = {}
    for key, split in PARTS.items():
        arrays_of = mnist(os.environ.get("TFDS_DATA_DIR"), split).arrays
        grey, labels = arrays_of["real"], arrays_of["label"]
        chance = rng.random(grey.shape, "float32")
        arrays[key] = np.where(chance < grey / np.float32(255), 255, 0).astype("uint8")
        arrays[key.replace("x", "y")] = labels
    np.savez_compressed(path, **arrays)


def draw(path, runs):
    """Writes docs/families.png: the first samples of each run, below real images."""
    rows = {"real": np.load(path)["x_test"][:DRAWN]}
    rows |= {Path(run).parts[-2]: ganzoo.load(run).sample(DRAWN) for run in runs}
    images = np.concatenate(list(rows.values()))
    picture = samples_picture(images, DRAWN, captions=list(rows))
    save_png(picture, Path(__file__).parents[1] / "docs" / "families.png")


def measure(path, runs):
    """Nats of test images and seconds a sample of each run, next to recorded rows."""
    test = np.load(path)["x_test"][:TESTED]
    rows = kept("families")
    for run in runs:
        model = ganzoo.load(run)
        row = {"variant": type(model).__name__, "steps": model.step}
        model.sample(TIMED)
        row["seconds a sample"] = seconds(model.sample, TIMED) / TIMED
        (distance, *_) = scores(Path(run) / "evaluation.json")
        row["Frechet distance"] = distance["value"]
        row["of real data"] = distance["floor"]
        if not isinstance(model, GAN):
            nats = model.log_likelihood(test)
            row["nats"] = float(nats.mean())
            row["test images"] = len(nats)
            row["standard error"] = float(nats.std() / np.sqrt(len(nats)))
        rows[", ".join(Path(run).parts[-2:])] = row
        print(row, flush=True)
    headlines = {
        name.split(",")[0]: f"Frechet distance {row['Frechet distance']:.1f}"
        + (f", {row['nats']:.1f} nats" if "nats" in row else "")
        for name, row in rows.items()
    }
    write_result(
        "families",
        config="made_mnist",
        command="see docs/families.md",
        headline="; ".join(f"{name}: {text}" for name, text in headlines.items()),
        headlines=headlines,
        target="-",
        measured=rows,
    )


if __name__ == "__main__":
    what, path, *runs = sys.argv[1:]
    if what == "data":
        write_data(path)
    else:
        {"measure": measure, "draw": draw}[what](path, runs)
