"""The script of pilots."""

import sys

import pilot


def test_a_pilot_of_another_size(monkeypatch, tmp_path):
    """The data, the model and the row have it; how it scores is tested elsewhere."""
    shapes, rows = [], tmp_path / "pilots.md"

    def scored(model, scorer):
        shapes.append(model.sample(1).shape)
        return {"frechet_distance": 1.5, "precision": 0.25, "recall": 1.0}

    def scorer(parts, *_):
        shapes.extend(data.sample_shape for data in (parts.train, parts.held_out))

    monkeypatch.setattr(pilot, "ROWS", rows)
    monkeypatch.setattr(pilot, "from_classifier", lambda parts: None)
    monkeypatch.setattr(pilot, "Scorer", scorer)
    monkeypatch.setattr(pilot, "scored", scored)
    words = ["vanilla", '{"g_hidden": [4], "d_hidden": [4]}', "--dataset=digits"]
    words += ["--image_size=16", "--steps", "1", "--batch_size=8"]
    monkeypatch.setattr(sys, "argv", ["pilot.py", *words])
    pilot.main()
    assert shapes == [(16, 16, 1), (16, 16, 1), (1, 16, 16, 1)]
    (row,) = rows.read_text().splitlines()
    assert "| digits at 16 | 11 | 8 | 1 | 1.50 | 0.25, 1.00 |" in row
