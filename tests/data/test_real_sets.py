import numpy as np
import pytest
from real_sets import SETS

from ganzoo.data import load_data

pytestmark = pytest.mark.skipif(
    not SETS.is_dir(), reason="needs the real sets in ../shared/data"
)


def test_facades_folder_by_split():
    data = load_data(SETS / "facades", split="test")
    assert data.arrays["real"].shape == (40, 256, 512, 3)
    assert data.num_classes == 0


def test_horse2zebra_folder():
    data = load_data(SETS / "horse2zebra_128/testA", image_size=64)
    assert data.arrays["real"].shape == (120, 64, 64, 3)


def test_modelnet_voxels():
    data = load_data(SETS / "modelnet10_vox32.npz", split="test")
    assert data.arrays["real"].shape == (901, 32, 32, 32, 1)
    assert np.unique(data.arrays["real"]).tolist() == [0, 255]
    assert data.num_classes == 10


def test_super_resolution_folder_differs_in_size():
    with pytest.raises(ValueError, match="give image_size"):
        load_data(SETS / "sr/T91")
