"""The techniques of Salimans et al. 2016 for unconditional models."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import of_kind, tiny

import ganzoo
from ganzoo import losses
from ganzoo.layers import MinibatchDiscrimination

REAL = np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 1)).astype("float32")
BATCH = {"real": tf.constant(REAL), "seed": tf.constant([0, 0])}


@pytest.mark.parametrize("matching", [False, True])
def test_the_generators_loss(matching):
    model = tiny("improved", matching=matching)
    fake = model.generate(BATCH, training=False)
    terms, _ = model.generator_loss(BATCH, fake, training=False)
    real, made = (
        model.outputs({"sample": x}, training=False) for x in (REAL, fake["sample"])
    )
    if matching:
        means = [out["features"].numpy().mean(axis=0) for out in (real, made)]
        expected = np.mean((means[0] - means[1]) ** 2)
    else:
        expected = np.mean(np.log1p(np.exp(-made["logits"].numpy())))
    np.testing.assert_allclose(terms["g_adv"], expected, rtol=1e-5)


def test_real_samples_alone_have_the_target_of_nine_tenths():
    model = tiny("improved")
    fake = model.generate(BATCH, training=False)
    terms, _ = model.discriminator_loss(BATCH, fake, training=False)
    real, made = (
        model.discriminate({"sample": x}, training=False)
        for x in (REAL, fake["sample"])
    )
    plain = losses.get("non_saturating").discriminator(real, made)
    expected = plain + 0.1 * np.mean(real)  # softplus(l) - 0.9 l
    np.testing.assert_allclose(terms["d_adv"], expected, rtol=1e-5)


def test_d_compares_the_samples_of_a_batch():
    model = tiny("improved")
    kinds = [type(layer) for layer in model.discriminator.layers]
    assert MinibatchDiscrimination in kinds
    alone, together = (
        model.discriminate({"sample": tf.constant(x)}, training=False)[0]
        for x in (REAL[:1], REAL)
    )
    assert abs(float(alone[0] - together[0])) > 1e-4
    plain = tiny("improved", minibatch="none").discriminator
    assert MinibatchDiscrimination not in [type(layer) for layer in plain.layers]


def test_serves_points():
    network = {"name": "mlp", "hidden": (8,)}
    model = ganzoo.build("improved", network=network, image_shape=(2,))
    assert model.value_range is None
    assert model.sample(3).shape == (3, 2)


@pytest.mark.parametrize(
    "name,options",
    [
        ("improved", {}),
        ("dcgan", {"augment": "translation"}),
        ("pacgan", {"network": "dcgan"}),
        ("cgan", {"network": "dcgan"}),
    ],
)
def test_d_starts_from_the_first_batch_whatever_the_model(name, options):
    """The sums of closeness have mean 0 over it, as the layer promises."""
    network = {"name": "dcgan", "filters": 2, "minibatch": "discrimination"}
    shape = {"image_shape": (8, 8, 1), "latent_dim": 4}
    model = ganzoo.build(name, **{**shape, **options, "network": network})
    label = {"label": tf.range(6)} if model.conditional else {}
    model.adapt({"real": BATCH["real"], **label})
    (layer,) = of_kind(model.discriminator, MinibatchDiscrimination)
    assert not layer.starts
    assert (layer.bias.numpy() != -1).all() and (layer.log_scale.numpy() != 0).any()


def test_the_start_is_what_d_then_says():
    model = tiny("improved")
    model.adapt({"real": BATCH["real"]})
    (layer,) = of_kind(model.discriminator, MinibatchDiscrimination)
    seen = keras.Model(model.discriminator.input, layer.output)
    sums = seen({"sample": REAL}, training=True)[:, -layer.units :]
    np.testing.assert_allclose(tf.reduce_mean(sums, axis=0), 0, atol=1e-5)
