import base64
import io
import sys

import numpy as np
import pytest
from PIL import Image

from ganzoo.data import Data, codecs
from ganzoo.data.symbols import one_hot
from ganzoo.plots.figures import points_figure
from ganzoo.plots.pictures import image_grid


def images(n=4, dtype=np.uint8):
    return np.arange(n * 4).reshape(n, 2, 2, 1).astype(dtype)


def labels(*values):
    return np.array(values, np.int32)


def test_properties():
    data = Data("x", {"real": images(), "label": labels(0, 2, 1, -1)}, ("a", "b", "c"))
    assert len(data) == 4
    assert data.sample_shape == (2, 2, 1)
    assert data.num_classes == 3


def test_classes_without_names_are_counted():
    assert Data("x", {"real": images(), "label": labels(0, 4, 1, 1)}).num_classes == 5
    assert Data("x", {"real": images()}).num_classes == 0


def test_fingerprint_depends_on_every_part():
    def fingerprint(real):
        return Data("x", {"real": real}).fingerprint

    base = fingerprint(images())
    changed = images()
    changed[3, 1, 1, 0] += 1
    assert len(base) == 16
    assert int(base, 16)
    assert base == fingerprint(images())
    assert base != fingerprint(changed)
    assert base != fingerprint(images().reshape(4, 4, 1, 1))
    floats = np.ones((2, 2), np.float32)
    assert fingerprint(floats) != fingerprint(floats.view(np.uint8))


def test_fingerprint_is_the_same_from_memory_and_in_blocks(tmp_path, monkeypatch):
    real = images(10)
    np.save(tmp_path / "x.npy", real)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    whole = Data("x", {"real": real}).fingerprint
    monkeypatch.setattr("ganzoo.data.dataset._BLOCK", 12)
    assert Data("x", {"real": mapped}).fingerprint == whole


@pytest.mark.parametrize(
    ("real", "message"),
    [
        (np.zeros((0, 2, 2, 1), np.uint8), "Empty"),
        (np.zeros((3, 0), np.float32), "Empty"),
        (np.zeros(5, np.float32), "rank"),
        (np.zeros((5, 2, 2), np.uint8), "one-hot"),
        (np.full((5, 2, 2), 255, np.uint8), "one-hot"),
        (np.zeros((5, 2, 2, 5), np.uint8), "channels"),
        (np.zeros((5, 2), np.int64), "dtype"),
        (np.array([["a"]], object), "dtype"),
    ],
)
def test_refuses_unfit_samples(real, message):
    with pytest.raises(ValueError, match=message):
        Data("x", {"real": real})


def test_names_count_and_first_index_of_values_that_are_not_finite():
    real = np.zeros((5, 2), np.float32)
    real[2, 1], real[4, 0] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"2 of 10, the first at index \(2, 1\)"):
        Data("x", {"real": real})


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (labels(0, 1, 2, 3), r"0 to 2, or -1.* 3 at index 3"),
        (labels(0, 1, -2, 2), "-2 at index 2"),
        (labels(0, 1, 2), "do not match"),
        (np.zeros((4, 3), np.int32), "do not match"),
        (np.zeros(4, np.float32), "dtype of labels"),
    ],
)
def test_refuses_unfit_labels(label, message):
    with pytest.raises(ValueError, match=message):
        Data("x", {"real": images(), "label": label}, ("a", "b", "c"))


def picture_of(shown):
    with Image.open(io.BytesIO(base64.b64decode(shown.split(",")[-1][:-2]))) as image:
        return np.asarray(image)


def test_a_notebook_shows_classes_and_sixteen_samples():
    real = np.arange(40, dtype=np.uint8).repeat(4).reshape(40, 2, 2, 1)
    data = Data("<i>", {"real": real, "label": labels(*[0, 1] * 20)}, ("<b>", "dog"))
    told, picture = data._repr_html_().split("<img ")
    assert "&lt;i&gt;: 40 samples (2, 2, 1) uint8, with label" in told
    assert "2 classes: &lt;b&gt;, dog<" in told
    spread = real[[int(i * 39 / 15) for i in range(16)]]
    np.testing.assert_array_equal(picture_of(picture), image_grid(spread))


def test_a_notebook_names_twenty_classes():
    names = tuple(f"c{i}" for i in range(30))
    shown = Data("x", {"real": images()}, names)._repr_html_()
    assert "30 classes: c0, " in shown and "c19, ...<" in shown


def test_a_notebook_shows_a_thousand_points():
    points = np.random.default_rng(0).normal(size=(1000, 3)).astype(np.float32)
    shown = Data("x", {"real": points})._repr_html_()
    expected = points_figure(points[:, :2], np.zeros((0, 2)))
    np.testing.assert_array_equal(picture_of(shown), expected)


@pytest.mark.parametrize("shape", [(4, 1), (4, 3, 2), (4, 2, 2, 1)])
def test_a_notebook_shows_no_picture_of_other_floats(shape):
    shown = Data("x", {"real": np.zeros(shape, np.float32)})._repr_html_()
    assert "4 samples" in shown and "<img" not in shown


def test_a_notebook_says_what_a_picture_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit.Chem", None)
    codec = codecs.get("molecules")
    real = one_hot(np.zeros((2, 6), np.uint8), 5)
    shown = Data("x", {"real": real}, codec=codec)._repr_html_()
    assert "olecules need RDKit: pip install" in shown and "<img" not in shown
