"""ACGAN: the class terms of both players, and where labels go."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

RNG = np.random.default_rng(0)
LABEL = np.array([3, 0, 9, 3], "int32")
BATCH = {
    "real": tf.constant(RNG.uniform(-1, 1, (4, 8, 8, 1)), tf.float32),
    "label": tf.constant(LABEL),
    "seed": tf.constant([0, 0]),
}


def error(model, sample):
    """Mean of -log softmax of the labels' logits, in NumPy."""
    out = model.discriminator({"sample": sample}, training=False)
    logits = out["classes"].numpy().astype("float64")
    log_z = np.log(np.exp(logits).sum(axis=1))
    return np.mean(log_z - logits[np.arange(4), LABEL]), logits.argmax(axis=1)


@pytest.mark.parametrize("weight,of_fakes", [(1.0, 1.0), (0.3, 1.0), (0.3, 0.0)])
def test_both_players_minimise_the_classes_error(weight, of_fakes):
    model = tiny("acgan", class_weight=weight, fake_weight=of_fakes)
    fake = model.generate(BATCH, training=False)
    (of_real, found), (of_fake, _) = (
        error(model, x) for x in (BATCH["real"], fake["sample"])
    )
    terms, watched = model.discriminator_loss(BATCH, fake, training=False)
    assert set(terms) == {"d_adv", "d_class"}
    by_hand = weight * (of_real + of_fakes * of_fake)
    np.testing.assert_allclose(terms["d_class"], by_hand, 1e-5)
    np.testing.assert_allclose(watched["accuracy"], np.mean(found == LABEL))
    terms, _ = model.generator_loss(BATCH, fake, training=False)
    assert set(terms) == {"g_adv", "g_class"}
    np.testing.assert_allclose(terms["g_class"], weight * of_fake, 1e-5)


def test_the_adversarial_terms_are_those_of_the_logits():
    model = tiny("acgan")
    fake = model.generate(BATCH, training=False)
    real_logits, logits = (
        model.discriminate({"sample": x}, training=False)
        for x in (BATCH["real"], fake["sample"])
    )
    terms = model.discriminator_loss(BATCH, fake, training=False)[0]
    expected = model.loss_functions.discriminator(real_logits, logits)
    np.testing.assert_allclose(terms["d_adv"], expected, 1e-6)
    terms = model.generator_loss(BATCH, fake, training=False)[0]
    expected = model.loss_functions.generator(None, logits)
    np.testing.assert_allclose(terms["g_adv"], expected, 1e-6)


def test_tags_are_read_one_by_one():
    """L_C sums the binary cross-entropies of the tags of a sample, by hand."""
    model = tiny("acgan", condition={"name": "tags", "count": 3}, class_weight=0.5)
    tags = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]], "float32")
    batch = {**BATCH, "label": tf.constant(tags)}
    fake = model.generate(batch, training=False)

    def read(sample):
        out = model.discriminator({"sample": sample}, training=False)
        logits = out["classes"].numpy().astype("float64")
        errors = np.log1p(np.exp(np.where(tags == 1, -logits, logits)))
        return errors.sum() / 4, np.mean((logits > 0) == (tags == 1))

    (of_real, right), (of_fake, _) = read(BATCH["real"]), read(fake["sample"])
    terms, watched = model.discriminator_loss(batch, fake, training=False)
    np.testing.assert_allclose(terms["d_class"], 0.5 * (of_real + of_fake), 1e-5)
    np.testing.assert_allclose(watched["accuracy"], right)
    terms, _ = model.generator_loss(batch, fake, training=False)
    np.testing.assert_allclose(terms["g_class"], 0.5 * of_fake, 1e-5)


def test_tags_are_asked_for_and_told():
    tags = {"name": "tags", "names": ["red", "round"]}
    model = tiny("acgan", condition=tags)
    assert model.generator.input["label"].shape == (None, 2)
    assert model.discriminator.output["classes"].shape == (None, 2)
    assert model.sample(3, label="red,round").shape == (3, 8, 8, 1)


def test_g_takes_the_label_and_d_does_not():
    model = tiny("acgan", num_classes=3)
    assert set(model.generator.input) == {"latent", "label"}
    assert set(model.discriminator.input) == {"sample"}
    out = model.discriminator.output
    assert (out["logits"].shape[1:], out["classes"].shape[1:]) == ((1,), (3,))
    assert model.sample(4, label=2).shape == (4, 8, 8, 1)


def test_d_tells_classes_that_g_embeds():
    model = tiny("acgan", num_classes=70)
    assert model.discriminator.output["classes"].shape[1:] == (70,)
    shapes = [v.shape for v in model.generator.trainable_variables]
    assert shapes[0] == (70, 64)


@pytest.mark.parametrize("number", [0, -1, 2.5])
def test_refuses_to_build_without_classes(number):
    with pytest.raises(ValueError, match="`num_classes` must be a whole number from 1"):
        tiny("acgan", num_classes=number)
