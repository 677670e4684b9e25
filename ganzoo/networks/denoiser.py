"""A small U-Net that predicts the noise of a noisy image (Ho et al. 2020, 2006.11239).

Residual blocks with group normalisation and swish; each level halves the sides, and the
way back sees the map of its size. The time enters every block. The paper's attention,
dropout and second block for each level are left out.
"""

import math

import keras
import numpy as np
from keras import layers, ops

from ganzoo.networks import inputs
from ganzoo.utils.options import check_whole

GROUP = 4  # fewest channels that are normalised together


def network(image_shape, *, filters=32, levels=2):
    """Network from sample (N, H, W, C) and time (N,) int32 to noise (N, H, W, C).

    Args:
        image_shape: (H, W, C), sides of at least 2^levels.
        filters: channels of the first level, a multiple of 4; each level doubles them.
        levels: number of halvings.
    """
    check_whole(1, filters=filters, levels=levels)
    shape = inputs.check_image_shape(image_shape, (3,), smallest=2**levels)
    if filters % GROUP:
        raise ValueError(
            f"`filters` must be a multiple of {GROUP}, the fewest channels that are "
            f"normalised together. Received: {filters}."
        )
    sample = keras.Input(shape, name="sample")
    time = keras.Input((), dtype="int32", name="time")
    code = _embedded(time, 4 * filters)
    x = layers.Conv2D(filters, 3, padding="same")(sample)
    skips = []
    for level in range(levels):
        x = _block(x, code, filters * 2**level)
        skips.append(x)
        x = layers.Conv2D(filters * 2 ** (level + 1), 3, 2, padding="same")(x)
    x = _block(x, code, filters * 2**levels)
    for level in reversed(range(levels)):
        skip = skips[level]
        x = inputs.crop(layers.UpSampling2D()(x), skip.shape[1:-1])
        x = _block(layers.Concatenate()([x, skip]), code, filters * 2**level)
    # The first prediction is 0, as in the authors' code.
    last = layers.Conv2D(shape[-1], 3, padding="same", kernel_initializer="zeros")
    return keras.Model(
        {"sample": sample, "time": time}, last(_normed(x)), name="generator"
    )


def _embedded(time, width):
    """A vector (N, width) of times, from sines and cosines of falling frequency."""
    half = width // 8
    frequencies = np.exp(-math.log(10_000) * np.arange(half) / half)
    angle = ops.cast(time, "float32")[:, None] * frequencies[None].astype("float32")
    waves = ops.concatenate([ops.sin(angle), ops.cos(angle)], axis=1)
    return layers.Dense(width, "swish")(layers.Dense(width, "swish")(waves))


def _normed(x):
    groups = math.gcd(8, x.shape[-1] // GROUP)
    return layers.Activation("swish")(layers.GroupNormalization(groups)(x))


def _block(x, code, filters):
    """Two convolutions of the normalised map, the time between them, and a skip."""
    y = layers.Conv2D(filters, 3, padding="same")(_normed(x))
    y = y + layers.Reshape((1, 1, filters))(layers.Dense(filters)(code))
    y = layers.Conv2D(filters, 3, padding="same")(_normed(y))
    if x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1)(x)
    return x + y
