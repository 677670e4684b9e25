"""The residual networks of SNGAN (Miyato et al. 2018, arXiv 1802.05957), any size.

At 32x32 those of its CIFAR-10 table: in G three blocks that double the sides from
4x4, in D two that halve them, two that keep them, ReLU and a sum over positions. At
other sizes G starts as DCGAN does (the shorter side halved down to 4, at least
twice), and D halves once less.
"""

import math

import keras
from keras import layers, ops

from ganzoo.layers import ConditionalBatchNorm, batch_norm
from ganzoo.networks import inputs, norms
from ganzoo.networks.dcgan import level_count


def generator(
    image_shape, *, latent_dim, filters=256, num_classes=0, value_range=(-1.0, 1.0)
):
    """latent (N, latent_dim) [and label (N,)] to samples (N, H, W, C).

    A label acts through conditional batch normalisation in every block.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        latent_dim: length of the latent.
        filters: channels of every block.
        num_classes: number of labels; 0 for none.
        value_range: of the samples.
    """
    *sides, channels = inputs.check_image_shape(image_shape, (3,), smallest=8)
    inputs.check_positive(latent_dim=latent_dim, filters=filters)
    levels = level_count(*sides)
    base = tuple(math.ceil(side / 2**levels) for side in sides)
    named = {"latent": keras.Input((latent_dim,), name="latent")}
    code = None
    if num_classes:
        named["label"], code = inputs.one_hot_label(num_classes)
    x = layers.Dense(math.prod(base) * filters)(named["latent"])
    x = layers.Reshape((*base, filters))(x)
    for _ in range(levels):
        x = _up_block(x, code)
    x = layers.ReLU()(batch_norm()(x))
    x = inputs.crop(layers.Conv2D(channels, 3, padding="same")(x), sides)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape, *, filters=128, d_norm="spectral", minibatch="none", num_classes=0
):
    """sample (N, H, W, C) [and label (N,)] to logits (N, 1).

    A label acts by projection (Miyato and Koyama 2018, arXiv 1802.05637): the inner
    product of its embedding and the features joins the logit.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        filters: channels of every block.
        d_norm: a name of `norms.NORMS`; activations before every ReLU but those of
            the first block's input.
        minibatch: a layer of `inputs.MINIBATCH` before the last.
        num_classes: number of labels; 0 for none.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    inputs.check_positive(filters=filters)
    norm = norms.get(d_norm)
    named = {"sample": keras.Input(shape, name="sample")}
    x = _first_block(named["sample"], filters, norm)
    for _ in range(level_count(*shape[:-1]) - 2):
        x = _down_block(x, norm)
    for _ in range(2):
        x = layers.Add()([x, _convolve_twice(x, norm)])
    features = ops.sum(_active(x, norm), axis=(1, 2))
    logit = norm.wrap(layers.Dense(1))(inputs.minibatch(minibatch)(features))
    if num_classes:
        named["label"], code = inputs.one_hot_label(num_classes)
        embedding = norm.wrap(layers.Dense(filters, use_bias=False))(code)
        match = ops.sum(layers.Multiply()([embedding, features]), axis=1, keepdims=True)
        logit = layers.Add()([logit, match])
    return keras.Model(named, logit, name="discriminator")


def _up_block(x, code):
    """Doubles the sides; the label's code chooses gain and bias."""
    filters = x.shape[-1]
    h = layers.UpSampling2D()(layers.ReLU()(_by_label(x, code)))
    h = layers.Conv2D(filters, 3, padding="same", use_bias=False)(h)
    h = layers.ReLU()(_by_label(h, code))
    h = layers.Conv2D(filters, 3, padding="same")(h)
    return layers.Add()([h, layers.Conv2D(filters, 1)(layers.UpSampling2D()(x))])


def _by_label(x, code):
    return batch_norm()(x) if code is None else ConditionalBatchNorm()([x, code])


def _first_block(sample, filters, norm):
    """Halves the sides; nothing before the first convolution."""
    h = _convolve(sample, filters, norm, use_bias=norm.after is None)
    h = _halve(_convolve(_active(h, norm), filters, norm))
    return layers.Add()([h, _convolve(_halve(sample), filters, norm, size=1)])


def _down_block(x, norm):
    h = _halve(_convolve_twice(x, norm))
    return layers.Add()([h, _halve(_convolve(x, x.shape[-1], norm, size=1))])


def _convolve_twice(x, norm):
    filters = x.shape[-1]
    h = _convolve(_active(x, norm), filters, norm, use_bias=norm.after is None)
    return _convolve(_active(h, norm), filters, norm)


def _active(x, norm):
    return layers.ReLU()(norm.after()(x) if norm.after else x)


def _convolve(x, filters, norm, size=3, use_bias=True):
    layer = layers.Conv2D(filters, size, padding="same", use_bias=use_bias)
    return norm.wrap(layer)(x)


def _halve(x):
    return layers.AveragePooling2D(2, padding="same")(x)
