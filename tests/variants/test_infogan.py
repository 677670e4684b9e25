"""InfoGAN: Q's terms by hand, who owns Q, and codes that are chosen."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, tiny

from ganzoo.layers import BatchNorm


def parts(model, training=False):
    batch = model.as_batch({"real": arrays_for(model)["real"][:8]})
    batch["seed"] = tf.constant([0, 3])
    return batch, model.generate(batch, training=training)


def test_q_terms_by_hand():
    model = tiny("infogan", info_weight=0.5)
    batch, fake = parts(model)
    out = model.discriminator({"sample": fake["sample"]}, training=False)
    logits, label = out["category"].numpy(), fake["label"].numpy()
    entropy = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(8), label]
    square = (fake["latent"][:, -2:].numpy() - out["code"].numpy()) ** 2
    for loss, player in (
        (model.discriminator_loss, "d"),
        (model.generator_loss, "g"),
    ):
        terms, _ = loss(batch, fake, training=False)
        assert abs(float(terms[f"{player}_category"]) - 0.5 * entropy.mean()) < 1e-5
        expected = 0.5 * square.sum(axis=1).mean() / 2
        assert abs(float(terms[f"{player}_code"]) - expected) < 1e-5


def test_codes_are_drawn_anew_and_evenly():
    model = tiny("infogan")
    batch = {"real": tf.zeros((5000, 8, 8, 1)), "seed": tf.constant([0, 1])}
    fake = model.generate(batch, training=False)
    counts = np.bincount(fake["label"].numpy(), minlength=10)
    assert counts.shape == (10,) and counts.min() > 400 and counts.max() < 600
    code = fake["latent"].numpy()[:, -2:]
    assert -1 <= code.min() < -0.99 and 0.99 < code.max() <= 1
    # Neither follows the other: the category has a seed of its own.
    assert abs(np.corrcoef(fake["label"].numpy(), code[:, 0])[0, 1]) < 0.05


def test_the_category_is_no_part_of_the_noise():
    """One seed for both would make G's label a function of the first latents."""
    model = tiny("infogan")
    batch = {"real": tf.zeros((500, 8, 8, 1)), "seed": tf.constant([0, 1])}
    fake = model.generate(batch, training=False)
    uniform = (fake["latent"].numpy().reshape(-1)[:500] + 1) / 2
    same = np.mean(np.floor(10 * uniform) == fake["label"].numpy())
    assert abs(same - 0.1) < 0.07  # five deviations of chance


def test_q_belongs_to_d():
    model = tiny("infogan")
    owned = {id(v) for v in model.d_optimizer._trainable_variables}
    q = [layer for layer in model.discriminator.layers if layer.weights][-2:]
    assert all(id(v) in owned for layer in q for v in layer.trainable_variables)


@pytest.mark.long
def test_q_learns_the_codes_of_a_fixed_generator():
    """Both terms of D fall when D alone is trained: the gradient reaches Q."""
    model = tiny("infogan", d_learning_rate=1e-2)
    batch, fake = parts(model, training=True)
    first = model.update_discriminators(batch, fake)
    for _ in range(30):
        last = model.update_discriminators(batch, fake)
    assert float(last["d_category"]) < 0.5 * float(first["d_category"])
    assert float(last["d_code"]) < 0.5 * float(first["d_code"])


def test_chosen_codes_change_the_sample_and_drawn_ones_stay():
    model = tiny("infogan")
    drawn = model.sample(3, seed=1)
    own = model.latents(3, seed=1)[:, -2:]
    np.testing.assert_array_equal(model.sample(3, seed=1, code=own), drawn)
    assert (model.sample(3, seed=1, code=(1.0, -1.0)) != drawn).any()
    assert (model.sample(3, seed=1, label=7) != drawn).any()
    np.testing.assert_array_equal(model.sample(3, seed=1, label=[0, 1, 2]), drawn)


def test_infer_reads_samples_in_chunks():
    model = tiny("infogan")
    images = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), "uint8")
    out = model.infer(images)
    assert out["category"].shape == (300, 10) and out["code"].shape == (300, 2)
    np.testing.assert_allclose(out["category"].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(
        out["category"][298:], model.infer(images[298:])["category"], atol=1e-6
    )


def test_needs_no_label_and_pictures_have_a_row_a_category():
    model = tiny("infogan", categories=3)
    assert "label" not in model.batch_spec.entries and model.num_classes == 3
    model.fit(arrays_for(model)["real"][:8], batch_size=8, verbose=0)


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda: tiny("infogan", codes=0), "`codes` must be a whole number from 1"),
        (
            lambda: tiny("infogan", codes=6),
            "must leave some noise. Received: 6 with codes=6",
        ),
        (lambda: tiny("infogan", augment="color"), "InfoGAN takes no `augment`"),
        (
            lambda: tiny("infogan").sample(3, code=(1, 2, 3)),
            r"of shapes \(\(2,\), \(3, 2\)\)",
        ),
        (lambda: tiny("infogan").sample(3, label=10), "from 0 to 9"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_infer_uses_are_the_statistics_of_real_samples():
    """A step moves them by a tenth towards those of its real batch, and no further."""
    model = tiny("infogan")
    norm = next(n for n in model.discriminator.layers if isinstance(n, BatchNorm))
    before = norm.moving_mean.numpy()
    batch, fake = parts(model, training=True)
    seen = keras.Model(model.discriminator.input, norm.input)
    maps = seen({"sample": batch["real"]}, training=False).numpy()
    mean = maps.mean(axis=tuple(range(maps.ndim - 1)))
    model.discriminator_loss(batch, fake, training=True)
    after = norm.moving_mean.numpy()
    np.testing.assert_allclose(after, 0.9 * before + 0.1 * mean, atol=1e-6)
    model.generator_loss(batch, fake, training=True)
    np.testing.assert_array_equal(norm.moving_mean, after)
