"""The distance in features: by hand, and where it applies."""

import edges_package
import numpy as np
import pytest

from ganzoo.data.dataset import Data
from ganzoo.data.splits import Parts
from ganzoo.evaluation import extractors, perceptual
from ganzoo.evaluation.scorer import Scorer
from ganzoo.networks import content

SCORE = "vgg16_edges_distance"


def scorer(channels=3):
    rng = np.random.default_rng(0)
    real, source = rng.integers(0, 256, (2, 60, 12, 12, channels), "uint8")
    data = Data("noise", {"real": real, "source": source})
    parts = Parts(data, data)
    return Scorer(parts, extractors.get("pixels", parts), 10, thorough=True)


def test_distance_by_hand_in_batches(tmp_path, monkeypatch):
    tensors = edges_package.install(tmp_path, monkeypatch)
    a, b = np.random.default_rng(0).integers(0, 256, (2, 6, 16, 16, 3), "uint8")
    assert perceptual.BATCH < 6
    pairs = zip(a.astype(float), b.astype(float), strict=True)
    expected = np.mean([edges_package.distance(tensors, *pair) for pair in pairs])
    assert 0 < expected < 10
    assert perceptual.distance(a, b) == pytest.approx(expected, rel=1e-3)
    assert perceptual.distance(a, a) == 0


def test_it_is_a_score_of_coloured_pairs_by_name_alone(tmp_path, monkeypatch):
    edges_package.install(tmp_path, monkeypatch)
    full = scorer()
    test = Data("samples", {"real": full.test.samples})
    assert full.score(test, [SCORE]) == {SCORE: 0.0} == full.floor(only=[SCORE])
    assert full.conditions(SCORE)["extractor"] == "vgg16_edges 4502df9d0a88"
    assert SCORE not in full.names()
    with pytest.raises(ValueError, match=f"'{SCORE}' does not apply to 'noise'"):
        scorer(channels=1).floor(only=[SCORE])


def test_without_the_package_it_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    monkeypatch.setattr(content, "EDGES_PACKAGE", "no_such_package")
    monkeypatch.setattr(perceptual, "_measure", perceptual._measure.__wrapped__)
    with pytest.raises(ValueError, match=r"ganzoo-keras\[vgg16\]"):
        scorer().floor(only=[SCORE])
