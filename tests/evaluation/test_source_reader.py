"""The network that reads sources back: it learns, once, and tells images apart."""

import numpy as np
import pytest

from ganzoo import metrics
from ganzoo.data import load_data
from ganzoo.data.dataset import Data
from ganzoo.data.splits import load_parts
from ganzoo.evaluation import source_reader
from ganzoo.evaluation.extractors import get
from ganzoo.evaluation.scorer import Scorer

PAIRED = {"source_key": "source", "pairs": "invert"}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))


@pytest.fixture
def scorer():
    parts = load_parts("digits", **PAIRED)
    return Scorer(parts, get("pixels", parts), 100)


def test_it_reads_sources_of_images_that_it_has_not_seen(monkeypatch):
    monkeypatch.setattr(source_reader, "STEPS", 150)
    model = source_reader.trained(load_data("digits", **PAIRED))
    test = load_data("digits", split="test", **PAIRED).arrays
    answers = source_reader.read(model, test["real"])
    assert answers.shape == test["source"].shape and answers.dtype == np.uint8
    wrong = metrics.l1_distance(test["source"], test["source"][::-1])
    assert metrics.l1_distance(answers, test["source"]) < 0.2 * wrong


def test_it_is_trained_once_and_the_same_each_time(tmp_path):
    data = load_data("digits", **PAIRED)
    first = source_reader.trained(data).get_weights()
    (file,) = (tmp_path / "readers").glob("*.npz")
    written = file.stat().st_mtime_ns
    for again in (source_reader.trained(data), source_reader.trained(data)):
        for a, b in zip(first, again.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    assert file.stat().st_mtime_ns == written
    file.unlink()
    for a, b in zip(first, source_reader.trained(data).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_score_is_the_error_of_what_is_read(scorer):
    test = scorer.test.data.arrays
    fakes = test["real"][::-1].copy()
    value = scorer.score(Data("s", {"real": fakes}), ["read_back_l1"])["read_back_l1"]
    read = source_reader.read(scorer.reader, fakes)
    assert value == pytest.approx(metrics.l1_distance(test["source"], read), rel=1e-6)
    floor = scorer.floor(only=["read_back_l1"])["read_back_l1"]
    assert floor < value  # what was asked for is seen better in the real images
    assert scorer.conditions("read_back_l1")["extractor"] == "reader, recipe 1"


@pytest.mark.parametrize(
    "settings",
    [
        {"source_key": "source", "pairs": "downscale2"},
        {"source_key": "source", "pairs": "hole"},
        {"source_key": "unpaired", "pairs": "invert"},
        {},
    ],
)
def test_it_needs_pairs_of_one_size(settings):
    parts = load_parts("digits", **settings)
    scorer = Scorer(parts, get("pixels", parts), 100)
    assert "read_back_l1" not in scorer.names()
