"""SRGAN's networks (Ledig et al. 2017, arXiv 1609.04802, figure 4)."""

import keras
from keras import layers

from ganzoo.layers import PixelShuffle
from ganzoo.networks import inputs, norms
from ganzoo.utils.options import check_whole

SCALES = (2, 4)
LEVELS = 4  # levels of the discriminator: 64, 128, 256, 512 channels
LOCAL = ("none", "batch", "spectral")  # norms that keep the receptive field local
SLOPE = 0.25  # initial slope of PReLU (He et al. 2015, arXiv 1502.01852)


def generator(image_shape, *, scale=4, filters=64, blocks=16, norm="batch"):
    """Network from source (N, h, w, C) to samples (N, scale h, scale w, C), any size.

    A 9x9 convolution, residual blocks of two 3x3 convolutions, another 3x3 convolution
    and the sum with the first map; for each factor 2, a convolution to four times the
    channels and a pixel shuffle; a 9x9 convolution to the colours. PReLU has one slope
    per channel. The output is linear, as in the paper's figure; values out of range are
    clipped in use.

    Args:
        image_shape: (H, W, C) of the training samples.
        scale: 2 or 4.
        filters: channels, 64 in the paper.
        blocks: residual blocks, 16 in the paper.
        norm: a name of `norms.NORMS`; ESRGAN (1809.00219) has none.
    """
    *_, channels = inputs.check_image_shape(image_shape, (3,), smallest=scale)
    check_whole(1, filters=filters, blocks=blocks)
    norm = norms.get(norm, option="norm")

    def step(x, activated=True):
        x = norm.apply(x, _convolution, filters, 3)
        return _prelu()(x) if activated else x

    source = keras.Input((None, None, channels), name="source")
    x = first = _prelu()(norm.wrap(_convolution(filters, 9))(source))
    for _ in range(blocks):
        x = layers.Add()([x, step(step(x), activated=False)])
    x = layers.Add()([first, step(x, activated=False)])
    for _ in range(SCALES.index(scale) + 1):
        x = norm.wrap(_convolution(4 * filters, 3))(x)
        x = _prelu()(PixelShuffle(2)(x))
    x = norm.wrap(_convolution(channels, 9))(x)
    return keras.Model({"source": source}, x, name="generator")


def reach(scale: int, blocks: int, norm: str) -> int | None:
    """Number of source pixels on each side that a pixel of the sample depends on.

    None if it depends on all of them, through a normalisation over positions.
    """
    if norm not in LOCAL:
        return None
    pixels = 4  # from the last convolution, in pixels of the sample
    for _ in range(SCALES.index(scale) + 1):
        pixels = (pixels + 1) // 2 + 1
    return pixels + 1 + 2 * blocks + 4


def discriminator(image_shape, *, filters=64, units=1024, d_norm="batch"):
    """Network from sample (N, H, W, C) to logits (N, 1).

    Eight 3x3 convolutions and two dense layers. Each of four levels has a convolution
    of stride 1 and one of stride 2; the channels double from level to level.
    LeakyReLU(0.2); normalisation except in the first layer.

    Args:
        image_shape: (H, W, C).
        filters: channels of the first level, 64 in the paper.
        units: units of the dense layer, 1024 in the paper.
        d_norm: a name of `norms.NORMS`.
    """
    shape = inputs.check_image_shape(image_shape, (3,))
    check_whole(1, filters=filters, units=units)
    norm = norms.get(d_norm)
    x = sample = keras.Input(shape, name="sample")
    for level in range(LEVELS):
        for stride in (1, 2):
            sizes = filters * 2**level, 3, stride
            x = norm.apply(x, _convolution, *sizes, normed=(level, stride) != (0, 1))
            x = inputs.activation("leaky_relu")(x)
    x = norm.wrap(layers.Dense(units))(layers.Flatten()(x))
    x = norm.wrap(layers.Dense(1))(inputs.activation("leaky_relu")(x))
    return keras.Model({"sample": sample}, x, name="discriminator")


def _convolution(filters, kernel, stride=1, **options):
    return layers.Conv2D(filters, kernel, stride, "same", **options)


def _prelu():
    start = keras.initializers.Constant(SLOPE)
    return layers.PReLU(shared_axes=(1, 2), alpha_initializer=start)
