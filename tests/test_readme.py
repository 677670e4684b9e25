"""The tables of README and docs are what the recorded results say."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLES = runpy.run_path(str(ROOT / "tests" / "slow" / "tables.py"))


@pytest.mark.parametrize("page", TABLES["PAGES"])
def test_tables_are_generated_from_the_results(page):
    text = (ROOT / page).read_text("utf-8")
    assert TABLES["updated"](page) == text, "run: python tests/slow/tables.py"
