"""VGG19 as a content network: layer, range and scaling, without its weights."""

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
