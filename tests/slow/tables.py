"""Writes README's table of results from zoo_configs/results: run it after a proof."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- results -->\n", "<!-- /results -->"


def table() -> str:
    """The results as a Markdown table."""
    rows = ["| proof | measured | bar | training time |", "|---|---|---|---|"]
    for path in sorted((ROOT / "zoo_configs" / "results").glob("*.json")):
        result = json.loads(path.read_text())
        minutes = ", ".join(f"{s / 60:.1f} min" for s in result["seconds"]) or "-"
        rows.append(
            f"| [{path.stem}](zoo_configs/results/{path.name}) | {result['headline']} "
            f"| {result['bar']} | {minutes} |"
        )
    return "\n".join(rows) + "\n"


def updated(readme: str) -> str:
    """README with the present table between its marks."""
    head, rest = readme.split(BEGIN)
    return head + BEGIN + table() + END + rest.split(END, 1)[1]


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(updated(path.read_text()))
