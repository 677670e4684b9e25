from pathlib import Path

import numpy as np
import pytest

from ganzoo.data import load_data

SHARED = Path(__file__).parents[2].parent / "shared/data"
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="needs the real sets in ../shared/data"
)


def test_facades_folder_by_split():
    data = load_data(SHARED / "facades", split="test")
    assert data.arrays["real"].shape == (40, 256, 512, 3)
    assert data.num_classes == 0


def test_horse2zebra_folder():
    data = load_data(SHARED / "horse2zebra_128/testA", image_size=64)
    assert data.arrays["real"].shape == (120, 64, 64, 3)


def test_modelnet_voxels():
    data = load_data(SHARED / "modelnet10_vox32.npz", split="test")
    assert data.arrays["real"].shape == (901, 32, 32, 32, 1)
    assert np.unique(data.arrays["real"]).tolist() == [0, 255]
    assert data.num_classes == 10


def test_super_resolution_folder_differs_in_size():
    with pytest.raises(ValueError, match="give image_size"):
        load_data(SHARED / "sr/T91")
