"""MolGAN's networks: shapes, symmetry, conditions and refusals."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo.networks import graph

SHAPE = (10, 5)  # four atoms and their six pairs
LATENTS = tf.constant(np.random.default_rng(0).normal(size=(3, 4)), tf.float32)


def test_a_generator_of_one_hot_symbols():
    net = graph.generator(SHAPE, latent_dim=4, hidden=(8,))
    soft = net({"latent": LATENTS}, training=True).numpy()
    assert soft.shape == (3, *SHAPE)
    np.testing.assert_allclose(soft.sum(axis=-1), 1, rtol=1e-5)
    assert (soft[:, :4] > 0).all() and (soft[:, 4:, :4] > 0).all()
    assert (soft[:, 4:, 4] == 0).all()  # there are four kinds of bonds
    hard = net({"latent": LATENTS}, training=False).numpy()
    np.testing.assert_array_equal(hard.argmax(-1), soft.argmax(-1))
    np.testing.assert_allclose(hard, np.rint(hard), atol=1e-6)


def test_a_choice_sees_the_choices_before_it():
    """Weights by hand: a bond follows an atom, and the next atom's that bond."""
    net = graph.generator(
        SHAPE, latent_dim=4, hidden=(8,), sequential=6, relaxation="straight_through"
    )
    dense = [layer for layer in net.layers if isinstance(layer, keras.layers.Dense)]
    _, _, first, bonds_of_0, second, bonds_of_1, _, _ = dense
    for weight in net.weights:
        weight.assign(tf.zeros_like(weight))
    for hidden, bonds, seen, kind in (
        (first, bonds_of_0, 8 + 2, 1),  # atom 0 is of kind 2: bond (0, 1) is of kind 1
        (second, bonds_of_1, 8 + 20 + 1, 3),  # which makes bond (1, 2) of kind 3
    ):
        row, column = np.zeros(hidden.kernel.shape), np.zeros(bonds.kernel.shape)
        row[seen, 0], column[0, kind] = 1, 60
        hidden.kernel.assign(row), bonds.kernel.assign(column)
        bonds.bias.assign([30] + [0] * (bonds.units - 1))
    graphs = net({"latent": tf.zeros((200, 4))}).numpy()
    atom, bond, next_bond = graphs[:, 0, 2], graphs[:, 4, 1], graphs[:, 7, 3]
    assert 0 < atom.sum() < 200
    np.testing.assert_array_equal(bond, atom)
    np.testing.assert_array_equal(next_bond, atom)
    np.testing.assert_array_equal(graphs.sum(axis=-1), 1)


def test_the_order_of_the_atoms_does_not_matter():
    net = graph.discriminator(SHAPE, convolutions=(6, 5), aggregation=7, hidden=(8,))
    rng = np.random.default_rng(1)
    atoms, matrix = rng.random((2, 4, 5)), rng.random((2, 4, 4, 5))
    matrix += matrix.swapaxes(1, 2)
    first, second = np.triu_indices(4, 1)
    order = [2, 0, 3, 1]
    turned = matrix[:, order][:, :, order]

    def logits(nodes, edges):
        sample = np.concatenate([nodes, edges[:, first, second]], axis=1)
        return net({"sample": sample.astype("float32")}).numpy()

    there = logits(atoms, matrix)
    np.testing.assert_allclose(there, logits(atoms[:, order], turned), rtol=1e-4)
    assert np.abs(there - logits(atoms[:, order], matrix)).max() > 1e-3


@pytest.mark.parametrize("minibatch", ["none", "stddev", "discrimination"])
def test_labels_and_minibatch_layers(minibatch):
    made = ganzoo.networks.make(
        {"name": "graph", "hidden": (8, 6), "minibatch": minibatch}, SHAPE,
        latent_dim=4, condition=3,
    )  # fmt: skip
    label = tf.constant([0, 1, 2])
    made_of = made["generator"]({"latent": LATENTS, "label": label})
    logits = made["discriminator"]({"sample": made_of, "label": label})
    assert logits.shape == (3, 1)
    assert made["value_range"] == (0.0, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (8, 5)}, r"its atoms and the bonds.*Received: 8"),
        ({"image_shape": (8, 8, 1)}, r"must be \(L, C\).*Received: \(8, 8, 1\)"),
        ({"sequential": -1}, "`sequential` must be.*Received: -1"),
        ({"bond_kinds": 6}, "`bond_kinds` must be from 2 to 5.*Received: 6"),
        ({"value_range": (-1, 1)}, r"must be \(0, 1\). Received: \(-1, 1\)"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        ganzoo.build("molgan", **{"image_shape": SHAPE, **options})
