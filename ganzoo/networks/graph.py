"""MolGAN's networks for graphs of atoms and bonds (De Cao and Kipf 2018).

Sizes, activations and the order of layers are those of the authors' code,
nicola-decao/MolGAN (arXiv 1805.11973).
"""

import keras
from keras import layers, ops

from ganzoo.data.molecules import atoms_of
from ganzoo.layers import Categorical, GraphConvolution
from ganzoo.networks import inputs, norms
from ganzoo.utils.options import check_whole

NEVER = -1e4  # a logit whose probability is 0


def generator(
    image_shape,
    *,
    latent_dim,
    hidden=(128, 256, 512),
    activation="tanh",
    bond_kinds=4,
    sequential=0,
    relaxation="softmax",
    temperature=1.0,
    choice_temperature=1.0,
    condition=None,
    value_range=(0.0, 1.0),
):
    """Network from latent [and label (N,)] to graphs (N, L, V), one-hot in V.

    A multilayer perceptron makes all atoms and bonds at once, as in the paper. With
    `sequential`, it chooses the atoms first, and then the bonds of one atom after
    another, each given all choices before: a bond knows the valences that are left.

    Args:
        image_shape: (L, V): n atoms and n (n - 1) / 2 bonds, of V kinds.
        hidden: units of each hidden layer.
        activation: see `inputs.activation`.
        bond_kinds: kinds of bonds, at most V; the first means no bond.
        sequential: units of the hidden layer before each of these choices; 0 makes
            all at once.
        relaxation: see `layers.Categorical`.
        temperature: see `layers.Categorical`.
        choice_temperature: see `layers.Categorical`.
    """
    symbols, kinds, atoms = _check_graph(image_shape, bond_kinds)
    check_whole(1, latent_dim=latent_dim)
    check_whole(0, sequential=sequential)
    inputs.check_one_hot(value_range)
    named, code = inputs.with_label("latent", (latent_dim,), condition)
    x = inputs.join(named["latent"], code)
    for units in hidden:
        x = inputs.activation(activation)(layers.Dense(units)(x))
    room = ((0, 0), (0, 0), (0, kinds - bond_kinds))

    def of_atoms(x):
        return layers.Reshape((atoms, kinds))(layers.Dense(atoms * kinds)(x))

    def of_bonds(x, count):
        logits = layers.Reshape((count, bond_kinds))(
            layers.Dense(count * bond_kinds)(x)
        )
        return ops.pad(logits, room, constant_values=NEVER)

    def choose(logits):
        return Categorical(relaxation, temperature, choice_temperature)(logits)

    if not sequential:
        logits = [of_atoms(x), of_bonds(x, symbols - atoms)]
        x = choose(layers.Concatenate(axis=1)(logits))
        return keras.Model(named, x, name="generator")
    chosen = [choose(of_atoms(x))]
    for count in range(atoms - 1, 0, -1):  # of pairs (i, j) with the same i
        y = layers.Concatenate()([x, *map(layers.Flatten(), chosen)])
        y = inputs.activation("relu")(layers.Dense(sequential)(y))
        chosen.append(choose(of_bonds(y, count)))
    x = layers.Concatenate(axis=1)(chosen)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    convolutions=(128, 64),
    aggregation=128,
    hidden=(128, 64),
    activation="tanh",
    bond_kinds=4,
    d_norm="none",
    minibatch="none",
    condition=None,
    heads=None,
):
    """Network from sample (N, L, V) [and label (N,)] to logits (N, 1).

    Relational graph convolutions, a gated sum over the atoms, and a multilayer
    perceptron. The order of the atoms does not matter.

    Args:
        image_shape: (L, V), as in `generator`.
        convolutions: units of each graph convolution.
        aggregation: units of the gated sum.
        hidden: units of each hidden layer after it.
        activation: see `inputs.activation`.
        bond_kinds: as in `generator`.
        d_norm: a name of `norms.NORMS` except `instance`, for the layers after the sum;
            `spectral` is for all.
        minibatch: a layer of `inputs.MINIBATCH`, after the sum.
        condition: see `labels.get`; a label joins the sum.
    """
    symbols, kinds, atoms = _check_graph(image_shape, bond_kinds)
    norm, batch = norms.get(d_norm, maps=False), inputs.minibatch(minibatch)
    inputs.check_spread(batch, hidden)
    named, code = inputs.with_label("sample", (symbols, kinds), condition)
    nodes = named["sample"][:, :atoms]
    edges = named["sample"][:, atoms:, 1:bond_kinds]  # no bond carries no message
    x = nodes
    for i, units in enumerate(convolutions):
        x = layers.Concatenate()([x, nodes]) if i else nodes
        x = inputs.activation(activation)(
            norm.wrap(GraphConvolution(units))([x, edges])
        )
    x = layers.Concatenate()([x, nodes])
    gate = norm.wrap(layers.Dense(aggregation, activation="sigmoid"))(x)
    x = inputs.activation(activation)(norm.wrap(layers.Dense(aggregation))(x))
    x = ops.sum(layers.Multiply()([gate, x]), axis=1)
    x = inputs.join(inputs.activation(activation)(x), code)
    for i, units in enumerate(hidden):
        spreads = batch.spread is not None and i == len(hidden) - 1
        x = batch.spread(x) if spreads else x
        x = norm.apply(x, layers.Dense, units, normed=not spreads)
        x = inputs.activation(activation)(x)
    x = batch.last(x)
    answers = inputs.outputs(norm.wrap(layers.Dense(1))(x), x, norm, heads)
    return keras.Model(named, answers, name="discriminator")


def _check_graph(image_shape, bond_kinds):
    """Returns (symbols, kinds, atoms) of a shape."""
    symbols, kinds = inputs.check_image_shape(image_shape, ranks=(2,))
    if not 2 <= bond_kinds <= kinds:
        raise ValueError(
            f"`bond_kinds` must be from 2 to {kinds}, the kinds of a symbol. "
            f"Received: {bond_kinds!r}."
        )
    return symbols, kinds, atoms_of(symbols)
