"""README's table is what the recorded results say."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_table_is_generated_from_the_results():
    tables = runpy.run_path(str(ROOT / "tests" / "slow" / "tables.py"))
    readme = (ROOT / "README.md").read_text("utf-8")
    assert tables["updated"](readme) == readme, "run: python tests/slow/tables.py"
