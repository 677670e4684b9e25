"""README, CONTRIBUTING and the docs name only files that exist."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGE = (DOCS / "concepts.md").read_text("utf-8")
NAMES = set(re.findall(r"`([\w/]+)\.py:([\w.]+)`", PAGE))


@pytest.mark.parametrize(("module", "name"), sorted(NAMES))
def test_a_name_of_the_walks_exists(module, name):
    path = ".".join(["ganzoo", *module.removesuffix("__init__").strip("/").split("/")])
    value = importlib.import_module(path)
    for part in name.split("."):
        value = getattr(value, part)


PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in DOCS.glob("*.md"))]


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_file_that_is_named_exists(page):
    names = re.findall(r"`([\w/]+\.(?:py|md))`", (ROOT / page).read_text())
    missing = [
        name
        for name in set(names)
        if not (ROOT / name).exists() and not (ROOT / "ganzoo" / name).exists()
    ]
    assert not missing
