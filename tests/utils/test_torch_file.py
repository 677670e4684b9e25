"""`experiments/record_published_networks.py` wrote the files of `fixtures` by torch."""

from pathlib import Path

import numpy as np
import pytest
from torch_files import read_tensors

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("name", ["torch_zip", "torch_old"])
def test_both_formats_of_torch(name):
    read = read_tensors(FIXTURES / f"{name}.pth")
    expected = {
        "a.weight": np.arange(54, dtype="float32").reshape(2, 3, 3, 3),
        "turned": np.arange(12, dtype="float32").reshape(3, 4).T,
        "part": np.arange(3, 7, dtype="int32"),
        "half": np.array([0.5, -2], "float16"),
        "count": np.array(7),
        "flag": np.array([True, False]),
    }
    assert list(read) == list(expected)
    for key, array in expected.items():
        assert read[key].dtype == array.dtype
        np.testing.assert_array_equal(read[key], array)
        assert not read[key].flags.writeable


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "none.pth")
