from dataclasses import replace

import numpy as np
import pytest

from ganzoo.data import load_data
from ganzoo.data.dataset import Data
from ganzoo.evaluation import classifier


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))


@pytest.fixture
def few_steps(monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 20)


def same(one, two):
    pairs = zip(one.get_weights(), two.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_it_classifies_digits_that_it_has_not_seen(digits):
    test = load_data("digits", split="test").arrays
    out = classifier.trained(digits)(test["real"])
    assert out["features"].shape == (360, classifier.FEATURES)
    assert 0.7 < np.mean(np.square(out["features"])) < 1.4
    assert classifier.accuracy(out["probabilities"].numpy(), test["label"]) > 0.9


@pytest.mark.usefixtures("few_steps")
def test_it_is_trained_once_and_the_same_each_time(digits, tmp_path):
    first = classifier.trained(digits)
    (file,) = (tmp_path / "classifiers").glob("*.npz")
    written = file.stat().st_mtime_ns
    assert same(first, classifier.trained(digits))
    assert file.stat().st_mtime_ns == written
    assert same(first, classifier.trained(digits, keep=False))


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("damage", ["cut", "no checksum"])
def test_a_damaged_file_is_made_anew(digits, tmp_path, damage):
    first = classifier.trained(digits)
    (file,) = (tmp_path / "classifiers").glob("*.npz")
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        file.with_suffix(".json").unlink()
    with pytest.warns(UserWarning, match="damaged"):
        second = classifier.trained(digits)
    assert same(first, second)
    assert same(first, classifier.trained(digits))  # without a warning


@pytest.mark.usefixtures("few_steps")
def test_fakes_leave_nothing_in_the_cache(digits, tmp_path):
    classifier.trained(digits, keep=False)
    assert not list(tmp_path.rglob("*"))


def test_one_more_class_is_another_classifier(digits, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    monkeypatch.setattr(classifier, "STEPS", 1)
    more = replace(digits, class_names=(*digits.class_names, "none"))
    models = [classifier.trained(data) for data in (digits, more)]
    classes = [m.output["probabilities"].shape[-1] for m in models]
    assert classes == [10, 11]


@pytest.mark.usefixtures("few_steps")
def test_unlabelled_samples_are_left_out(digits):
    half = np.arange(len(digits)) % 2 == 0
    arrays = {**digits.arrays, "label": np.where(half, digits.arrays["label"], -1)}
    part = {key: array[half] for key, array in digits.arrays.items()}
    names = digits.class_names
    assert same(
        classifier.trained(Data("a", arrays, names), keep=False),
        classifier.trained(Data("b", part, names), keep=False),
    )


def test_unlabelled_sets_and_points_are_refused():
    images = np.zeros((4, 8, 8, 1), "uint8")
    with pytest.raises(ValueError, match="needs labels.*'plain' has none.*'pixels'"):
        classifier.trained(Data("plain", {"real": images}))
    with pytest.raises(ValueError, match=r"needs uint8 images.*\(4, 2\)"):
        classifier.trained(load_points())


def load_points():
    points = np.random.default_rng(0).normal(size=(4, 2))
    return Data("points", {"real": points, "label": np.arange(4)}, tuple("abcd"))


def test_accuracy_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [1.0, 0.0]])
    assert classifier.accuracy(probabilities, np.array([0, 1, 1, -1])) == 2 / 3


def test_features_are_scaled_and_the_classes_stay():
    model = classifier.network((8, 8, 1), num_classes=3)
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 1), "uint8")
    before = model(images)["probabilities"].numpy()
    classifier._normalize(model, images)
    after = model(images)
    assert np.mean(np.square(after["features"])) == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(after["probabilities"], before, atol=1e-6)
    assert before.std() > 0.01
