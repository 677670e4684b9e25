"""SRGAN: its terms by hand, and its content networks."""

import edges_package
import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, tiny

import ganzoo


def features():
    """Doubles an image and adds its square: one channel to two."""
    image = keras.Input((None, None, 1))
    doubled = keras.layers.Conv2D(1, 1, use_bias=False, name="double")
    both = keras.layers.Concatenate()([doubled(image), image * image])
    network = keras.Model(image, both)
    network.set_weights([np.full((1, 1, 1, 1), 2.0)])
    return network


def terms(model, logit):
    """Of a batch of 0.5, for which G made 0.25, where D says `logit` of all."""
    *_, last = model.discriminator.layers
    last.set_weights([np.zeros_like(last.kernel), np.full_like(last.bias, logit)])
    batch = {"real": tf.fill((2, 8, 8, 1), 0.5), "source": tf.zeros((2, 4, 4, 1))}
    batch["seed"] = tf.constant([0, 0])
    fake = {"sample": tf.fill((2, 8, 8, 1), 0.25)}
    d, _ = model.discriminator_loss(batch, fake, training=False)
    g, _ = model.generator_loss(batch, fake, training=False)
    return {name: float(value) for name, value in {**d, **g}.items()}


@pytest.mark.parametrize(
    "content,value",
    # Features of 0.5 and of 0.25: 1 and 0.25, 0.5 and 0.0625.
    [("pixels", 0.25**2), (features(), (0.5**2 + (0.25 - 0.0625) ** 2) / 2)],
)
def test_terms_by_hand(content, value):
    low, high = np.log1p(np.exp(-1.0)), np.log1p(np.exp(1.0))
    found = terms(tiny("srgan", content=content, content_weight=3.0), 1.0)
    expected = {"d_adv": low + high, "g_adv": 1e-3 * low, "g_content": 3.0 * value}
    assert found == pytest.approx(expected, rel=1e-5)


def test_esrgans_loss_compares_real_and_fake():
    """Equal logits of real and fake, whatever they are: ln 2 twice for each player."""
    found = terms(tiny("srgan", loss="relativistic_average"), 3.0)
    assert found["d_adv"] == pytest.approx(2 * np.log(2), rel=1e-5)
    assert found["g_adv"] == pytest.approx(2e-3 * np.log(2), rel=1e-5)


def test_a_content_network_is_frozen_and_saved(tmp_path):
    model = tiny("srgan", content=features(), loss="relativistic_average")
    batch = {k: tf.constant(v) for k, v in arrays_for(model, 4).items()}
    model.train_step(batch)
    np.testing.assert_array_equal(model.content.get_weights()[0], [[[[2.0]]]])
    assert not model.content.trainable
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.content.get_weights()[0], [[[[2.0]]]])
    loaded.train_step(batch)
    np.testing.assert_array_equal(loaded.content.get_weights()[0], [[[[2.0]]]])


def test_edges_are_content_too(tmp_path, monkeypatch):
    """By the network of the package; the model is saved with it."""
    tensors = edges_package.install(tmp_path, monkeypatch)
    model = tiny("srgan", image_shape=(32, 32, 3), content="vgg16_edges")
    real, fake = np.random.default_rng(0).uniform(-1, 1, (2, 1, 32, 32, 3))
    batch = {"real": tf.constant(real, "float32")}
    terms = model.reconstruct(batch, {"sample": tf.constant(fake, "float32")}, False)
    features = [
        edges_package.features(tensors, (x[0] + 1) * 127.5)[3] / 12.75
        for x in (real, fake)
    ]
    expected = ((features[0] - features[1]) ** 2).mean()
    assert expected > 0
    assert float(terms["g_content"]) == pytest.approx(expected, rel=1e-3)
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras").content.get_weights()
    assert len(loaded) == len(model.content.get_weights()) == 20
    for ours, theirs in zip(loaded, model.content.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_without_an_adversary_content_is_all():
    model = tiny("srgan", adversarial=0)
    assert model.log.names == ["g_loss", "g_content"] and model.d_steps == 0
    logs = model.train_step(arrays_for(model, 4))
    assert logs.keys() == {"g_loss", "g_content"}


@pytest.mark.parametrize(
    "content,message",
    [
        ("vgg16", "Unknown content network 'vgg16'. Did you mean 'vgg1"),
        ("vgg19", "3 channels"),
        (
            keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)]),
            "must take",
        ),
    ],
)
def test_refuses(content, message):
    with pytest.raises(ValueError, match=message):
        tiny("srgan", content=content)
