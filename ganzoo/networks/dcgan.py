"""DCGAN's convolutional networks (Radford et al. 2016, arXiv 1511.06434), any size.

The shorter side is halved down to 4, and at least twice: 64 gives four levels as in
the paper, 28 two (28, 14, 7). `generate` and `discriminate` are the same for images
and volumes.
"""

import math

import keras
from keras import layers

from ganzoo.layers import Dropout, batch_norm
from ganzoo.networks import inputs, norms
from ganzoo.utils.options import check_whole

CONVOLUTION = {3: layers.Conv2D, 4: layers.Conv3D}
TRANSPOSED = {3: layers.Conv2DTranspose, 4: layers.Conv3DTranspose}


def generator(
    image_shape,
    *,
    latent_dim,
    filters=64,
    kernel=4,
    num_classes=0,
    value_range=(-1.0, 1.0),
):
    """latent (N, latent_dim) [and label (N,)] to samples (N, H, W, C).

    Transposed convolutions of stride 2, batch normalisation and ReLU but at the
    output; no bias before normalisation, which would cancel it.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        latent_dim: length of the latent.
        filters: channels before the output layer; doubled at each level below.
        kernel: size of the transposed convolutions, a multiple of their stride 2,
            which avoids checkerboards (Odena et al. 2016).
        num_classes: number of labels, joined to the latent; 0 for none.
        value_range: of the samples.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    return generate(shape, latent_dim, filters, kernel, num_classes, value_range)


def discriminator(
    image_shape,
    *,
    filters=64,
    kernel=4,
    dropout=0.0,
    d_norm="batch",
    minibatch="none",
    num_classes=0,
    heads=None,
):
    """sample (N, H, W, C) [and label (N,)] to logits (N, 1).

    Convolutions of stride 2 and LeakyReLU(0.2); normalisation at every level but
    the first, spectral normalisation of every layer.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        filters: channels of the first level; doubled at each level.
        kernel: size of the convolutions.
        dropout: rate after each level.
        d_norm: a name of `norms.NORMS`.
        minibatch: a layer of `inputs.MINIBATCH` before the last.
        num_classes: number of labels, joined to the sample as constant maps.
        heads: units of further linear outputs by name, see `inputs.outputs`.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    return discriminate(
        shape, filters, kernel, dropout, d_norm, minibatch, num_classes, heads
    )


def generate(shape, latent_dim, filters, kernel, num_classes, value_range):
    """`generator` of images or volumes (*sides, C)."""
    check_whole(1, latent_dim=latent_dim)
    named = {"latent": keras.Input((latent_dim,), name="latent")}
    x = named["latent"]
    if num_classes:
        named["label"], code = inputs.one_hot_label(num_classes)
        x = layers.Concatenate()([x, code])
    x = grow(x, shape, filters, kernel, value_range)
    return keras.Model(named, x, name="generator")


def grow(x, shape, filters, kernel, value_range):
    """From a vector (N, d) to samples (N, *shape), level by level."""
    *sides, channels = shape
    check_whole(1, filters=filters)
    if kernel < 2 or kernel % 2:
        raise ValueError(
            f"`kernel` must be a multiple of the stride 2. Received: {kernel}."
        )
    convolution = TRANSPOSED[len(shape)]
    levels = level_count(*sides)
    base = tuple(math.ceil(side / 2**levels) for side in sides)
    depth = filters * 2 ** (levels - 1)
    x = layers.Dense(math.prod(base) * depth, **_without_bias())(x)
    x = layers.Reshape((*base, depth))(x)
    x = layers.ReLU()(batch_norm()(x))
    for level in reversed(range(levels - 1)):
        x = convolution(filters * 2**level, kernel, 2, "same", **_without_bias())(x)
        x = layers.ReLU()(batch_norm()(x))
    x = convolution(channels, kernel, 2, "same", kernel_initializer=_normal())(x)
    x = inputs.crop(x, sides)
    return layers.Activation(inputs.output_activation(value_range))(x)


def discriminate(
    shape, filters, kernel, dropout, d_norm, minibatch, num_classes, heads
):
    """`discriminator` of images or volumes (*sides, C)."""
    norm = norms.get(d_norm)
    named = {"sample": keras.Input(shape, name="sample")}
    x = named["sample"]
    if num_classes:
        named["label"], code = inputs.one_hot_label(num_classes)
        x = layers.Concatenate()([x, inputs.constant_maps(code, shape[:-1])])
    x = shrink(x, filters, kernel, dropout, norm)
    x = inputs.minibatch(minibatch)(layers.Flatten()(x))
    logits = norm.wrap(layers.Dense(1, kernel_initializer=_normal()))(x)
    answers = inputs.outputs(logits, x, norm, heads)
    return keras.Model(named, answers, name="discriminator")


def shrink(x, filters, kernel, dropout, norm):
    """From samples (N, *sides, C) to maps of about 4 by 4, level by level."""
    check_whole(1, filters=filters)
    convolution = CONVOLUTION[len(x.shape) - 1]
    for level in range(level_count(*x.shape[1:-1])):
        normed = norm.after is not None and level > 0
        layer = convolution(
            filters * 2**level,
            kernel,
            2,
            "same",
            use_bias=not normed,
            kernel_initializer=_normal(),
        )
        x = norm.wrap(layer)(x)
        x = norm.after()(x) if normed else x
        x = inputs.activation("leaky_relu")(x)
        x = Dropout(dropout)(x) if dropout else x
    return x


def level_count(*sides: int) -> int:
    """How often the shortest side is halved: down to 4, and at least twice."""
    return max(2, int(math.log2(min(sides) / 4)))


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)


def _without_bias():
    return {"use_bias": False, "kernel_initializer": _normal()}
