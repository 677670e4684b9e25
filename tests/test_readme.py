"""The tables of README and docs are what the recorded results say."""

from pathlib import Path

import pytest
import tables

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", tables.PAGES)
def test_tables_are_generated_from_the_results(page):
    text = (ROOT / page).read_text("utf-8")
    assert tables.updated(page) == text, "run: python experiments/tables.py"
