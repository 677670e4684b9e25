import numpy as np
import pytest

from ganzoo.data import load_data
from ganzoo.data.shapes import SHAPES


@pytest.fixture(scope="module")
def shapes():
    return load_data("voxel_shapes", split="test")


def test_are_voxels_with_every_class_as_often(shapes):
    real, label = shapes.arrays["real"], shapes.arrays["label"]
    assert real.shape == (1000, 32, 32, 32, 1)
    assert np.unique(real).tolist() == [0, 255]
    assert shapes.class_names == tuple(SHAPES)
    counts = np.bincount(label)
    assert len(counts) == len(SHAPES) and np.ptp(counts) <= 1


def test_each_stands_on_the_floor_in_the_middle(shapes):
    filled = shapes.arrays["real"][..., 0] > 0
    assert filled[..., 0].any(axis=(1, 2)).all()  # z = 0
    for axis in (1, 2):
        outside = tuple({1, 2, 3} - {axis})
        along = filled.any(axis=outside)
        first, last = along.argmax(axis=1), along[:, ::-1].argmax(axis=1)
        assert np.abs(first - last).max() <= 1


def test_no_two_are_the_same_and_splits_differ(shapes):
    train = load_data("voxel_shapes")
    assert len(train) == 4000
    seen = {x.tobytes() for x in train.arrays["real"][:1000]}
    again = sum(x.tobytes() in seen for x in shapes.arrays["real"])
    # Small balls and boxes of whole voxels can meet; most do not.
    assert len(seen) > 900 and again < 150


def test_are_fixed(shapes):
    assert shapes.fingerprint == load_data("voxel_shapes", split="test").fingerprint


@pytest.mark.parametrize(
    "name,volume", [("ball", lambda r: 4 / 3 * np.pi * r**3), ("box", None)]
)
def test_volumes_are_those_of_the_solids(shapes, name, volume):
    rows = shapes.arrays["label"] == shapes.class_names.index(name)
    for filled in shapes.arrays["real"][rows][:10, ..., 0] > 0:
        sides = [np.ptp(np.flatnonzero(filled.any(axis=a))) + 1 for a in _OTHERS]
        expected = volume(sides[2] / 2) if volume else np.prod(sides)
        assert filled.sum() == pytest.approx(expected, rel=0.15 if volume else 0)


_OTHERS = ((1, 2), (0, 2), (0, 1))


def test_one_class_alone():
    chairs = load_data("voxel_shapes", split="test", class_name="chair")
    assert chairs.num_classes == 0 and len(chairs) == 143
    with pytest.raises(ValueError, match="Did you mean 'chair'.*Allowed: ball, box"):
        load_data("voxel_shapes", class_name="chairs")
    with pytest.raises(ValueError, match="It takes none"):
        load_data("swiss_roll", class_name="chair")


def test_a_model_of_another_rank_is_refused_at_build():
    import ganzoo

    with pytest.raises(ValueError, match="`image_shape` must be .D, H, W, C."):
        ganzoo.build("3dgan", image_shape=(28, 28, 1))
