"""Residual networks along a sequence (Gulrajani et al. 2017, arXiv 1704.00028).

Those of the character model of section 5 and its authors' code, gan_language.py: blocks
of two convolutions over five symbols, added with the factor 0.3; no normalisation. G
ends in a softmax, and D sees its probabilities: a choice of characters has no gradient
that G could follow, see `layers.Categorical`. The paper has five blocks of 512 channels
and lines of 32 characters; the default trains on a CPU.
"""

import keras
from keras import layers

from ganzoo.layers import Categorical
from ganzoo.networks import inputs, norms
from ganzoo.utils.options import check_whole

SHARE = 0.3  # of a block that is added to its input


def generator(
    image_shape,
    *,
    latent_dim,
    filters=64,
    blocks=2,
    kernel=5,
    relaxation="softmax",
    temperature=1.0,
    condition=None,
    value_range=(0.0, 1.0),
):
    """Network from latent [and label (N,)] to sequences (N, L, V), one-hot in V.

    Args:
        image_shape: (L, V): L symbols of V kinds.
        filters: channels.
        blocks: number of residual blocks.
        kernel: symbols that a convolution spans.
        relaxation: see `layers.Categorical`.
        temperature: see `layers.Categorical`.
    """
    length, kinds = inputs.check_image_shape(image_shape, ranks=(2,))
    check_whole(1, latent_dim=latent_dim, filters=filters, blocks=blocks, kernel=kernel)
    inputs.check_one_hot(value_range)
    named, code = inputs.with_label("latent", (latent_dim,), condition)
    x = inputs.join(named["latent"], code)
    x = layers.Reshape((length, filters))(layers.Dense(length * filters)(x))
    for _ in range(blocks):
        x = _block(x, filters, kernel, norms.get("none"))
    logits = layers.Conv1D(kinds, 1)(x)
    x = Categorical(relaxation, temperature)(logits)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    filters=64,
    blocks=2,
    kernel=5,
    d_norm="none",
    minibatch="none",
    condition=None,
    heads=None,
):
    """Network from sample (N, L, V) [and label (N,)] to logits (N, 1).

    Args:
        image_shape: (L, V), as in `generator`.
        filters: channels.
        blocks: number of residual blocks.
        kernel: symbols that a convolution spans.
        d_norm: a name of `norms.NORMS`.
        minibatch: a layer of `inputs.MINIBATCH`, before the logit.
        condition: see `labels.get`; a label joins the input at every symbol.
    """
    shape = inputs.check_image_shape(image_shape, ranks=(2,))
    check_whole(1, filters=filters, blocks=blocks, kernel=kernel)
    norm, batch = norms.get(d_norm), inputs.minibatch(minibatch)
    named, code = inputs.with_label("sample", shape, condition)
    x = inputs.join(named["sample"], code)
    x = norm.wrap(layers.Conv1D(filters, 1))(x)
    for _ in range(blocks):
        x = _block(x, filters, kernel, norm)
    x = batch.spread(x) if batch.spread is not None else x
    x = batch.last(layers.Flatten()(x))
    answers = inputs.outputs(norm.wrap(layers.Dense(1))(x), x, norm, heads)
    return keras.Model(named, answers, name="discriminator")


def _block(x, filters, kernel, norm):
    y = x
    for _ in range(2):
        y = inputs.activation("relu")(y)
        y = norm.apply(y, layers.Conv1D, filters, kernel, padding="same")
    return layers.Add()([x, layers.Rescaling(SHARE)(y)])
