"""DCGAN's convolutional networks (Radford et al. 2016, arXiv 1511.06434), any size.

The shorter side is halved down to 4, and at least twice: 64 gives four levels as in
the paper, 28 two (28, 14, 7).
"""

import math

import keras
from keras import layers, ops

from ganzoo.layers import Dropout, batch_norm
from ganzoo.networks import inputs


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
        filters: channels before the output layer; doubled at each level below.
        kernel: size of the transposed convolutions, a multiple of their stride 2,
            which avoids checkerboards (Odena et al. 2016).
        num_classes: number of labels, joined to the latent; 0 for none.
        value_range: of the samples.
    """
    height, width, channels = inputs.check_image_shape(image_shape, (3,), smallest=8)
    inputs.check_positive(latent_dim=latent_dim, filters=filters)
    if kernel < 2 or kernel % 2:
        raise ValueError(
            f"`kernel` must be a multiple of the stride 2. Received: {kernel}."
        )
    levels = level_count(height, width)
    base = math.ceil(height / 2**levels), math.ceil(width / 2**levels)
    named = {"latent": keras.Input((latent_dim,), name="latent")}
    x = named["latent"]
    if num_classes:
        named["label"], code = inputs.one_hot_label(num_classes)
        x = layers.Concatenate()([x, code])
    depth = filters * 2 ** (levels - 1)
    x = layers.Dense(math.prod(base) * depth, **_without_bias())(x)
    x = layers.Reshape((*base, depth))(x)
    x = layers.ReLU()(batch_norm()(x))
    for level in reversed(range(levels - 1)):
        x = layers.Conv2DTranspose(
            filters * 2**level, kernel, 2, "same", **_without_bias()
        )(x)
        x = layers.ReLU()(batch_norm()(x))
    x = layers.Conv2DTranspose(
        channels, kernel, 2, "same", kernel_initializer=_normal()
    )(x)
    x = _crop(x, height, width)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape, *, filters=64, kernel=4, dropout=0.0, normalize=True, num_classes=0
):
    """sample (N, H, W, C) [and label (N,)] to logits (N, 1).

    Convolutions of stride 2 and LeakyReLU(0.2); batch normalisation at every level
    but the first.

    Args:
        filters: channels of the first level; doubled at each level.
        kernel: size of the convolutions.
        dropout: rate after each level.
        normalize: batch normalisation as above, or none.
        num_classes: number of labels, joined to the sample as constant maps.
    """
    height, width, _ = shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    inputs.check_positive(filters=filters)
    named = {"sample": keras.Input(shape, name="sample")}
    x = named["sample"]
    if num_classes:
        named["label"], code = inputs.one_hot_label(num_classes)
        maps = layers.RepeatVector(height * width)(code)
        x = layers.Concatenate()(
            [x, layers.Reshape((height, width, num_classes))(maps)]
        )
    for level in range(level_count(height, width)):
        norm = normalize and level > 0
        x = layers.Conv2D(
            filters * 2**level,
            kernel,
            2,
            "same",
            use_bias=not norm,
            kernel_initializer=_normal(),
        )(x)
        x = batch_norm()(x) if norm else x
        x = inputs.activation("leaky_relu")(x)
        x = Dropout(dropout)(x) if dropout else x
    x = layers.Dense(1, kernel_initializer=_normal())(layers.Flatten()(x))
    return keras.Model(named, x, name="discriminator")


def level_count(height: int, width: int) -> int:
    """How often the shorter side is halved: down to 4, and at least twice."""
    return max(2, int(math.log2(min(height, width) / 4)))


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)


def _without_bias():
    return {"use_bias": False, "kernel_initializer": _normal()}


def _crop(x, height, width):
    """Cuts what odd sizes have too much, at the bottom and the right."""
    if tuple(x.shape[1:3]) == (height, width):
        return x
    return ops.convert_to_tensor(x)[:, :height, :width]
