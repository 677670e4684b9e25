"""BiGAN: the pairs, the exchanged loss, and the encoder in use."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, tiny

from ganzoo.networks.encoder import encoder


def parts(model):
    batch = model.as_batch({"real": arrays_for(model)["real"][:8]})
    batch["seed"] = tf.constant([0, 3])
    return batch, model.generate(batch, training=False)


def softplus(x):
    return np.log1p(np.exp(x)).mean()


def test_d_judges_data_with_their_codes_and_samples_with_their_latents():
    model = tiny("bigan")
    batch, fake = parts(model)
    real = model.discriminator(
        {"sample": batch["real"], "latent": model.encoder({"sample": batch["real"]})}
    ).numpy()
    z = fake["latent"]
    made = model.discriminator(
        {"sample": model.generator({"latent": z}), "latent": z}
    ).numpy()
    d, _ = model.discriminator_loss(batch, fake, training=False)
    assert abs(float(d["d_adv"]) - softplus(-real) - softplus(made)) < 1e-5
    # G and E: the same with the two kinds exchanged.
    g, _ = model.generator_loss(batch, fake, training=False)
    assert abs(float(g["g_adv"]) - softplus(real) - softplus(-made)) < 1e-5


def test_the_encoder_learns_with_the_generator():
    model = tiny("bigan")
    batch, _ = parts(model)
    nets = (model.generator, model.encoder)
    before = [[v.numpy() for v in net.trainable_variables] for net in nets]
    model._update(
        lambda: model.generator_loss(batch, model.generate(batch, True), True),
        model.g_optimizer,
        model.generators,
    )
    for net, olds in zip(nets, before, strict=True):
        pairs = zip(net.trainable_variables, olds, strict=True)
        assert all((v.numpy() != old).any() for v, old in pairs), net.name


def test_encode_and_reconstruct_use_the_averages():
    model = tiny("bigan", ema_decay=0.9)
    images = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), "uint8")
    model.averages[1].set_weights([w * 0 for w in model.averages[1].get_weights()])
    codes = model.encode(images)
    assert codes.shape == (300, 4) and not codes.any()
    made = model.reconstruct(images)
    assert made.dtype == np.uint8 and made.shape == images.shape
    np.testing.assert_array_equal(made, model.decode(codes))


def test_codes_are_arrays_that_numpy_knows():
    model = tiny("bigan", dtype="mixed_bfloat16")
    assert model.encode(np.zeros((2, 8, 8, 1), "uint8")).dtype == "float32"


def test_probability_is_that_of_the_pair():
    model = tiny("bigan")
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), "uint8")
    x = tf.constant(images / 127.5 - 1, tf.float32)
    logits = model.discriminator({"sample": x, "latent": model.encoder({"sample": x})})
    expected = 1 / (1 + np.exp(-logits.numpy()[:, 0]))
    np.testing.assert_allclose(model.probability_real(images), expected, atol=1e-6)


@pytest.mark.parametrize("option", [{"augment": "color"}, {"penalties": {"r1": 1.0}}])
def test_refuses_what_looks_at_samples_alone(option):
    with pytest.raises(ValueError, match=f"BiGAN takes no `{next(iter(option))}`"):
        tiny("bigan", **option)


@pytest.mark.parametrize("filters", [0, 2])
def test_only_what_sees_the_sample_first_has_no_normalisation(filters):
    """A hidden layer is the first of E only without convolutions."""
    e = encoder((8, 8, 1), outputs=3, hidden=(4, 5), filters=filters)
    layers = [x for x in e.layers if isinstance(x, keras.layers.Dense)]
    assert [x.use_bias for x in layers] == [not filters, False, True]


def test_d_sees_the_scale_of_latents():
    """Normalised over a batch of one image, its logits would be those of any scale."""
    for filters in (0, 2):
        model = tiny("bigan", filters=filters)
        sample = np.tile(np.random.default_rng(0).normal(size=(8, 8, 1)), (8, 1, 1, 1))
        latent = np.random.default_rng(1).normal(size=(8, 4))
        logits = [
            model.discriminator(
                {"sample": sample, "latent": scale * latent}, training=True
            )
            for scale in (1, 2)
        ]
        spread = np.std(logits, axis=1)
        assert (np.abs(logits[1] - logits[0]) > 0.05 * spread[0]).all()
