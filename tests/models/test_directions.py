"""Directions in latent space, on linear generators whose answers are known."""

import keras
import numpy as np
import pytest
from helpers import tiny
from linear_models import linear

from ganzoo.models import latent
from ganzoo.models.anomaly import anomaly_scores

# Stretches by 5, 3 and 1 along the axes 2, 0 and 1 of the latent.
ROWS = (0, 3, 0, 0), (0, 0, 1, 0), (5, 0, 0, 0)
AXES = np.eye(3)[[2, 0, 1]]


def test_sefa_finds_the_axes_by_their_stretch():
    np.testing.assert_allclose(latent.sefa(linear(*ROWS), 3), AXES, atol=1e-6)
    np.testing.assert_allclose(latent.sefa(linear(*ROWS), 1), AXES[:1], atol=1e-6)


def test_sefa_sees_the_latent_alone_beside_a_label():
    model = tiny("cgan", num_classes=3)
    found = latent.sefa(model, 4)
    np.testing.assert_allclose(found @ found.T, np.eye(4), atol=1e-5)


def test_ganspace_of_a_linear_layer_agrees_with_sefa():
    found = latent.ganspace(linear(*ROWS), 3, layer="first", n=4000)
    assert np.abs(found - AXES).max() < 0.08
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_ganspace_takes_the_middle_of_a_generator_by_default():
    found = latent.ganspace(tiny("dcgan"), 2, n=32)
    assert found.shape == (2, 4)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_ganspace_passes_over_layers_of_the_label():
    model = tiny("cgan", num_classes=65, network={"name": "dcgan", "filters": 2})
    assert latent.ganspace(model, 2, n=16).shape == (2, 4)


def test_ganspace_is_a_function_of_its_seed_where_g_has_noise():
    model = tiny("vanilla", hidden_noise=0.5)
    one, two = (latent.ganspace(model, 2, n=16, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_an_attribute_of_a_linear_model():
    found = latent.directions(linear(*ROWS), lambda x: x[:, 0] > 0.3, n=4000)
    assert found.shape == (3,)
    assert found @ AXES[0] > 0.999
    told = linear(*ROWS).sample(4000, seed=0)[:, 0] > 0.3
    np.testing.assert_array_equal(latent.directions(linear(*ROWS), told), found)


def test_directions_leave_the_other_attributes_alone():
    """Attribute 0 is z_0 > 0, attribute 1 is z_0 + z_1 > 0."""

    def told(x):
        return np.stack([x[:, 1] > 0.3, x[:, 1] / 3 + x[:, 2] > 0.4], axis=1)

    both = latent.directions(linear(*ROWS), told, n=20000)
    assert both.shape == (2, 3)
    sum_axis = np.array([1, 1, 0]) / np.sqrt(2)
    assert abs(both[0] @ sum_axis) < 0.02  # keeps attribute 1
    assert abs(both[1] @ [1, 0, 0]) < 0.02  # keeps attribute 0
    alone = latent.directions(linear(*ROWS), lambda x: told(x)[:, 1], n=20000)
    assert alone @ [1, 0, 0] > 0.6  # on its own it does not


def test_a_ridge_leaves_a_share_of_the_others():
    """By hand: (V'V / tr + r I)^-1 u, between the two extremes."""

    def told(x):
        return np.stack([x[:, 1] > 0.3, x[:, 1] / 3 + x[:, 2] > 0.4], axis=1)

    model = linear(*ROWS)
    marks, z = told(model.sample(20000, seed=0)), model.latents(20000, seed=0)
    u, v = (
        (z[m].mean(axis=0) - z[~m].mean(axis=0)) * np.sqrt(m.mean() * (1 - m.mean()))
        for m in marks.T
    )
    by_hand = np.linalg.inv(np.outer(v, v) / (v @ v) + 0.1 * np.eye(3)) @ u
    found = latent.directions(model, marks, ridge=0.1)[0]
    np.testing.assert_allclose(found, by_hand / np.linalg.norm(by_hand), atol=1e-6)
    alone, apart = (latent.directions(model, x)[..., :3] for x in (marks[:, 0], marks))
    nearly = [latent.directions(model, marks, ridge=r)[0] for r in (1e6, 1e-6)]
    np.testing.assert_allclose(nearly, [alone, apart[0]], atol=1e-3)
    lone = latent.directions(model, marks[:, 0], ridge=0.1)
    np.testing.assert_array_equal(lone, alone)
    draw = np.random.default_rng(0)
    many = draw.integers(0, 2, (200, 5)).astype(bool)  # in three latents
    found = latent.directions(model, many, ridge=0.1)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-6)
    with pytest.raises(ValueError, match="combination of the others"):
        latent.directions(model, many)
    with pytest.raises(ValueError, match="`ridge` must be 0 or more. Received: -1"):
        latent.directions(model, marks, ridge=-1)


@pytest.mark.parametrize(
    "labels,message",
    [
        (np.zeros(8, bool), "column 0 is False in all of 8"),
        (np.arange(8), "must be bool or 0 and 1"),
        (np.zeros((8, 1, 1)), "Received: float64 of shape"),
        ([], r"of shape \(0,\) for 0 samples"),
        (np.zeros((5, 0)), r"of shape \(5, 0\)"),
        (1, r"of shape \(\) for 1 samples"),
        (lambda samples: [0, 1], r"of shape \(2,\) for 5000 samples"),
        (np.tile([[0, 1], [1, 0]], (4, 1)), "combination of the others"),
    ],
)
def test_labels_that_name_no_direction(labels, message):
    with pytest.raises(ValueError, match=message):
        latent.directions(linear(*ROWS), labels)


def test_refusals():
    with pytest.raises(ValueError, match="at most 3. Received: 4"):
        latent.sefa(linear(*ROWS), 4)
    with pytest.raises(ValueError, match="at most 2. Received: 3"):
        latent.sefa(linear((1, 0), (0, 1), (1, 1)), 3)
    with pytest.raises(ValueError, match="`count` must be a whole number from 1"):
        latent.ganspace(linear(*ROWS), 0)
    with pytest.raises(ValueError, match="Did you mean 'first'"):
        latent.ganspace(linear(*ROWS), 2, layer="frist")
    with pytest.raises(ValueError, match="MADE makes a sample in many steps"):
        latent.sefa(tiny("made"), 2)
    with pytest.raises(ValueError, match="`n` must be a whole number from 2"):
        latent.ganspace(linear(*ROWS), 1, n=0)
    with pytest.raises(ValueError, match="latent does not reach the layer 'label'"):
        latent.ganspace(tiny("cgan", num_classes=3), 1, layer="label", n=8)


@pytest.mark.parametrize("bends", ["relu", "tanh"])
def test_sefa_refuses_a_first_layer_that_bends(bends):
    model = tiny("vanilla", image_shape=(4,), latent_dim=3, ema_decay=0.0)
    given = keras.Input((3,), name="latent")
    first = keras.layers.Dense(4, activation=bends, name="first")
    model.generator = keras.Model({"latent": given}, first(given), name="generator")
    with pytest.raises(ValueError, match="is linear in the latent. Received: first"):
        latent.sefa(model, 2)


@pytest.mark.parametrize(
    "use",
    [
        latent.sefa,
        latent.ganspace,
        lambda model: latent.directions(model, [0, 1]),
        lambda model: anomaly_scores(model, np.zeros((1, 8, 8, 1)), np.zeros((1, 4))),
    ],
)
def test_a_model_without_latents(use):
    with pytest.raises(ValueError, match="from latents.*Translation.*from images"):
        use(tiny("pix2pix"))
