"""README and docs: their tables are those of the recorded results."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_tables_are_generated():
    tables = runpy.run_path(str(ROOT / "tests" / "slow" / "tables.py"))
    for name in tables["TABLES"]:
        assert tables["rewritten"](name) == (ROOT / name).read_text(), (
            "run: python tests/slow/tables.py"
        )
