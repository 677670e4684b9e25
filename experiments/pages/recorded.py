"""Reads recorded results and writes Markdown tables, for `experiments/tables.py`."""

import json
from pathlib import Path

RESULTS = Path(__file__).parents[2] / "zoo_configs" / "results"


def recorded(name) -> dict:
    """Returns the content of one result file."""
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def measured(name):
    """Returns the measurements of one result file."""
    return recorded(name)["measured"]


def kept(name):
    """Returns the measurements of one result file, none if there is no such file."""
    return measured(name) if (RESULTS / f"{name}.json").exists() else {}


def table(head, rows) -> str:
    """Returns a Markdown table."""
    lines = ["| " + " | ".join(map(str, line)) + " |\n" for line in (head, *rows)]
    return lines[0] + "|---" * len(head) + "|\n" + "".join(lines[1:])
