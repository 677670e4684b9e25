"""The projection of a discriminator: an inner product that joins the logit."""

import keras
import numpy as np
import pytest
from helpers import of_kind, tiny
from keras import layers

from ganzoo.networks import captioned, dcgan

SHAPE, UNITS = (8, 8, 1), 5
TAGS = {"name": "tags", "names": ["red", "round", "new"]}


def captions(projection):
    sizes = {"text_dim": 3, "text_units": 4, "filters": 2, "d_norm": "none"}
    return captioned.discriminator(SHAPE, projection=projection, **sizes), "text"


def tags(projection):
    sizes = {"units": 4, "filters": 2, "d_norm": "none", "condition": TAGS}
    return dcgan.discriminator(SHAPE, projection=projection, **sizes), "label"


@pytest.mark.parametrize("made", [captions, tags])
def test_an_inner_product_joins_the_logit(made):
    d, key = made(UNITS)
    assert len(d.weights) == len(made(0)[0].weights) + 3  # a kernel and bias, a kernel
    pair = [layer for layer in of_kind(d, layers.Dense) if layer.units == UNITS]
    asked, seen = sorted(pair, key=lambda layer: layer.use_bias)
    rng = np.random.default_rng(0)
    given = {"sample": rng.normal(size=(3, *SHAPE)), key: rng.normal(size=(3, 3))}
    before = d(given, training=False).numpy()
    flat = keras.Model(d.input, seen.input)(given, training=False).numpy()
    x = flat @ seen.kernel.numpy() + seen.bias.numpy()
    x = np.where(x > 0, x, 0.2 * x) * (given[key] @ asked.kernel.numpy())
    asked.kernel.assign(0 * asked.kernel)
    without = d(given, training=False).numpy()
    np.testing.assert_allclose(
        before - without, x.sum(axis=1, keepdims=True) / UNITS**0.5, atol=1e-5
    )


def test_a_variant_takes_it_as_an_option():
    model = tiny("cgan", network="dcgan", projection=UNITS, condition=TAGS)
    assert UNITS in [
        layer.units for layer in of_kind(model.discriminator, layers.Dense)
    ]


@pytest.mark.parametrize("variant", ["dcgan", "acgan"])
def test_a_d_without_labels_has_none(variant):
    with pytest.raises(ValueError, match="`projection` compares an image with its lab"):
        tiny(variant, projection=4)


def test_refuses_other_sizes():
    with pytest.raises(ValueError, match="`projection` must be a whole number from 0"):
        captions(-1)
