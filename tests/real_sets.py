"""The real data sets that lie next to the checkout, where there are any."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared"
SETS = SHARED / "data"


def shared(name):
    """The folder or file of a real data set; skips the test without it."""
    if not (SETS / name).exists():
        pytest.skip(f"the real data are not there: {SETS / name}")
    return SETS / name
