"""Arms of `augmentation`, their intervals and answers."""

import numpy as np
import pytest
from helpers import tiny

import ganzoo
from ganzoo.data.dataset import Data
from ganzoo.data.splits import Parts
from ganzoo.evaluation import augmentation as module
from ganzoo.evaluation import classifier
from ganzoo.evaluation.attributes import class_direction
from ganzoo.evaluation.augmentation import (
    ALONE,
    Augmentation,
    augmentation,
    compare_arms,
)
from ganzoo.runs.experiment import Experiment

RNG = np.random.default_rng(0)


def halves(count):
    """Images whose left (0) or right (1) half is bright."""
    label = (np.arange(count) % 2).astype("int32")
    real = RNG.integers(0, 100, (count, 8, 8, 1), "uint8")
    real[label == 0, :, :4] += 120
    real[label == 1, :, 4:] += 120
    return Data("halves", {"real": real, "label": label}, ("left", "right"))


def test_the_arms_of_a_small_set(monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 30)
    train, test = halves(40), halves(60)
    asked = []
    model = tiny("cgan", num_classes=2)

    def sample(n, *, seed, label):
        asked.append((n, seed, label.tolist()))
        left, right = (halves(2 * n).arrays["real"][i::2] for i in (0, 1))
        wrong = (label == "right")[:, None, None, None]
        return np.where(wrong, left, right)

    monkeypatch.setattr(model, "sample", sample)
    result = compare_arms(model, train, test, shares=(8.0,), seeds=1)
    assert list(result.accuracies) == [
        ALONE,
        "real, flips and shifts",
        "real + 8 x samples",
    ]
    assert [(n, seed) for n, seed, _ in asked] == [(320, 1)]
    assert {label for *_, labels in asked for label in labels} == {"left", "right"}
    means = {arm: np.mean(values) for arm, values in result.accuracies.items()}
    assert means[ALONE] > 0.9
    # Flips change the class here, and these samples are of the other one.
    assert means["real, flips and shifts"] < means[ALONE] - 0.2
    assert means["real + 8 x samples"] < 0.5
    (note,) = result.notes
    assert "40 real images of 2 classes, 60 to test, 1 seeds, 30 steps" in note


def test_each_seed_has_samples_of_its_own(monkeypatch):
    asked, model = [], tiny("cgan", num_classes=2)
    monkeypatch.setattr(module, "_accuracy", lambda *arguments: 0.5)

    def sample(n, *, seed, label):
        asked.append((seed, tuple(label)))
        return np.zeros((n, 8, 8, 1), "uint8")

    monkeypatch.setattr(model, "sample", sample)
    compare_arms(model, halves(40), halves(20), shares=(1.0,), seeds=3)
    assert [seed for seed, _ in asked] == [1, 2, 3]
    assert len({labels for _, labels in asked}) == 3


def test_floats_of_a_run_are_seen_as_its_samples_are(tmp_path, monkeypatch):
    train, test = halves(40), halves(20)
    pairs = {"x_train": train, "x_test": test}
    arrays = {k: x.arrays["real"] / np.float32(127.5) - 1 for k, x in pairs.items()}
    labels = {k.replace("x", "y"): x.arrays["label"] for k, x in pairs.items()}
    np.savez(tmp_path / "x.npz", **arrays, **labels)
    options = {"network": {"name": "mlp", "hidden": (8,)}, "latent_dim": 2}
    settings = {"steps": 1, "log_every": 1, "sample_every": 1, "checkpoint_every": 1}
    experiment = Experiment(
        model="cgan", dataset=str(tmp_path / "x.npz"), options=options, **settings
    )
    ganzoo.train(experiment, tmp_path / "run", progress=False)
    seen = []
    monkeypatch.setattr(
        module,
        "_accuracy",
        lambda real, jitter, test, *_: seen.append((real, test)) or 1,
    )
    augmentation(tmp_path / "run", seeds=2)
    np.testing.assert_array_equal(seen[0][0]["real"], train.arrays["real"])
    np.testing.assert_array_equal(seen[0][1].arrays["real"], test.arrays["real"])
    assert {real["real"].dtype for real, _ in seen} == {np.dtype("uint8")}


