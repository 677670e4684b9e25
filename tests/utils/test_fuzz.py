"""Mutated inputs raise only our own errors, and nothing hangs.

`experiments/fuzz.py` tries many more and records their number.
"""

import numpy as np
import pytest
from fuzzing import KINDS, fuzz, ours

CASES = 15  # inputs of each kind by default


@pytest.mark.parametrize("kind", KINDS)
def test_only_our_errors(kind, tmp_path):
    assert fuzz(kind, tmp_path, CASES) >= CASES // 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_only_our_errors_over_many_inputs(kind, tmp_path):
    assert fuzz(kind, tmp_path, 2000) >= 1000


@pytest.mark.parametrize("error", [TypeError("x"), KeyError("x")])
def test_other_errors_are_not_let_through(error):
    with pytest.raises(type(error)), ours():
        raise error


def test_a_value_error_of_another_library_is_not_ours():
    with pytest.raises(ValueError), ours():
        np.zeros(3).reshape(2)
