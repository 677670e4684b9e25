"""Autoencoders as D, any size: BEGAN's (arXiv 1703.10717), and one of DCGAN's levels.

In the paper (Berthelot et al. 2017), a decoder doubles the sides from DCGAN's smallest
maps up to the image, with two 3x3 convolutions with ELU at each size; an encoder is its
mirror, with channels that grow by `filters` at each halving. D is an encoder and a
decoder, G a decoder of the same form. Both end linearly by default, and values out of
range are clipped in use. The paper's optional skips from the first map to each later
one are left out.
"""

import math

import keras
from keras import layers

from ganzoo.layers import batch_norm
from ganzoo.networks import inputs, norms
from ganzoo.networks.dcgan import grow, level_count, shrink
from ganzoo.utils.options import check_whole

KERNEL = 4  # of DCGAN's convolutions


def generator(image_shape, *, latent_dim, filters=64, value_range=None):
    """Network from latent (N, latent_dim) to samples (N, H, W, C).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        latent_dim: length of the latent.
        filters: channels of every convolution.
        value_range: (low, high) of the samples; None for a linear end.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, latent_dim=latent_dim, filters=filters)
    latent = keras.Input((latent_dim,), name="latent")
    out = _decode(latent, shape, filters, value_range)
    return keras.Model({"latent": latent}, out, name="generator")


def discriminator(image_shape, *, code_dim=64, filters=64, value_range=None):
    """Network from sample (N, H, W, C) to its reconstruction.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        code_dim: length of the code between encoder and decoder.
        filters: channels of the first convolutions.
        value_range: as in `generator`.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, code_dim=code_dim, filters=filters)
    sample = keras.Input(shape, name="sample")
    levels = level_count(*shape[:-1])
    x = _convolve(sample, filters)
    for level in range(levels + 1):
        x = _convolve(_convolve(x, (level + 1) * filters), (level + 1) * filters)
        if level < levels:
            x = _convolve(x, (level + 2) * filters, stride=2)
    code = layers.Dense(code_dim)(layers.Flatten()(x))
    out = _decode(code, shape, filters, value_range)
    return keras.Model({"sample": sample}, out, name="discriminator")


def normalized(image_shape, *, code_dim, filters=32, value_range=(0.0, 1.0)):
    """Network of DCGAN's levels from sample (N, H, W, C) to its reconstruction.

    Every layer but the first and last has batch normalisation, the code too. A batch is
    all real or all fake: of a batch that repeats one image, normalisation leaves
    nothing, so D copies such a batch badly.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        code_dim: length of the code between encoder and decoder, after its ReLU.
        filters: channels next to the image, doubled at each level.
        value_range: (low, high) of the samples.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, code_dim=code_dim, filters=filters)
    sample = keras.Input(shape, name="sample")
    x = shrink(sample, filters, KERNEL, 0.0, norms.get("batch"))
    x = layers.Dense(code_dim, use_bias=False)(layers.Flatten()(x))
    code = layers.ReLU()(batch_norm()(x))
    out = grow(code, shape, filters, KERNEL, value_range)
    return keras.Model({"sample": sample}, out, name="discriminator")


def _decode(code, shape, filters, value_range):
    *sides, channels = shape
    levels = level_count(*sides)
    base = tuple(math.ceil(side / 2**levels) for side in sides)
    x = layers.Dense(math.prod(base) * filters)(code)
    x = layers.Reshape((*base, filters))(x)
    for level in range(levels + 1):
        x = layers.UpSampling2D()(x) if level else x
        x = _convolve(_convolve(x, filters), filters)
    x = inputs.crop(layers.Conv2D(channels, 3, padding="same")(x), sides)
    return layers.Activation(inputs.output_activation(value_range))(x)


def _convolve(x, filters, stride=1):
    return layers.Conv2D(filters, 3, stride, "same", activation="elu")(x)