def test_images_without_a_class_are_left_out(monkeypatch):
    seen, model, train = [], tiny("cgan", num_classes=2), halves(40)
    train.arrays["label"][:6] = -1
    monkeypatch.setattr(module, "_accuracy", lambda real, *_: seen.append(real) or 0.5)
    monkeypatch.setattr(model, "sample", lambda n, **_: np.zeros((n, 8, 8, 1), "uint8"))
    compare_arms(model, train, halves(20), shares=(1.0,), seeds=1)
    counts = [np.bincount(arrays["label"]).sum() for arrays in seen]
    assert counts == [34, 34, 68]


def test_the_interval_by_hand():
    result = Augmentation(
        {ALONE: [0.5, 0.6, 0.7], "better": [0.6, 0.72, 0.8], "same": [0.5, 0.61, 0.69]},
        ["a note"],
    )
    gain, half = result.gain("better")
    gains = np.array([0.1, 0.12, 0.1])
    assert gain == pytest.approx(gains.mean())
    assert half == pytest.approx(4.302653 * gains.std(ddof=1) / np.sqrt(3), rel=1e-5)
    lines = result.table().splitlines()
    assert lines[0].split() == ["real", "alone", "60.00%"]
    assert lines[1].endswith("+10.67 +- 2.87 points: helps")
    assert lines[2].endswith("no difference")
    assert lines[3] == "a note"
    worse = Augmentation({ALONE: [0.5, 0.6], "x": [0.3, 0.4 + 1e-9]}, [])
    assert worse.table().endswith("harms")


def test_the_start_of_a_classifier_follows_its_seed():
    one, same, other = (classifier.network((8, 8, 1), 2, seed=s) for s in (1, 1, 2))
    first = [network.get_weights()[0] for network in (one, same, other)]
    assert (first[0] == first[1]).all() and (first[0] != first[2]).all()


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match="is no run directory"):
        augmentation(tmp_path)
    with pytest.raises(ValueError, match="`seeds` must be a whole number from 2"):
        augmentation(tmp_path, seeds=1)
    for share in (0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="`shares` must be finite and above 0"):
            augmentation(tmp_path, shares=[share])
    model = tiny("cgan", num_classes=2)
    with pytest.raises(ValueError, match="at least one sample of 40 .* Received: 0.01"):
        compare_arms(model, halves(40), halves(20), shares=(0.01,), seeds=2)


@pytest.mark.parametrize(
    "name,options,message",
    [
        ("pix2pix", {}, "makes samples from latents"),
        ("vanilla", {}, "Samples need a class.*Received: .* without classes"),
        ("cgan", {"num_classes": 2, "image_shape": (3,)}, r"is for images.*\(3,\)"),
        ("cgan", {"num_classes": 2}, "'halves' has no test split"),
    ],
)
def test_models_and_sets_that_it_cannot_use(name, options, message, monkeypatch):
    model = tiny(name, **options)
    monkeypatch.setattr(module, "read_config", lambda source: {})
    monkeypatch.setattr(module, "load", lambda source: model)
    monkeypatch.setattr(module, "parts_of", lambda *a, **k: Parts(halves(4)))
    with pytest.raises(ValueError, match=message):
        augmentation("run")


def test_a_direction_of_a_class_of_an_unlabelled_set():
    plain = Data("plain", {"real": halves(4).arrays["real"]})
    with pytest.raises(ValueError, match="of labelled images. Received: 'plain', 0"):
        class_direction(tiny("vanilla"), plain, "left")
    points = Data(
        "points", {"real": np.zeros((2, 3)), "label": np.arange(2)}, ("a", "b")
    )
    with pytest.raises(ValueError, match=r"labelled images.*2 classes of \(3,\)"):
        class_direction(tiny("vanilla"), points, "a")


def test_a_model_that_takes_the_class_has_no_direction_of_it():
    with pytest.raises(ValueError, match="takes the class as its label.*Received: GAN"):
        class_direction(tiny("cgan", num_classes=2), halves(4), "left")


def test_a_class_that_no_sample_shows_has_no_direction(monkeypatch):
    blank = tiny("vanilla")
    monkeypatch.setattr(
        classifier,
        "trained",
        lambda data: lambda x: {"probabilities": np.tile([1.0, 0.0], (len(x), 1))},
    )
    for name, share in (("left", "all"), ("right", "none")):
        with pytest.raises(ValueError, match=f"sees '{name}' in {share} of 40 samples"):
            class_direction(blank, halves(4), name, n=40)
