"""Measures what the theory says of latents, noise, smoothing, data and rates.

    GANZOO_RUNS=runs python experiments/theory.py dimension noise smoothing size rates

Targets and seeds were fixed before the runs. Every part writes its figures to
zoo_configs/results/theory_PART.json and, where it has one, its picture to docs/.
"""

import os
import statistics
import sys

import keras
import matplotlib.pyplot as plt
import numpy as np
from experiment import distance, percent, verdict, write_result
from sklearn.datasets import make_swiss_roll
from sklearn.neighbors import NearestNeighbors
from small_trainings import POINTS, train

import ganzoo
from ganzoo.data import load_data
from ganzoo.data.splits import load_parts
from ganzoo.data.toy import MIXTURES
from ganzoo.evaluation.extractors import from_classifier
from ganzoo.evaluation.scorer import Scorer
from ganzoo.metrics import mode_coverage
from ganzoo.networks import mlp
from ganzoo.variants.dcgan import RATES

SEEDS = (0, 1, 2)
COMMAND = "python experiments/theory.py "


def dimension_of(points, k=20):
    """Intrinsic dimension by maximum likelihood (Levina and Bickel 2004), k neighbours.

    The inverse is averaged over the points (MacKay and Ghahramani 2005).
    """
    near = NearestNeighbors(n_neighbors=k + 1).fit(points).kneighbors(points)[0][:, 1:]
    ratios = np.log(near[:, -1:] / np.maximum(near[:, :-1], 1e-12))
    return float(1 / ratios.mean())


def roll(count, seed=0):
    """The swiss roll, a surface (n, 3) in space, within about -1 and 1."""
    return (make_swiss_roll(count, random_state=seed)[0] / 15).astype("float32")


def trained(data, seed, steps, **options):
    """A small GAN of points, trained: 2 x 128 units, batches of 256."""
    nets = {**POINTS, "image_shape": data.shape[1:], **options}
    model = ganzoo.build(
        "vanilla", **nets, learning_rate=1e-3, ema_decay=0.99, seed=seed
    )
    train(model, data, steps, 256, 500)
    return model


def rolls(pictures, path):
    """Draws points of space (n, 3) by name, side by side."""
    figure = plt.figure(figsize=(12, 3.4))
    for place, (name, points) in enumerate(pictures.items(), start=1):
        axes = figure.add_subplot(1, len(pictures), place, projection="3d")
        axes.scatter(*points[:2000].T, s=1, c=points[:2000, 2], cmap="viridis")
        axes.set_title(name.replace(", ", ",\n"), fontsize=11, y=0.95)
        axes.view_init(10, -75)
        axes.set_axis_off()
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def dimension():
    """A latent of d numbers gives a set of at most d dimensions."""
    found, pictures = {}, {"real": roll(5000, seed=1)}
    for size in (1, 2, 3):
        models = [trained(roll(50_000), seed, 4000, latent_dim=size) for seed in SEEDS]
        samples = [model.sample(5000, seed=0) for model in models]
        found[f"latent of {size}"] = [dimension_of(x) for x in samples]
        pictures[f"latent of {size}"] = samples[0]
    found["real"] = [dimension_of(pictures["real"])]
    rolls(pictures, "docs/theory_dimension.png")
    missed = max(found["latent of 1"]) > 1.3 or min(found["latent of 2"]) < 1.5
    shown = "; ".join(
        f"{name}: {', '.join(f'{value:.2f}' for value in values)}"
        for name, values in found.items()
    )
    write_result(
        "theory_dimension",
        config="vanilla_ring8",
        command=COMMAND + "dimension",
        headline=f"{verdict(missed)}intrinsic dimension of samples of the swiss roll "
        f"in space: {shown}",
        target="at most 1.3 from a latent of 1 number, at least 1.5 from 2, each seed",
        measured=found,
        note="vanilla, 2 x 128 units, 4,000 steps of 256; maximum likelihood with 20 "
        "neighbours, 5,000 samples",
    )


