"""The tables of docs/metrics.md that are written from many runs."""

import json

import pytest
from pages import metrics, recorded


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Writes the measurements of a result, in an empty folder."""
    monkeypatch.setattr(recorded, "RESULTS", tmp_path)

    def write(name, measured):
        (tmp_path / f"{name}.json").write_text(json.dumps({"measured": measured}))

    return write


def test_gains_are_in_points(results):
    row = {
        "accuracies": {"real alone": [0.8, 0.9], "shifts": [0.9, 0.9]},
        "gains": {"shifts": [0.0512, 0.0104]},
    }
    results("augmentation_mnist", {"20": row})
    head, _, line = metrics.augmentations().splitlines()
    assert head == "| data | labels a class | real alone | shifts |"
    assert line == "| mnist | 20 | 85.0% | +5.1 +- 1.0 |"


def test_areas_of_every_seed(results):
    found = {
        "encoder": {"auroc": 0.876, "auprc": 0.75},
        "search": {"auroc": 0.5, "auprc": 0.25},
    }
    results("anomaly", {"0": {"0": found, "1": found}})
    line = metrics.anomalies().splitlines()[-1]
    assert line == "| 0 | 0.88, 0.88 | 0.75, 0.75 | 0.50, 0.50 | 0.25, 0.25 | 0.81 |"
