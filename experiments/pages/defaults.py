"""Tables of docs/defaults.md, which `python experiments/tables.py` writes.

The scores stand in docs/gallery/runs.json.
"""

from pages.recorded import table
from pages.variants import records, rounded

STEPS = 4690  # ten epochs of MNIST in batches of 128
HEAD = {
    "frechet_distance": "Frechet distance",
    "precision": "precision",
    "recall": "recall",
    "gan_test_accuracy": "class asked for",
}


def ten_epochs_mnist() -> str:
    """Every seed of each variant on MNIST."""
    return ten_epochs("mnist")


def ten_epochs_letters() -> str:
    """The same on letters, which no default was chosen on."""
    return ten_epochs("letters")


def ten_epochs(data) -> str:
    """Scores by seed, the lowest first distance at the top, and those of real data."""
    found = [
        [run, *run["others"]]
        for run in records().values()
        if (run["data"], run["steps"]) == (data, STEPS)
    ]
    found.sort(key=lambda runs: _score(runs[0], "frechet_distance"))
    rows = [
        (
            f"`{runs[0]['variant']}`",
            ", ".join(str(run["seed"]) for run in runs),
            *(_cell(runs, metric) for metric in HEAD),
        )
        for runs in found
    ]
    floors = {row["metric"]: row["floor"] for run, *_ in found for row in run["scores"]}
    real = (_text(metric, floors.get(metric)) for metric in HEAD)
    rows.append(("real data", "", *real))
    return table(("variant", "seeds", *HEAD.values()), rows)


def _score(run, metric):
    """A score of a run; None if it is not among those that were kept."""
    kept = {row["metric"]: row["value"] for row in run["scores"]}
    return kept.get(metric)


def _cell(runs, metric):
    """The scores of all seeds, nothing if no seed has this score."""
    values = [_score(run, metric) for run in runs]
    if all(value is None for value in values):
        return ""
    return ", ".join(_text(metric, value) for value in values)


def _text(metric, value):
    if value is None:
        return "-"
    if metric == "gan_test_accuracy":
        return f"{100 * value:.1f}%"
    return f"{value:.2f}" if value < 1 else rounded(value, 2)
