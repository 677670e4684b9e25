"""Samples that the callbacks watch."""

import pytest
from fake_model import RNG


@pytest.fixture
def points():
    return RNG.normal(size=(300, 2)).astype("float32")


@pytest.fixture
def pictures():
    return RNG.integers(0, 256, (64, 4, 4, 1), dtype="uint8")
