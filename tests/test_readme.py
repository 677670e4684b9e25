"""The tables of README and docs are what the recorded results say."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLES = runpy.run_path(str(ROOT / "tests" / "slow" / "tables.py"))


@pytest.mark.parametrize("name", TABLES["TABLES"])
def test_table_is_generated_from_the_results(name):
    text = (ROOT / name).read_text("utf-8")
    assert TABLES["updated"](name, text) == text, "run: python tests/slow/tables.py"
