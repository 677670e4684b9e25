"""pix2pix's U-Net (Isola et al. 2017, arXiv 1611.07004, section 6.1.1)."""

import math

import keras
from keras import layers

from ganzoo.layers import Dropout
from ganzoo.networks import inputs, norms
from ganzoo.utils.options import check_whole

WIDEST = 8  # times `filters`: the paper's 512
NOISY = 3  # innermost levels of the decoder, which have dropout


def generator(
    image_shape,
    *,
    source_channels=None,
    filters=64,
    levels=None,
    norm="instance",
    dropout=0.5,
    noise=True,
    latent_dim=0,
    value_range=(-1.0, 1.0),
):
    """Network from source (N, H, W, C') [and latent] to samples (N, H, W, C).

    Sides may be any multiple of `multiple(levels)`. Each level halves the sides by a
    4x4 convolution. Each level of the decoder doubles them and sees the encoder's map
    of that size. LeakyReLU(0.2) down, ReLU up. The first and the innermost map are not
    normalised: the innermost may have a single position, which normalisation would
    erase.

    Args:
        image_shape: (H, W, C) of the training samples, sides of at least 4.
        source_channels: C', the channels of the source; by default C.
        filters: channels of the first level, 64 in the paper; doubled up to 8 times.
        levels: number of levels; by default down to one position along the shorter
            side, at most the paper's 8, which are for 256x256.
        norm: a name of `norms.NORMS`. The paper's batch normalisation at batch size 1
            is instance normalisation.
        dropout: dropout rate after the innermost three levels of the decoder.
        noise: if True, dropout stays active in inference: the paper's only noise.
        latent_dim: length of a latent that is added to the innermost map; 0 for none.
        value_range: (low, high) of the samples.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=4)
    levels = levels or level_count(*shape[:-1])
    check_whole(1, filters=filters, levels=levels)
    norm = norms.get(norm, option="norm")
    widths = [filters * min(2**level, WIDEST) for level in range(levels)]
    named = {
        "source": keras.Input((None, None, source_channels or shape[-1]), name="source")
    }
    x, skips = named["source"], []
    for level, width in enumerate(widths):
        x = inputs.activation("leaky_relu")(x) if level else x
        x = _convolve(layers.Conv2D, x, width, norm, 0 < level < levels - 1)
        skips.append(x)
    if latent_dim:
        named["latent"] = keras.Input((latent_dim,), name="latent")
        code = layers.Dense(widths[-1])(named["latent"])
        x = layers.Add()([x, layers.Reshape((1, 1, widths[-1]))(code)])
    for level in reversed(range(1, levels)):
        x = layers.ReLU()(x)
        x = _convolve(layers.Conv2DTranspose, x, widths[level - 1], norm, True)
        if dropout and level >= max(1, levels - NOISY):
            x = Dropout(dropout, always=noise)(x)
        x = layers.Concatenate()([x, skips[level - 1]])
    x = _convolve(layers.Conv2DTranspose, layers.ReLU()(x), shape[-1], norm, False)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model(named, x, name="generator")


def level_count(*sides: int) -> int:
    """Number of halvings of the shorter side: down to 1, at most 8."""
    return min(8, int(math.log2(min(sides))))


def multiple(levels: int) -> int:
    """Number that must divide the sides."""
    return 2**levels


def _convolve(convolution, x, filters, norm, normed):
    start = inputs.start("normal")
    sizes = filters, 4, 2, "same"
    return norm.apply(x, convolution, *sizes, normed=normed, kernel_initializer=start)
