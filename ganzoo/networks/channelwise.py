"""The context encoder's generator (Pathak et al. 2016, arXiv 1604.07379)."""

import keras
from keras import layers

from ganzoo.networks import inputs, norms
from ganzoo.networks.dcgan import level_count
from ganzoo.utils.options import check_whole

WIDEST = 8  # times `filters`: the paper's 512


def generator(
    image_shape,
    *,
    source_channels,
    filters=64,
    levels=None,
    norm="batch",
    value_range=(-1.0, 1.0),
):
    """Network from source (N, H, W, C') to samples (N, H, W, C), of a fixed size.

    Each level halves the sides by a 4x4 convolution. In the middle, each channel's map
    passes its own dense layer, so that every position sees all others, and a 1x1
    convolution mixes the channels (section 3.1). Each level of the decoder doubles the
    sides by a transposed 4x4 convolution. LeakyReLU(0.2) down, ReLU up; normalisation
    except in the first and the last layer.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        source_channels: C', the channels of the source.
        filters: channels of the first level; doubled up to 8 times.
        levels: number of levels; by default down to about 4 positions along the
            shorter side.
        norm: a name of `norms.NORMS`.
        value_range: (low, high) of the samples.
    """
    *sides, channels = inputs.check_image_shape(image_shape, (3,), smallest=8)
    levels = levels or level_count(*sides)
    check_whole(1, filters=filters, levels=levels)
    norm = norms.get(norm, option="norm")
    widths = [filters * min(2**level, WIDEST) for level in range(levels)]

    def step(kind, x, width, kernel=4, stride=2, normed=True):
        sizes = width, kernel, stride, "same"
        start = inputs.start("normal")
        return norm.apply(x, kind, *sizes, normed=normed, kernel_initializer=start)

    x = source = keras.Input((*sides, source_channels), name="source")
    for level, width in enumerate(widths):
        x = step(layers.Conv2D, x, width, normed=level > 0)
        x = inputs.activation("leaky_relu")(x)
    x = layers.ReLU()(_across_positions(x))
    x = layers.ReLU()(step(layers.Conv2D, x, widths[-1], kernel=1, stride=1))
    for width in reversed(widths[:-1]):
        x = layers.ReLU()(step(layers.Conv2DTranspose, x, width))
    x = step(layers.Conv2DTranspose, x, channels, normed=False)
    x = inputs.crop(x, sides)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model({"source": source}, x, name="generator")


def _across_positions(x):
    """Passes each channel's positions through its own dense layer."""
    height, width, channels = x.shape[1:]
    count = height * width
    x = layers.Reshape((count, channels))(x)
    x = layers.EinsumDense(
        "npc,cpq->nqc",
        (count, channels),
        bias_axes="qc",
        kernel_initializer=inputs.start("normal"),
    )(x)
    return layers.Reshape((height, width, channels))(x)
