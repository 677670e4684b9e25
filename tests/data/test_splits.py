import numpy as np
import pytest

from ganzoo.data.dataset import Data
from ganzoo.data.splits import SIXTHS, Parts, load_parts


def numbered(count, offset=0):
    real = np.arange(offset, offset + count, dtype="float32")
    return Data("numbers", {"real": np.repeat(real[:, None], 2, 1)})


def rows(parts, name, n=None):
    size = parts.size(name) if n is None else n
    return parts.take(name, size).arrays["real"][:, 0].astype(int).tolist()


def test_parts_are_disjoint_and_fixed():
    parts = Parts(numbered(60), numbered(10, offset=100))
    sets = {name: rows(parts, name) for name in SIXTHS}
    assert {name: len(part) for name, part in sets.items()} == {
        "reference": 20,
        "selection": 10,
        "selection_test": 10,
        "test": 10,
    }
    everything = sum(sets.values(), [])
    assert len(set(everything)) == len(everything)
    assert sorted(sets["test"]) == list(range(100, 110))
    assert sets == {name: rows(parts, name) for name in SIXTHS}
    assert sets["reference"] != sorted(sets["reference"])


def test_a_smaller_part_begins_a_larger_one():
    parts = Parts(numbered(60))
    assert rows(parts, "reference", 5) == rows(parts, "reference")[:5]


def test_without_a_test_split_a_third_is_held_out_of_classifiers():
    parts = Parts(numbered(60))
    assert len(rows(parts, "test")) == 20
    kept = parts.training.arrays["real"][:, 0].astype(int).tolist()
    assert not set(kept) & set(rows(parts, "test"))
    assert len(kept) == 40
    assert "training split" in parts.origin("test")
    both = Parts(numbered(60), numbered(10))
    assert both.training is both.train
    assert "test split" in both.origin("test")


def test_labels_go_with_their_samples():
    parts = load_parts("digits")
    train = {
        x.tobytes(): label
        for x, label in zip(*parts.train.arrays.values(), strict=True)
    }
    part = parts.take("selection", 50)
    for x, label in zip(*part.arrays.values(), strict=True):
        assert train[x.tobytes()] == label
    assert len(parts.held_out) == 360


@pytest.mark.parametrize("keys", [("x_train",), ("x_train", "x_test")])
def test_a_file_with_and_without_a_test_split(tmp_path, keys):
    images = np.random.default_rng(0).integers(0, 255, (12, 4, 4, 1), "uint8")
    np.savez(tmp_path / "x.npz", **dict.fromkeys(keys, images))
    assert (load_parts(tmp_path / "x.npz").held_out is None) == (len(keys) == 1)


def test_other_errors_are_not_taken_for_a_missing_split(tmp_path):
    with pytest.raises(ValueError, match="Did you mean 'digits'"):
        load_parts("digit")


def test_a_mixture_is_known_by_the_set_not_by_its_name(tmp_path):
    assert load_parts("ring8").train.mixture.std == 0.01
    np.savez(tmp_path / "ring8.npz", x_train=np.zeros((12, 2)))
    assert load_parts(tmp_path / "ring8.npz").train.mixture is None
