"""The tables of README and docs, and the headlines, are what the results say."""

from pathlib import Path

import pytest
import tables

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", tables.PAGES)
def test_tables_are_generated_from_the_results(page):
    text = (ROOT / page).read_text("utf-8")
    assert tables.updated(page) == text, "run: python experiments/tables.py"


def test_the_headlines_of_describe_are_generated_from_the_results():
    text = tables.HEADLINES.read_text("utf-8")
    assert tables.headlines() == text, "run: python experiments/tables.py"
