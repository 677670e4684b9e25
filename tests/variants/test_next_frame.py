"""Next frame: its terms by hand at every scale, and what each D sees."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

from ganzoo.data import moving

RNG = np.random.default_rng(0)
SMALL = {"image_shape": (32, 32, 1), "scales": 3, "d_filters": 1, "d_units": 4}


def batch_of(model, count=2):
    shapes = model.batch_spec.shapes
    arrays = {k: RNG.uniform(-1, 1, (count, *s)) for k, s in shapes.items()}
    batch = {key: tf.constant(value) for key, value in arrays.items()}
    return {**batch, "seed": tf.constant([0, 0])}


def means(images, factor):
    """Of squares of pixels, by slices."""
    parts = [
        images[:, i::factor, j::factor] for i in range(factor) for j in range(factor)
    ]
    return np.mean(parts, axis=0)


def test_terms_by_hand():
    """D says 1 at the finest scale, -1 and 2 at the others."""
    model = tiny("next-frame", **SMALL, dtype="float64", l2=3.0)
    model.d_weight = 2.0
    logits = (1.0, -1.0, 2.0)
    for network, value in zip(model.discriminators, logits, strict=True):
        last = network.layers[-1]
        last.set_weights([np.zeros_like(last.kernel), np.full_like(last.bias, value)])
    batch = batch_of(model)
    fake = {**model.generate(batch, False), "sample": batch["real"] + 0.25}
    d, _ = model.discriminator_loss(batch, fake, training=False)
    real, made = np.log1p(np.exp(-np.array(logits))), np.log1p(np.exp(logits))
    both = real + made
    assert {k: float(v) for k, v in d.items()} == pytest.approx(
        {"d_adv": 2 * both[0], "d_coarse": 2 * both[1:].sum()}
    )
    g, _ = model.generator_loss(batch, fake, training=False)
    assert {k: float(v) for k, v in g.items()} == pytest.approx(
        {
            "g_adv": 0.05 * real[0],
            "g_coarse": 0.05 * real[1:].sum(),
            "g_l1": 0.25,
            "g_l2": 3 * 0.0625,
            "g_gradient_difference": 0.0,
        }
    )


def test_each_discriminator_sees_its_scale(monkeypatch):
    model = tiny("next-frame", **SMALL, dtype="float64")
    batch = batch_of(model)
    fake = model.generate(batch, training=False)
    assert [x.shape[1] for x in fake["coarse"]] == [8, 16]
    seen = []
    feed = model._feed
    monkeypatch.setattr(
        model,
        "_feed",
        lambda network, given, training: (
            seen.append((network, given)) or feed(network, given, training)
        ),
    )
    list(model._judge_coarse(batch, fake, True, False))
    coarse, fine = model.coarse_discriminators
    assert [network for network, _ in seen] == [fine, fine, coarse, coarse]
    for (_, given), factor, answer in zip(
        seen, (2, 2, 4, 4), (None, fake["coarse"][1], None, fake["coarse"][0]),
        strict=True,
    ):  # fmt: skip
        expected = means(batch["real"].numpy(), factor) if answer is None else answer
        np.testing.assert_allclose(given["sample"], expected)
        source = means(batch["source"].numpy(), factor)
        np.testing.assert_allclose(given["source"], source)


def test_a_paired_loss_sees_real_frames_at_every_scale():
    """Equal logits of real and fake: ln 2, whatever they are."""
    model = tiny("next-frame", **SMALL, loss="relativistic", dtype="float64")
    for network in model.discriminators:
        last = network.layers[-1]
        last.set_weights([np.zeros_like(last.kernel), np.full_like(last.bias, 3.0)])
    batch = batch_of(model)
    g, _ = model.generator_loss(batch, model.generate(batch, False), False)
    assert float(g["g_adv"]) == pytest.approx(0.05 * np.log(2))
    assert float(g["g_coarse"]) == pytest.approx(0.05 * 2 * np.log(2))


def test_the_sample_is_what_translate_answers():
    model = tiny("next-frame")
    source = RNG.integers(0, 256, (2, 8, 8, 4), dtype="uint8")
    batch = {"source": model._scale(source), "seed": tf.constant([0, 0])}
    made = model.as_samples(model.generate(batch, False)["sample"])
    np.testing.assert_array_equal(made, model.translate(source))
    assert model.translate(np.zeros((1, 13, 9, 4), "uint8")).shape == (1, 13, 9, 1)


def test_the_twin_has_no_discriminators_and_takes_clips():
    model = tiny("next-frame", adversarial=0, image_shape=(12, 12, 1))
    clips = moving.moving_digits(
        RNG.integers(0, 256, (3, 5, 5, 1), dtype="uint8"), 8, frames=5, side=12
    )
    logs = model.train_step(moving.pairs(clips, history=4))
    assert logs.keys() == {"g_loss", "g_l1", "g_gradient_difference"}
    assert model.discriminators == []


@pytest.mark.parametrize(
    "options,message",
    [
        ({"scales": 1}, "must be 2, 3 or 4"),
        ({"image_shape": (8, 9, 1)}, "multiples of 2 for 2 scales"),
        ({"penalties": {"r1": 1.0}}, "several discriminators"),
        ({"augment": "color"}, "sample alone"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        tiny("next-frame", **options)
