"""The context encoder: its terms by hand, and what is known stays."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, tiny

from ganzoo.data import holes

RNG = np.random.default_rng(0)


def masked(*sizes):
    """Masks of central holes of these sizes, one an image of 8x8, as booleans."""
    masks = [holes.central_masks(1, (8, 8), size) for size in sizes]
    return np.concatenate(masks)


def batch_of(model, masks, real):
    """A batch whose holes are filled with 0.25, of constant images."""
    hole = masks / 255.0
    source = np.concatenate([2 * hole - 1, np.where(hole, 0.25, real)], axis=-1)
    batch = {"real": np.full((len(masks), 8, 8, 1), real), "source": source}
    batch = {key: tf.constant(value, tf.float64) for key, value in batch.items()}
    return {**batch, "seed": tf.constant([0, 0])}


@pytest.mark.parametrize("overlap", [0, 1, 2])
def test_terms_by_hand(overlap):
    """Errors of 0.5 in holes of 2x2 and 4x4, of 0.2 around them, of 9 elsewhere."""
    model = tiny("context-encoder", overlap=overlap, adversarial=0.5, dtype="float64")
    masks = masked(2, 4)
    grown = masked(2 + 2 * overlap, 4 + 2 * overlap)
    error = np.where(masks, 0.5, np.where(grown, 0.2, 9.0))
    last = model.discriminator.layers[-1]
    last.set_weights([np.zeros_like(last.kernel), np.full_like(last.bias, 1.0)])
    batch = batch_of(model, masks, 0.5)
    fake = {"sample": batch["real"], "prediction": batch["real"] + error}
    found, _ = model.generator_loss(batch, fake, training=False)
    holed, around = 4 + 16, (grown > 0).sum() - 20
    value = (holed * 0.25 + 10 * around * 0.04) / (holed + 10 * around)
    assert {k: float(v) for k, v in found.items()} == pytest.approx(
        {"g_adv": 0.5 * np.log1p(np.exp(-1.0)), "g_hole": 0.999 * value}
    )


def test_an_image_without_a_hole_has_no_error():
    model = tiny("context-encoder", overlap=0, dtype="float64")
    batch = batch_of(model, np.zeros((2, 8, 8, 1)), 0.5)
    fake = {"prediction": batch["real"] + 3.0}
    assert float(model.reconstruct(batch, fake, False)["g_hole"]) == 0


@pytest.mark.parametrize("neighbours", [0, 2])
def test_what_is_known_stays(neighbours):
    channels = 3 * neighbours + 4
    model = tiny(
        "context-encoder", image_shape=(8, 8, 3), source_shape=(8, 8, channels)
    )
    images = RNG.integers(0, 256, (4, 8, 8, 3), dtype="uint8")
    masks = holes.stroke_masks(4, (8, 8))
    source = holes.punch(images, masks, neighbours=[images // 2] * neighbours)
    assert source.shape[1:] == model.source_shape
    answer = model.translate(source)
    known = np.broadcast_to(masks == 0, images.shape)
    np.testing.assert_array_equal(answer[known], images[known])
    assert (answer[~known] != source[..., -3:][~known]).any()
    # As D sees it, and as an exported model gives it.
    batch = {"source": model._scale(source), "seed": tf.constant([0, 0])}
    for made in (model.generate(batch, False)["sample"], model(batch["source"])):
        np.testing.assert_array_equal(model.as_samples(made), answer)


def test_the_twin_has_no_discriminator():
    model = tiny("context-encoder", adversarial=0)
    logs = model.train_step(arrays_for(model, 4))
    assert logs.keys() == {"g_loss", "g_hole"} and model.discriminators == []


def test_its_picture_shows_the_hole():
    model = tiny("context-encoder", image_shape=(8, 8, 3))
    arrays = arrays_for(model, 8)
    pictures, columns = model.gallery(arrays, 64)
    assert columns == 3
    np.testing.assert_array_equal(pictures[0], arrays["source"][0][..., -3:])


@pytest.mark.parametrize(
    "options,shape,message",
    [
        ({}, (1, 16, 16, 2), "the sides of those trained on"),
        ({}, (1, 8, 8, 1), r"\(n, H, W, 2\)"),
        ({"overlap": -1}, (1, 8, 8, 2), "`overlap` must be a whole number from 0"),
        ({"source_shape": (8, 8, 1)}, (1, 8, 8, 2), "one of its mask.*: 2, 3,"),
    ],
)
def test_refuses(options, shape, message):
    with pytest.raises(ValueError, match=message):
        tiny("context-encoder", **options).translate(np.zeros(shape, "uint8"))
