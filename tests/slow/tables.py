"""Writes the tables of README and docs from zoo_configs/results, after a proof."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "zoo_configs" / "results"
# Scores of docs/metrics.md: name, decimals, and how far from the best a value is.
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


def results_table() -> str:
    """The results as a Markdown table."""
    rows = ["| proof | measured | bar | training time |", "|---|---|---|---|"]
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text())
        minutes = ", ".join(f"{s / 60:.1f} min" for s in result["seconds"]) or "-"
        rows.append(
            f"| [{path.stem}](zoo_configs/results/{path.name}) | {result['headline']} "
            f"| {result['bar']} | {minutes} |"
        )
    return "\n".join(rows) + "\n"


def sense_table() -> str:
    """Every score of every spoiled set; bold where it is as good as for real ones."""
    scores = json.loads((RESULTS / "metrics_sense.json").read_text())["measured"]
    scores = scores["scores"]
    real = next(iter(scores))
    rows = ["| set | " + " | ".join(SCORES) + " |", "|---" * (len(SCORES) + 1) + "|"]
    for name, row in scores.items():
        cells = [name]
        for score, (decimals, badness) in SCORES.items():
            text = f"{row[score]:.{decimals}f}"
            fooled = name != real and badness(row[score]) <= badness(
                scores[real][score]
            )
            cells.append(f"**{text}**" if fooled else text)
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


# File -> the mark around its table, and what writes it.
TABLES = {
    "README.md": ("results", results_table),
    "docs/metrics.md": ("sense", sense_table),
}


def updated(name: str, text: str) -> str:
    """The text of a file of `TABLES` with the present table between its marks."""
    mark, table = TABLES[name]
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    head, rest = text.split(begin)
    return head + begin + table() + end + rest.split(end, 1)[1]


if __name__ == "__main__":
    for name in TABLES:
        path = ROOT / name
        path.write_text(updated(name, path.read_text("utf-8")), "utf-8")
