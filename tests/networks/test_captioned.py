"""The networks of text2image."""

import numpy as np
import pytest
from helpers import of_kind
from keras import layers

from ganzoo.layers import SpectralNorm
from ganzoo.networks import captioned


def read(network, rows, training=False):
    return network({"caption": np.array(rows, "int32")}, training=training).numpy()


def test_the_encoder_reads_words_and_their_order_and_no_word_as_nothing():
    network = captioned.encoder(6, words=4, units=8, text_dim=5, word_dropout=0.9)
    empty, one, two, turned = read(
        network, [[0] * 6, [1, 0, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0], [2, 1, 0, 0, 0, 0]]
    )
    assert empty.shape == (5,)
    for a, b in ((empty, one), (one, two), (two, turned)):
        assert not np.allclose(a, b)
    # Token 0 has a vector like the words, and it is never seen.
    (embedding,) = of_kind(network, layers.Embedding)
    weights = embedding.embeddings.numpy()
    weights[0] = 99
    embedding.embeddings.assign(weights)
    np.testing.assert_array_equal(read(network, [[1, 2, 0, 0, 0, 0]])[0], two)


def test_a_captions_vector_has_mean_0_and_variance_1():
    rows = [[1, 2, 3, 1], [3, 0, 0, 0]]
    sizes = {"words": 3, "text_dim": 32, "word_dropout": 0.0}
    text = read(captioned.encoder(4, **sizes), rows)
    np.testing.assert_allclose(text.mean(axis=1), 0, atol=1e-6)
    plain = captioned.encoder(4, **sizes, text_norm=False)
    spread = read(plain, rows)
    spread -= spread.mean(axis=1, keepdims=True)
    scaled = spread / np.sqrt(spread.var(axis=1, keepdims=True) + 1e-3)
    assert plain.count_params() == captioned.encoder(4, **sizes).count_params()
    assert 0.5 < scaled.var() < 1 and 0.5 < text.var() < 1


def test_whole_words_are_dropped_in_training():
    network = captioned.encoder(4, words=3, units=8, text_dim=5, word_dropout=0.9)
    caption = [[1, 2, 3, 1]]
    made = read(network, caption * 200, training=True)
    nothing = read(network, [[0] * 4])
    assert 0.5 < np.isclose(made, nothing).all(axis=1).mean() < 0.8  # 0.9^4 = 0.66
    same = read(captioned.encoder(4, words=3, word_dropout=0.0), caption * 2, True)
    np.testing.assert_array_equal(same[0], same[1])


@pytest.mark.parametrize("shape", [(64, 64, 3), (32, 32, 1), (13, 16, 3)])
def test_players_of_any_size_see_the_caption(shape):
    sizes = {"text_dim": 6, "text_units": 4, "filters": 2}
    g = captioned.generator(shape, latent_dim=3, **sizes)
    d = captioned.discriminator(shape, **sizes)
    rng = np.random.default_rng(0)
    latent = np.repeat(rng.normal(size=(1, 3)), 2, axis=0)
    text = rng.normal(size=(2, 6))
    sample = g({"latent": latent, "text": text}, training=False).numpy()
    assert sample.shape == (2, *shape) and np.abs(sample).max() <= 1
    assert not np.allclose(sample[0], sample[1])
    same = np.repeat(sample[:1], 2, axis=0)
    logits = d({"sample": same, "text": text}, training=False).numpy()
    assert logits.shape == (2, 1) and logits[0] != logits[1]


def test_normalisation_reaches_every_layer_of_d_that_sees_images():
    options = {"text_dim": 6, "filters": 2}
    d = captioned.discriminator((16, 16, 3), d_norm="spectral", **options)
    assert len(of_kind(d, SpectralNorm)) == 6
    plain = captioned.discriminator((16, 16, 3), d_norm="none", **options)
    kinds = (layers.BatchNormalization, SpectralNorm, layers.LayerNormalization)
    assert not of_kind(plain, kinds)
    with pytest.raises(ValueError, match="`filters` must be a whole number"):
        captioned.discriminator((16, 16, 3), text_dim=6, filters=0)
