"""pix2pix: its terms by hand, and its L1 twin."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, batches_for, tiny, train, train_eagerly

from ganzoo.data import flood


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
    train_eagerly(model, batches_for(model, 1))
    assert model.translate(np.zeros((2, 9, 13, 1), "uint8")).shape == (2, 9, 13, 3)


def test_pairs_need_not_be_square():
    shape = (64, 16, 1)
    model = tiny("pix2pix", image_shape=shape, source_shape=shape, levels=None)
    train_eagerly(model, batches_for(model, 1, size=2))
    assert model.translate(np.zeros((1, *shape), "uint8")).shape == (1, *shape)


# --- masked ---------------------------------------------------------------------------


def flooded(**options):
    """A masked model, photographs of noise, and what is asked of them."""
    shape = {"image_shape": (8, 8, 3), "source_shape": (8, 8, 4)}
    photographs = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), "uint8")
    heights = np.array([0.0, 0.25, 0.5, 1.0])
    model = tiny("pix2pix", **shape, masked=True, **options)
    return model, photographs, flood.sources(photographs, heights)


def test_a_masked_translation_changes_only_what_the_water_reaches():
    model, photographs, source = flooded(noise=False)
    answer = model.translate(source)
    wet = np.broadcast_to(source[..., :1] == 255, photographs.shape)
    np.testing.assert_array_equal(answer[~wet], photographs[~wet])
    assert (answer[wet] != photographs[wet]).mean() > 0.9
    # As D sees it, as the exported model gives it, and at another size.
    batch = {"source": model._scale(source), "seed": tf.constant([0, 0])}
    for made in (model.generate(batch, False)["sample"], model(batch["source"])):
        np.testing.assert_array_equal(model.as_samples(made), answer)
    larger = np.pad(source, [(0, 0), (0, 3), (5, 0), (0, 0)], mode="edge")
    dry = larger[..., 0] == 0
    np.testing.assert_array_equal(model.translate(larger)[dry], larger[..., 1:][dry])


def test_masked_terms_by_hand():
    """D and L1 see the photograph where it is dry, so L1 counts the water alone."""
    model, photographs, source = flooded(dtype="float64", l1=100.0)
    fixed(model, 1.0)
    arrays = {"real": np.zeros_like(photographs), "source": source}
    arrays["real"][...] = photographs
    batch = {**model.as_batch(arrays), "seed": tf.constant([0, 0])}
    prediction = batch["real"] + 0.25
    fake = {"sample": model.composed(prediction, batch["source"])}
    g, _ = model.generator_loss(batch, fake, training=False)
    water = (0 + 0.25 + 0.5 + 1) / 4
    assert {k: float(v) for k, v in g.items()} == pytest.approx(
        {"g_adv": np.log1p(np.exp(-1.0)), "g_l1": 25.0 * water}
    )


def test_a_masked_model_comes_back_from_its_file(tmp_path):
    model, _, source = flooded(noise=False)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.translate(source), model.translate(source))


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_a_masked_source_has_a_mask(channels):
    shape = {"image_shape": (8, 8, 3), "source_shape": (8, 8, channels)}
    with pytest.raises(
        ValueError, match=f"one of its mask.*4, 7.*Received: {channels}"
    ):
        tiny("pix2pix", **shape, masked=True)


def test_a_masked_source_has_one_channel_more_by_default():
    assert tiny("pix2pix", masked=True).source_shape == (8, 8, 2)
