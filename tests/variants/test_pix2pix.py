"""pix2pix: its terms by hand, and its L1 twin."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, tiny, train


def fixed(model, value):
    """A discriminator whose logits are all `value`."""
    last = model.discriminator.layers[-1]
    last.set_weights([np.zeros_like(last.kernel), np.full_like(last.bias, value)])


def test_terms_by_hand():
    """D says 1 everywhere: cross-entropies ln(1 + e^-1) and ln(1 + e), D's halved."""
    model = tiny("pix2pix", dtype="float64", l1=100.0)
    fixed(model, 1.0)
    arrays = arrays_for(model, 4)
    batch = {**model.as_batch(arrays), "seed": tf.constant([0, 0])}
    fake = {"sample": batch["real"] + 0.25}
    d, watched = model.discriminator_loss(batch, fake, training=False)
    low, high = np.log1p(np.exp(-1.0)), np.log1p(np.exp(1.0))
    assert {k: float(v) for k, v in d.items()} == pytest.approx(
        {"d_adv": 0.5 * (low + high)}
    )
    assert float(watched["d_real"]) == pytest.approx(1 / (1 + np.exp(-1.0)))
    g, _ = model.generator_loss(batch, fake, training=False)
    assert {k: float(v) for k, v in g.items()} == pytest.approx(
        {"g_adv": low, "g_l1": 25.0}
    )


def test_d_judges_a_sample_with_its_own_source():
    """The logits of a pair follow the source, unless D is told not to look."""
    for sees in (True, False):
        model = tiny("pix2pix", d_sees_source=sees)
        batch = model.as_batch(arrays_for(model, 4))
        batch["seed"] = tf.constant([0, 0])
        given = {**batch, "sample": batch["real"]}
        one = model.discriminate(given, False)
        two = model.discriminate({**given, "source": -batch["source"]}, False)
        assert (one.numpy() != two.numpy()).any() == sees


def test_the_l1_twin_has_no_discriminator():
    model = tiny("pix2pix", adversarial=0, ema_decay=0.5)
    logs = train(model, 2)
    assert set(logs) == {"g_loss", "g_l1"}
    assert model.discriminators == [] and model.d_steps == 0


def test_noise_is_switched_off_where_asked():
    x = np.zeros((1, 8, 8, 1), "float32")
    with pytest.raises(ValueError, match="no noise"):
        tiny("pix2pix", noise=False).translate(x, samples=2)
    quiet = tiny("pix2pix", noise=False)
    np.testing.assert_array_equal(
        quiet.translate(x, seed=1), quiet.translate(x, seed=2)
    )


def test_sources_may_have_other_channels_and_sides_any_size():
    model = tiny("pix2pix", image_shape=(10, 6, 3), source_shape=(10, 6, 1))
    train(model, 1)
    assert model.translate(np.zeros((2, 9, 13, 1), "uint8")).shape == (2, 9, 13, 3)


def test_pairs_need_not_be_square():
    shape = (64, 16, 1)
    model = tiny("pix2pix", image_shape=shape, source_shape=shape, levels=None)
    train(model, steps=1, batch_size=2)
    assert model.translate(np.zeros((1, *shape), "uint8")).shape == (1, *shape)
