"""Tables of docs/metrics.md, which `python experiments/tables.py` writes."""

from pages.recorded import measured, table

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
