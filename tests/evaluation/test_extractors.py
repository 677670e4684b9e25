import keras
import numpy as np
import pytest
from helpers import tiny

from ganzoo import metrics
from ganzoo.data.splits import load_parts
from ganzoo.evaluation import classifier, extractors


@pytest.fixture(scope="module")
def parts():
    return load_parts("digits")


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), "uint8")


def small(seed=0, strides=2):
    """A user's model, of images as floats in 0..255."""
    x = keras.Input((8, 8, 1))
    kernel = keras.initializers.GlorotUniform(seed=seed)
    y = keras.layers.Conv2D(2, 3, strides, "same", kernel_initializer=kernel)(x)
    return keras.Model(x, y, name="mine")


def test_the_classifier_names_itself_and_gives_the_bare_forward_pass(parts, images):
    extractor = extractors.get(None, parts)
    assert extractor.name == "classifier"
    assert extractor.classes
    out = extractor.run(images)
    bare = classifier.trained(parts.training)(images)
    for key in ("features", "probabilities"):
        np.testing.assert_allclose(out[key], bare[key], atol=1e-5)


def test_pixels_are_flat_and_in_0_to_1(parts, images):
    features = extractors.get("pixels", parts).run(images)["features"]
    assert features.shape == (300, 64)
    np.testing.assert_allclose(features, images.reshape(300, 64) / 255, rtol=1e-6)


def test_points_are_their_own_features():
    ring = load_parts("ring8")
    real = ring.take("test", 10).arrays["real"]
    extractor = extractors.get(None, ring)
    assert extractor.name == "pixels"
    np.testing.assert_array_equal(extractor.run(real)["features"], real)


def test_any_model_is_an_extractor(parts, images):
    model = small()
    extractor = extractors.get(model, parts)
    features = extractor.run(images)["features"]
    assert (extractor.name, features.shape) == ("mine", (300, 32))
    bare = model(images.astype("float32"))
    np.testing.assert_allclose(features, np.reshape(bare, (300, 32)), rtol=1e-4)


def test_a_model_in_a_file_has_the_hash_of_the_model(parts, tmp_path):
    model = small()
    model.save(tmp_path / "mine.keras")
    loaded = extractors.get(str(tmp_path / "mine.keras"), parts)
    assert loaded.label == extractors.get(model, parts).label


def test_a_file_that_is_not_there_is_named(parts):
    with pytest.raises(ValueError, match="No such file.*Received: none/x.keras"):
        extractors.get("none/x.keras", parts)


def test_the_hash_tells_weights_and_structure_apart(parts):
    labels = [
        extractors.get(model, parts).label
        for model in (small(), small(), small(seed=1), small(strides=3))
    ]
    assert labels[0] == labels[1]
    assert len(set(labels)) == 3


def test_any_function_is_an_extractor(parts, images):
    def mean(samples):
        return samples.reshape(len(samples), -1).mean(axis=1, keepdims=True)

    extractor = extractors.get(mean, parts)
    assert "mean" in extractor.name
    assert extractor.run(images)["features"].shape == (300, 1)


def test_features_of_real_data_are_computed_once(parts, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    data = parts.take("reference", 20)
    calls = []

    def run(samples):
        calls.append(len(samples))
        return {"features": samples.reshape(len(samples), -1) / 2}

    extractor = extractors.Extractor("half", "abc", run)
    first, second = extractor.of_real(data), extractor.of_real(data)
    np.testing.assert_array_equal(first["features"], second["features"])
    assert calls == [20]
    extractor.of_real(parts.take("reference", 21))  # other data, other features
    extractors.Extractor("half", "abd", run).of_real(data)  # another hash, too
    assert calls == [20, 21, 20]


def test_two_halves_of_a_set_are_at_the_floor_of_their_size(parts):
    """Frechet distance of features of random weights, means over splits.

    To second order it is sums / n over the eigenvectors of the covariance: of 2 l_i for
    the means, of V_ij / (l_i + l_j) for the covariances, V_ij the variance of the
    product of the coordinates i and j. At infinitely many samples it is 0.
    """
    features = extractors.get(small(), parts).run(parts.train.arrays["real"])
    x = features["features"].astype(float) / 255
    x -= x.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(x.T))
    x, values = x @ vectors[:, values > 1e-6], values[values > 1e-6]
    spread = (x**2).T @ x**2 / len(x) - (x.T @ x / len(x)) ** 2
    floor = 2 * values.sum() + (spread / np.add.outer(values, values)).sum()
    rng, found, infinite = np.random.default_rng(0), {}, []
    for n in (len(x) // 2, len(x) // 4):
        splits = [rng.permutation(len(x))[: 2 * n].reshape(2, n) for _ in range(20)]
        halves = [(x[a], x[b]) for a, b in splits]
        found[n] = np.mean([metrics.frechet_distance(*pair) for pair in halves])
        assert found[n] == pytest.approx(floor / n, rel=0.1)
        infinite += [metrics.frechet_by_size(*pair)["infinity"] for pair in halves]
    larger, smaller = found.values()
    assert smaller == pytest.approx(2 * larger, rel=0.1)
    assert abs(np.mean(infinite)) < larger / 4


def test_what_is_no_image_is_refused(parts):
    run = extractors.get(small(), parts).run
    with pytest.raises(ValueError, match="'mine' takes uint8 images.*float32"):
        run(np.zeros((2, 8, 8, 1), "float32"))


def test_an_unknown_name_is_refused(parts):
    with pytest.raises(ValueError, match="Did you mean 'pixels'"):
        extractors.get("pixel", parts)


def test_inception_offline_fails_at_once_and_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(extractors.tfds, "answers", lambda url: False)
    with pytest.raises(ValueError, match="cannot be downloaded.*or use the extractor"):
        extractors.get("inception", None)


def test_a_model_without_inputs_is_told_what_would_do(parts):
    class Mine(keras.Model):
        def call(self, images):
            return keras.ops.mean(images, axis=(1, 2))

    with pytest.raises(
        ValueError, match=r"keras.Model\(x, model\(x\)\).*a Mine without"
    ):
        extractors.get(Mine(), parts)


def test_a_model_of_samples_and_other_shapes_are_no_features(parts, images):
    with pytest.raises(ValueError, match="from images to features.*Received: a VAE"):
        extractors.get(tiny("vae"), parts)
    for shape in ((3,), (299, 2), (300,), (300, 2, 2)):
        extractor = extractors.get(lambda samples, s=shape: np.zeros(s), parts)
        with pytest.raises(ValueError, match=r"must map n samples.*for 300 samples"):
            extractor.run(images)
