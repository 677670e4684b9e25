"""Tables of docs/metrics.md, which `python experiments/tables.py` writes."""

from pages.recorded import kept, measured, table

# Score, decimals, and how far from the best a value is.
SCORES = {
    "Frechet distance": (2, abs),
    "kernel distance": (3, abs),
    "sliced Wasserstein": (3, abs),
    "precision": (3, lambda v: -v),
    "recall": (3, lambda v: -v),
    "density": (2, lambda v: -v),
    "coverage": (3, lambda v: -v),
    "1-NN accuracy": (3, lambda v: abs(v - 0.5)),
    "classifier score": (2, lambda v: -v),
    "class KL": (3, abs),
    "Parzen, nats": (1, lambda v: -v),
    "MS-SSIM of pairs": (3, abs),
    "nearer than held-out": (3, abs),
}


def sense() -> str:
    """Every score of every spoiled set; bold where it is as good as the real set's."""
    scores = measured("metrics_sense")["scores"]
    real = next(iter(scores))
    rows = []
    for name, row in scores.items():
        cells = [name]
        for score, (decimals, badness) in SCORES.items():
            text = f"{row[score]:.{decimals}f}"
            best = badness(scores[real][score])
            fooled = name != real and badness(row[score]) <= best
            cells.append(f"**{text}**" if fooled else text)
        rows.append(cells)
    return table(("set", *SCORES), rows)


def labels() -> str:
    """Scores of the semi-supervised model with and without labels."""
    result = measured("sgan_labels")
    names = {
        "frechet_distance": 2,
        "kernel_distance": 3,
        "precision": 3,
        "recall": 3,
        "density": 2,
        "coverage": 3,
    }
    rows = [
        (
            f"{row['labels']} labels, seed {row['seed']}",
            *(f"{row[name]:.{digits}f}" for name, digits in names.items()),
        )
        for row in result["rows"]
    ]
    real = (f"{result['real data'][name]:.{digits}f}" for name, digits in names.items())
    rows.append(("real test set", *real))
    return table(("sgan on MNIST", *(n.replace("_", " ") for n in names)), rows)


def augmentations() -> str:
    """Accuracy of a classifier on real images, and the gain of each addition."""
    rows, arms = [], []
    for name in ("mnist", "cifar10_jpeg"):
        for count, row in kept(f"augmentation_{name}").items():
            arms = list(row["gains"])
            alone = row["accuracies"]["real alone"]
            gains = (
                f"{100 * gain:+.1f} +- {100 * half:.1f}"
                for gain, half in row["gains"].values()
            )
            rows.append((name, count, f"{sum(alone) / len(alone):.1%}", *gains))
    return table(("data", "labels a class", "real alone", *arms), rows)


# AUROC of a variational autoencoder by digit (Tonnaer 2023, table 3.3, 32 latents).
AUTOENCODER = (0.81, 0.09, 0.92, 0.87, 0.78, 0.86, 0.87, 0.51, 0.89, 0.58)


def anomalies() -> str:
    """Areas of both ways to find a latent, by the digit that training lacked."""
    rows = []
    for digit, by_seed in measured("anomaly").items():
        cells = [digit]
        for method in ("encoder", "search"):
            for area in ("auroc", "auprc"):
                values = [row[method][area] for row in by_seed.values()]
                cells.append(", ".join(f"{value:.2f}" for value in values))
        rows.append([*cells, AUTOENCODER[int(digit)]])
    methods = ("encoder, AUROC", "AUPRC", "search, AUROC", "AUPRC")
    return table(("digit", *methods, "published, AUROC"), rows)