def noise():
    """Noise in G's hidden layers, and a part of the latent that enters late."""
    arms = {
        "latent of 1": {"latent_dim": 1},
        "latent of 1, noise 0.1 in hidden layers": {
            "latent_dim": 1,
            "hidden_noise": 0.1,
        },
        "latent of 2": {"latent_dim": 2},
        "latent of 2, one enters at the second layer": {
            "latent_dim": 2,
            "latent_to_hidden": 1,
        },
    }
    ring8 = load_data("ring8").arrays["real"]
    dimensions, modes, pictures = {}, {}, {}
    for name, options in arms.items():
        models = [trained(roll(50_000), seed, 4000, **options) for seed in SEEDS]
        samples = [model.sample(5000, seed=0) for model in models]
        dimensions[name] = [dimension_of(x) for x in samples]
        pictures[name] = samples[0]
        models = [trained(ring8, seed, 4000, **options) for seed in SEEDS]
        modes[name] = [
            mode_coverage(x.sample(2500, seed=0), *MIXTURES["ring8"])["modes"]
            for x in models
        ]
    shown = "; ".join(
        f"{name}: dimension {', '.join(f'{x:.2f}' for x in dimensions[name])}, "
        f"{'/'.join(map(str, modes[name]))} of 8 modes"
        for name in arms
    )
    rolls(pictures, "docs/theory_noise.png")
    plain, noisy, *_ = dimensions.values()
    missed = min(noisy) <= max(plain)
    write_result(
        "theory_noise",
        config="vanilla_ring8",
        command=COMMAND + "noise",
        headline=verdict(missed) + shown,
        target="with noise in hidden layers, a latent of 1 number gives a set of more "
        "dimensions than without, on each seed",
        measured={"dimension": dimensions, "modes of ring8": modes},
        note="vanilla, 2 x 128 units; the roll in space and ring8, 4,000 steps "
        "of 256 each",
    )


