"""docs/safety.md names the floor of every dependency, and what decides it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_floor_is_held_against_advisories():
    text = (ROOT / "setup.py").read_text()
    listed = text.split("install_requires=[")[1].split("]")[0]
    for extra in ("HEIC", "HUB", "TABLES"):  # what reads files from outside
        listed += re.search(rf"^{extra} = \[(.*)\]", text, re.MULTILINE)[1]
    floors = dict(re.findall(r'"([\w-]+)(?:>=([\d.]+))?', listed))
    page = (ROOT / "docs/safety.md").read_text()
    row = r"^\| ([\w-]+)(?:, extra `\w+`)? \| ([\d.]+|none) \| "
    table = dict(re.findall(row, page, re.MULTILINE))
    named = {name.lower(): floor for name, floor in table.items()}
    for name, floor in floors.items():
        assert named[name] == (floor or "none") or float(named[name]) == float(floor)
    assert len(floors) == 18
