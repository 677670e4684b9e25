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


@pytest.mark.parametrize("folder", ["ganzoo", "docs"])
def test_a_test_that_is_named_exists(folder):
    files = [
        p for p in (ROOT / folder).rglob("*.*") if p.suffix in (".py", ".md", ".toml")
    ]
    named = {
        (name, path.name)
        for path in files
        for name in re.findall(
            r"\b(?:tests|experiments)/[\w/]+\.py", path.read_text("utf-8")
        )
    }
    assert not {(name, path) for name, path in named if not (ROOT / name).exists()}
    assert named
