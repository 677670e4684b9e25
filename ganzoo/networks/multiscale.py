"""Networks from coarse to fine (Mathieu et al. 2015, arXiv 1511.05440, table 1)."""

import keras
from keras import layers

from ganzoo.networks import inputs
from ganzoo.utils.options import check_whole

# By scale, the coarsest first: channels as multiples of `filters`, and kernels.
GENERATORS = (
    ((1, 2, 1), (3, 3, 3, 3)),
    ((1, 2, 1), (5, 3, 3, 5)),
    ((1, 2, 4, 2, 1), (5, 3, 3, 3, 3, 5)),
    ((1, 2, 4, 2, 1), (7, 5, 5, 5, 5, 7)),
)
DISCRIMINATORS = (
    ((1,), (3,)),
    ((1, 2, 2), (3, 3, 3)),
    ((2, 4, 4), (5, 5, 5)),
    ((2, 4, 8, 2), (7, 7, 5, 5)),
)
SCALES = range(2, len(GENERATORS) + 1)


def generator(
    image_shape, *, source_channels, scales=4, filters=128, value_range=(-1.0, 1.0)
):
    """Network from source (N, H, W, C') to samples (N, H, W, C), for many sizes.

    Sides may be any multiple of `multiple(scales)`. The coarsest network sees the
    source reduced by 2^(scales - 1). Each finer one sees the source at its size and the
    doubled output of the one before, to which it adds a correction (eq. 4): ReLU, tanh
    at each end. `at_every_scale` exposes the outputs at the coarser scales, which the
    discriminators judge.

    Args:
        image_shape: (H, W, C) of the training samples, sides of at least 4 at the
            coarsest scale.
        source_channels: C', the channels of the source.
        scales: number of scales, 2 to 4; 4 in the paper.
        filters: channels of the first convolutions, 128 in the paper.
        value_range: (low, high) of the samples.
    """
    smallest = 4 * multiple(scales)
    *_, channels = inputs.check_image_shape(image_shape, (3,), smallest=smallest)
    check_whole(1, filters=filters)
    source = keras.Input((None, None, source_channels), name="source")
    sources = [source]
    for _ in range(scales - 1):
        sources.append(layers.AveragePooling2D(2)(sources[-1]))
    ends = [inputs.output_activation(value_range), *["tanh"] * (scales - 1)]
    answer = None
    for k, scaled in enumerate(reversed(sources)):
        widths, kernels = GENERATORS[k]
        x = scaled
        if answer is not None:
            answer = layers.UpSampling2D(2)(answer)
            x = layers.Concatenate()([scaled, answer])
        for width, kernel in zip(widths, kernels, strict=False):
            x = layers.Conv2D(width * filters, kernel, padding="same")(x)
            x = layers.ReLU()(x)
        x = layers.Conv2D(channels, kernels[-1], padding="same")(x)
        x = layers.Activation(ends[k])(x)
        answer = x if answer is None else layers.Add()([answer, x])
    return keras.Model({"source": source}, answer, name="generator")


def at_every_scale(network) -> keras.Model:
    """Returns the generator with its outputs at all scales, the coarsest first.

    The result shares the weights of `network`. Each layer that doubles an answer has
    it as input.
    """
    doubling = (x for x in network.layers if isinstance(x, layers.UpSampling2D))
    coarse = [layer.input for layer in doubling]
    return keras.Model(network.input, [*coarse, network.output])


def multiple(scales: int) -> int:
    """Number that must divide the sides.

    Raises:
        ValueError: a number of scales outside 2 to 4.
    """
    if scales not in SCALES:
        raise ValueError(f"`scales` must be 2, 3 or 4. Received: {scales!r}.")
    return 2 ** (scales - 1)


def discriminators(image_shape, *, source_channels, scales=4, filters=64, units=1024):
    """Builds one network for each scale, the coarsest first.

    Each maps sample (N, h, w, C) and source (N, h, w, C') at its size to logits
    (N, 1): convolutions without padding, a 2x2 pooling, two dense layers; ReLU.

    Args:
        image_shape: (H, W, C) at the finest scale.
        source_channels: C', the channels of the source.
        scales: as in `generator`.
        filters: channels of the coarsest network, 64 in the paper.
        units: units of the first dense layer, 1024 in the paper; half at the coarsest.
    """
    check_whole(1, filters=filters, units=units)
    height, width, channels = image_shape
    return [
        _discriminator(
            (height >> scales - 1 - k, width >> scales - 1 - k, channels),
            source_channels,
            [filters * times for times in DISCRIMINATORS[k][0]],
            DISCRIMINATORS[k][1],
            units if k else units // 2,
        )
        for k in range(scales)
    ]


def _discriminator(shape, source_channels, widths, kernels, units):
    *sides, _ = shape
    named = {
        "sample": keras.Input(shape, name="sample"),
        "source": keras.Input((*sides, source_channels), name="source"),
    }
    x = layers.Concatenate()([named["source"], named["sample"]])
    for width, kernel in zip(widths, kernels, strict=True):
        x = layers.ReLU()(layers.Conv2D(width, kernel)(x))
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    for count in (units, units // 2):
        x = layers.ReLU()(layers.Dense(count)(x))
    return keras.Model(named, layers.Dense(1)(x), name="discriminator")