def smoothing():
    """A spurious mode holds its samples under two-sided smoothing, not under one-sided.

    D alone learns, of fixed fakes: 70% at the ring's modes, 30% at the centre, where
    no data is. D* = (a p_data + b p_model) / (p_data + p_model) for the targets a and
    b (Salimans et al. 2016, arXiv 1606.03498, section 3.4).
    """
    targets = {
        "none": (1.0, 0.0),
        "one-sided, 0.7": (0.7, 0.0),
        "two-sided, 0.7 and 0.3": (0.7, 0.3),
    }
    rows = {
        name: [field(*pair, seed) for seed in SEEDS] for name, pair in targets.items()
    }
    figure, places = plt.subplots(1, 3, figsize=(11, 3.2))
    for axes, (name, found) in zip(places, rows.items(), strict=True):
        shown = axes.imshow(
            found[0]["map"], extent=(-1.5, 1.5, -1.5, 1.5), vmin=0, vmax=1
        )
        axes.set_title(f"smoothing: {name}", fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.colorbar(shown, ax=places, label="D(x)", shrink=0.8)
    figure.savefig("docs/theory_smoothing.png", dpi=80)
    centre = {k: [row["centre"] for row in found] for k, found in rows.items()}
    inward = {k: [row["inward"] for row in found] for k, found in rows.items()}
    one, two = centre["one-sided, 0.7"], centre["two-sided, 0.7 and 0.3"]
    missed = max(one) > 0.05 or min(two) < 0.25
    shown = "; ".join(
        f"{k}: D at the spurious mode {', '.join(f'{x:.2f}' for x in centre[k])}, G "
        f"drawn towards it from {percent(inward[k])} of its edge"
        for k in rows
    )
    write_result(
        "theory_smoothing",
        config="vanilla_ring8",
        command=COMMAND + "smoothing",
        headline=verdict(missed) + shown,
        target="at the spurious mode D <= 0.05 by one-sided, >= 0.25 by two-sided",
        measured={"D at the spurious mode": centre, "drawn towards it": inward},
        note="D alone, 2 x 128 units, 2,000 steps of 512; its edge is the circle of 3 "
        "standard deviations, where G descends -log D",
    )


def field(real_target, fake_target, seed, side=61):
    """D's values on a map, at the centre, and where its slope leads at the edge."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    centers = MIXTURES["ring8"][0]

    def ring8(count):
        return centers[rng.integers(8, size=count)] + 0.1 * rng.normal(size=(count, 2))

    real, spurious = ring8(20_000), 0.1 * rng.normal(size=(6000, 2))
    points = np.concatenate([real, ring8(14_000), spurious]).astype("float32")
    wanted = np.repeat([real_target, fake_target], 20_000).astype("float32")
    d = mlp.discriminator((2,), hidden=(128, 128))
    sample = keras.Input((2,))
    judge = keras.Model(sample, d({"sample": sample}))
    judge.compile(
        keras.optimizers.Adam(1e-3), keras.losses.BinaryCrossentropy(from_logits=True)
    )
    judge.fit(points, wanted[:, None], batch_size=512, epochs=25, verbose=0)

    def chance(x):
        return keras.ops.sigmoid(judge(np.asarray(x, "float32"))).numpy()[:, 0]

    ticks = np.linspace(-1.5, 1.5, side)
    grid = np.stack(np.meshgrid(ticks, ticks[::-1]), -1).reshape(-1, 2)
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return {
        "map": chance(grid).reshape(side, side).tolist(),
        "centre": float(chance(spurious).mean()),
        "inward": float(np.mean(chance(0.29 * around) > chance(0.31 * around))),
    }


def size():
    """Quality against the number of training images."""
    counts = (100, 1000, 10_000, 54_000)
    parts = load_parts("mnist", data_dir=os.environ.get("TFDS_DATA_DIR"))
    scorer = Scorer(parts, from_classifier(parts), 10_000)
    rows = {}
    for count in counts:
        rows[count] = []
        for seed in SEEDS:
            few = parts.train.arrays["real"][:count]
            model = ganzoo.build("dcgan", image_shape=(28, 28, 1), seed=seed)
            train(model, few, 468, min(128, count), 117)
            rows[count].append(distance(scorer, model.sample(scorer.n, seed=1)))
    curve(
        "size",
        rows,
        "training images",
        "dcgan by its defaults, MNIST, 468 steps of 128, or of all images",
    )


def rates():
    """Quality against the rate of both players, the ratio of the defaults kept."""
    factors = (0.1, 0.3, 1.0, 3.0, 10.0)
    parts = load_parts("digits")
    scorer = Scorer(parts, from_classifier(parts), 10_000)
    rows = {}
    for factor in factors:
        rows[factor] = []
        for seed in SEEDS:
            model = ganzoo.build(
                "dcgan",
                image_shape=(8, 8, 1),
                learning_rate={key: rate * factor for key, rate in RATES.items()},
                seed=seed,
            )
            train(model, parts.train.arrays["real"], 1000, 64, 250)
            rows[factor].append(distance(scorer, model.sample(scorer.n, seed=1)))
    curve("rates", rows, "times the default rates", "dcgan, digits, 1,000 steps of 64")


def curve(part, rows, label, setting):
    """Draws and records the distance against a number, every seed a point."""
    figure, axes = plt.subplots(figsize=(5, 3.4))
    for seed in range(len(SEEDS)):
        axes.plot([*rows], [found[seed] for found in rows.values()], "o", color="C0")
    medians = [statistics.median(found) for found in rows.values()]
    axes.plot([*rows], medians, color="C0")
    axes.set(xscale="log", yscale="log", xlabel=label, ylabel="Frechet distance")
    figure.tight_layout()
    figure.savefig(f"docs/theory_{part}.png", dpi=80)
    shown = "; ".join(
        f"{number:g}: {', '.join(f'{x:.2f}' for x in found)}"
        for number, found in rows.items()
    )
    write_result(
        f"theory_{part}",
        config="dcgan_mnist" if part == "size" else "dcgan_digits",
        command=COMMAND + part,
        headline=f"Frechet distance by {label}: {shown}",
        target="every seed shown; no target",
        measured=rows,
        note=f"{setting}; 10,000 samples, or as many as the test digits; the "
        "classifier's features",
    )


PARTS = {f.__name__: f for f in (dimension, noise, smoothing, size, rates)}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
