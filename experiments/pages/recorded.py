"""What the pages share: the recorded results, and Markdown tables."""

import json
from pathlib import Path

RESULTS = Path(__file__).parents[2] / "zoo_configs" / "results"


def recorded(name) -> dict:
    """The content of one result file."""
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def measured(name):
    """What one result file measured."""
    return recorded(name)["measured"]


def table(head, rows) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(map(str, line)) + " |\n" for line in (head, *rows)]
    return lines[0] + "|---" * len(head) + "|\n" + "".join(lines[1:])
