"""PatchGAN, a discriminator of patches (Isola et al. 2017, arXiv 1611.07004)."""

import math

import keras
from keras import layers

from ganzoo.networks import inputs, norms
from ganzoo.utils.options import check_whole

LEVELS = 3
WIDEST = 8  # times `filters`: the paper's 512


def discriminator(
    image_shape, *, source_channels=0, filters=64, levels=None, d_norm="instance"
):
    """Network from sample [and source (N, H, W, C')] to a map of logits (N, h, w, 1).

    Each logit judges a square patch, whose sides are 16, 34, 70, 142 or 286 pixels for
    1 to 5 levels. 4x4 convolutions: `levels` of stride 2, one of stride 1, and one to
    the logits; LeakyReLU(0.2) between them, normalisation except in the first. Padding
    keeps every position, so the map has sides of ceil(side / 2**levels), two more than
    the authors' code.

    Args:
        image_shape: (H, W, C) of the training samples; any other size works too.
        source_channels: C', the channels of the source; 0 if D sees samples alone.
        filters: channels of the first level, 64 in the paper; doubled up to 8 times.
        levels: 3 in the paper. By default 3, or fewer for images of 8 pixels, which 3
            would halve to a single position.
        d_norm: a name of `norms.NORMS`. The paper's batch normalisation at batch size
            1 is instance normalisation.

    Raises:
        ValueError: instance normalisation of a single position.
    """
    shape = inputs.check_image_shape(image_shape, (3,))
    if levels is None:
        levels = max(1, min(LEVELS, math.ceil(math.log2(max(shape[:2]))) - 1))
    check_whole(1, filters=filters, levels=levels)
    norm = norms.get(d_norm)
    if norm.maps_only:
        norms.check_positions([-(-side // 2**levels) for side in shape[:2]])
    named = {"sample": keras.Input((None, None, shape[-1]), name="sample")}
    x = named["sample"]
    if source_channels:
        named["source"] = keras.Input((None, None, source_channels), name="source")
        x = layers.Concatenate()([named["source"], x])
    for level in range(levels + 1):
        width = filters * min(2**level, WIDEST)
        x = _convolve(x, norm, width, 2 if level < levels else 1, normed=level > 0)
        x = inputs.activation("leaky_relu")(x)
    x = _convolve(x, norm, 1, 1, normed=False)
    return keras.Model(named, x, name="discriminator")


def _convolve(x, norm, filters, stride, normed):
    sizes = filters, 4, stride, "same"
    start = inputs.start("normal")
    return norm.apply(x, layers.Conv2D, *sizes, normed=normed, kernel_initializer=start)
