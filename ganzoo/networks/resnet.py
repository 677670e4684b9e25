"""The residual networks of SNGAN (Miyato et al. 2018, arXiv 1802.05957), any size.

At 32x32 those of its CIFAR-10 table: in G three blocks that double the sides from
4x4, in D two that halve them, two that keep them, ReLU and a sum over positions. At
other sizes G starts as DCGAN does (the shorter side halved down to 4, at least
twice), and D halves once less.
"""

import math

import keras
from keras import layers, ops

from ganzoo.layers import ConditionalBatchNorm, SelfAttention, batch_norm
from ganzoo.networks import inputs, norms
from ganzoo.networks.dcgan import level_count


def generator(
    image_shape,
    *,
    latent_dim,
    filters=256,
    normalize=True,
    spectral=False,
    attention=False,
    num_classes=0,
    value_range=(-1.0, 1.0),
):
    """latent (N, latent_dim) [and label (N,)] to samples (N, H, W, C).

    A label acts through conditional batch normalisation in every block, or joins the
    latent where there is no normalisation.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        latent_dim: length of the latent.
        filters: channels of every block.
        normalize: batch normalisation before every ReLU.
        spectral: spectral normalisation of every layer.
        attention: self-attention before the last block, on maps of half the sides.
        num_classes: number of labels; 0 for none.
        value_range: of the samples.
    """
    *sides, channels = inputs.check_image_shape(image_shape, (3,), smallest=8)
    inputs.check_positive(latent_dim=latent_dim, filters=filters)
    norm = norms.get("spectral" if spectral else "none")
    levels = level_count(*sides)
    base = tuple(math.ceil(side / 2**levels) for side in sides)
    named = {"latent": keras.Input((latent_dim,), name="latent")}
    x, code = named["latent"], None
    if num_classes:
        named["label"], code = inputs.one_hot_label(num_classes)
        x = x if normalize else layers.Concatenate()([x, code])
    x = norm.wrap(layers.Dense(math.prod(base) * filters))(x)
    x = layers.Reshape((*base, filters))(x)
    before = _by_label(code) if normalize else lambda x: x
    for level in range(levels):
        if attention and level == levels - 1:
            x = SelfAttention(spectral=spectral)(x)
        x = _up_block(x, norm, before, use_bias=not normalize)
    x = layers.ReLU()(batch_norm()(x) if normalize else x)
    x = inputs.crop(_convolve(x, channels, norm), sides)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    filters=128,
    d_norm="spectral",
    attention=False,
    minibatch="none",
    num_classes=0,
):
    """sample (N, H, W, C) [and label (N,)] to logits (N, 1).

    A label acts by projection (Miyato and Koyama 2018, arXiv 1802.05637): the inner
    product of its embedding and the features joins the logit.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        filters: channels of every block.
        d_norm: a name of `norms.NORMS`; activations before every ReLU but those of
            the first block's input.
        attention: self-attention after the first block, on maps of half the sides.
        minibatch: a layer of `inputs.MINIBATCH`.
        num_classes: number of labels; 0 for none.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    inputs.check_positive(filters=filters)
    norm, batch = norms.get(d_norm), inputs.minibatch(minibatch)
    named = {"sample": keras.Input(shape, name="sample")}
    x = _first_block(named["sample"], filters, norm)
    x = SelfAttention(spectral=d_norm == "spectral")(x) if attention else x
    for _ in range(level_count(*shape[:-1]) - 2):
        x = _down_block(x, norm)
    x = layers.Add()([x, _convolve_twice(x, norm)])
    x = layers.Add()([x, _convolve_twice(x, norm, batch.spread)])
    features = ops.sum(_active(x, norm), axis=(1, 2))
    logit = norm.wrap(layers.Dense(1))(batch.last(features))
    if num_classes:
        named["label"], code = inputs.one_hot_label(num_classes)
        embedding = norm.wrap(layers.Dense(filters, use_bias=False))(code)
        match = ops.sum(layers.Multiply()([embedding, features]), axis=1, keepdims=True)
        logit = layers.Add()([logit, match])
    return keras.Model(named, logit, name="discriminator")


def _up_block(x, norm, before, use_bias):
    """Doubles the sides; `before` is what stands before each ReLU."""
    filters = x.shape[-1]
    h = layers.UpSampling2D()(layers.ReLU()(before(x)))
    h = _convolve(h, filters, norm, use_bias=use_bias)
    h = _convolve(layers.ReLU()(before(h)), filters, norm)
    shortcut = _convolve(layers.UpSampling2D()(x), filters, norm, size=1)
    return layers.Add()([h, shortcut])


def _by_label(code):
    """Batch normalisation, whose gain and bias the label's code chooses."""
    if code is None:
        return lambda x: batch_norm()(x)
    return lambda x: ConditionalBatchNorm()([x, code])


def _first_block(sample, filters, norm):
    """Halves the sides; nothing before the first convolution."""
    h = _convolve(sample, filters, norm, use_bias=norm.after is None)
    h = _halve(_convolve(_active(h, norm), filters, norm))
    return layers.Add()([h, _convolve(_halve(sample), filters, norm, size=1)])


def _down_block(x, norm):
    h = _halve(_convolve_twice(x, norm))
    return layers.Add()([h, _halve(_convolve(x, x.shape[-1], norm, size=1))])


def _convolve_twice(x, norm, spread=None):
    """Two convolutions; the first sees what `spread`, a layer, adds to its input."""
    filters, h = x.shape[-1], _active(x, norm)
    if spread is None:
        h = _convolve(h, filters, norm, use_bias=norm.after is None)
        return _convolve(_active(h, norm), filters, norm)
    # Normalised over the batch, what is constant there would be lost.
    h = layers.ReLU()(_convolve(spread(h), filters, norm))
    return _convolve(h, filters, norm)


def _active(x, norm):
    return layers.ReLU()(norm.after()(x) if norm.after else x)


def _convolve(x, filters, norm, size=3, use_bias=True):
    layer = layers.Conv2D(filters, size, padding="same", use_bias=use_bias)
    return norm.wrap(layer)(x)


def _halve(x):
    return layers.AveragePooling2D(2, padding="same")(x)
