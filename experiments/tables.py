"""Writes the tables of README and docs from zoo_configs/results.

    python experiments/tables.py  # after every experiment

A table stands between `<!-- NAME -->` and `<!-- /NAME -->`: NAME is the function that
writes it. The headlines that `ganzoo.describe` shows, by variant, are written to
zoo_configs/results.json.
"""

import json
from pathlib import Path

from pages import (
    alarms,
    axes,
    comparisons,
    defaults,
    metrics,
    performance,
    published,
    replicas,
    theory,
    translation,
    variants,
)
from pages.recorded import RESULTS, recorded, table

ROOT = Path(__file__).parents[1]


def results() -> str:
    """Every recorded experiment in a line."""
    rows = []
    for path in sorted(RESULTS.glob("*.json")):
        result = recorded(path.stem)
        link = f"[{path.stem}](../zoo_configs/results/{path.name})"
        rows.append((link, result["headline"], result["target"]))
    return table(("experiment", "measured", "target"), rows)


# One for each promise of README, misses included.
SELECTED = (
    "sgan_mnist_100",
    "stacked_mnist_wgan_gp",
    "vanilla_ring8",
    "vanilla_mnist_paper",
    "cdcgan_mnist",
    "equality",
)


def selected() -> str:
    """README's six rows."""
    rows = []
    for name in SELECTED:
        result = recorded(name)
        link = f"[{name}](zoo_configs/results/{name}.json)"
        rows.append((link, result["headline"], result["target"]))
    return table(("experiment", "measured", "target"), rows)


PAGES = {
    "README.md": [variants.variants, selected],
    "docs/results.md": [results, comparisons.digits],
    "docs/defaults.md": [defaults.ten_epochs_mnist, defaults.ten_epochs_letters],
    "docs/guides/alarms.md": [alarms.named, alarms.remedies],
    "docs/axes.md": [axes.effects, axes.axes_cost, axes.axes_peer],
    "docs/theory.md": [theory.theory],
    "docs/published.md": [published.figures],
    "docs/translation.md": [translation.translations],
    "docs/guides/maps.md": [translation.maps, translation.maps_back],
    "docs/guides/flood.md": [translation.flood],
    "docs/guides/unpaired.md": [translation.ink, translation.glasses],
    "docs/metrics.md": [
        metrics.sense,
        metrics.labels,
        metrics.augmentations,
        metrics.anomalies,
    ],
    "docs/performance.md": [
        performance.targets,
        performance.first_minute,
        performance.race,
        performance.peers,
        performance.profile,
        performance.gpu_steps,
        performance.peers_gpu,
        performance.growth,
        performance.files,
        performance.sampling,
        performance.scoring,
        performance.overhead,
    ],
    "docs/replicas.md": [
        replicas.equality,
        replicas.covering,
        replicas.resume,
        replicas.kills,
        replicas.lost,
        replicas.stops,
        replicas.cost,
        replicas.profile,
        replicas.saving,
        replicas.traffic,
        replicas.scaling,
        replicas.bandwidth,
        replicas.local_statistics,
    ],
}


def updated(page: str) -> str:
    """The text of a page with its present tables between their marks."""
    text = (ROOT / page).read_text("utf-8")
    for write in PAGES[page]:
        begin, end = f"<!-- {write.__name__} -->\n", f"<!-- /{write.__name__} -->"
        head, rest = text.split(begin)
        try:
            lines = write()
        except FileNotFoundError as error:
            if Path(error.filename).parent != RESULTS:
                raise  # a page that lost its words would lose its table, too
            lines = "Not measured yet.\n"
        text = head + begin + lines + end + rest.split(end, 1)[1]
    return text


HEADLINES = RESULTS.with_suffix(".json")


def headlines() -> str:
    """The content of zoo_configs/results.json: what was measured of each variant."""
    of_variants = {}
    for path in sorted(RESULTS.glob("*.json")):
        result = recorded(path.stem)
        if "experiment" in result:
            texts = {"headline": result["headline"], "target": result["target"]}
            variant = result["experiment"]["model"]
            of_variants.setdefault(variant, {})[path.stem] = texts
        for variant, headline in result.get("headlines", {}).items():
            texts = {"headline": headline, "target": result["target"]}
            of_variants.setdefault(variant, {})[path.stem] = texts
    return json.dumps(of_variants, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    HEADLINES.write_text(headlines(), "utf-8")
    for page in PAGES:
        (ROOT / page).write_text(updated(page), "utf-8")
