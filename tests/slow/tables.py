"""Writes the tables of results from zoo_configs/results: run it after a proof."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "zoo_configs" / "results"


def results() -> str:
    """Every proof in a line."""
    rows = ["| proof | measured | bar | training time |", "|---|---|---|---|"]
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text())
        minutes = ", ".join(f"{s / 60:.1f} min" for s in result["seconds"]) or "-"
        rows.append(
            f"| [{path.stem}](zoo_configs/results/{path.name}) | {result['headline']} "
            f"| {result['bar']} | {minutes} |"
        )
    return "\n".join(rows) + "\n"


def effects() -> str:
    """What each piece does, in numbers of every seed."""
    found = json.loads((RESULTS / "effects.json").read_text())
    head = f"of seeds {', '.join(map(str, found['seeds']))}"
    rows = [f"| claim | measured | {head} | bar | reached |", "|---|---|---|---|---|"]
    for effect in found["measured"].values():
        shown = "; ".join(
            f"{arm} {', '.join(f'{value:.3g}' for value in values)}"
            for arm, values in effect["shown"].items()
        )
        held = effect["seeds that reach the bar"]
        reached = "; ".join(f"{arm} {n} of 3" for arm, n in held.items())
        rows.append(
            f"| {effect['claim']} | {effect['setting']}: {effect['measure']} | {shown} "
            f"| {effect['bar']} | {reached} |"
        )
    return "\n".join(rows) + "\n"


def cost() -> str:
    """ms a step beside the plain step."""
    found = json.loads((RESULTS / "axes_cost.json").read_text())["measured"]
    rows = ["| D or its view | ms a step | over the plain step |", "|---|---|---|"]
    rows += [
        f"| {name} | {row['ms a step']:.0f} | {row['ratio']:.2f} |"
        for name, row in found["rows"].items()
    ]
    return "\n".join(rows) + "\n"


TABLES = {
    "README.md": {"results": results},
    "docs/axes.md": {"effects": effects, "cost": cost},
}


def updated(text: str, mark: str, table: str) -> str:
    """The text with the present table between its marks."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    head, rest = text.split(begin)
    return head + begin + table + end + rest.split(end, 1)[1]


def rewritten(name: str) -> str:
    """A file with its present tables."""
    text = (ROOT / name).read_text()
    for mark, table in TABLES[name].items():
        text = updated(text, mark, table())
    return text


if __name__ == "__main__":
    for name in TABLES:
        (ROOT / name).write_text(rewritten(name))
