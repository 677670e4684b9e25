"""CycleGAN's generator (Zhu et al. 2017, arXiv 1703.10593; Johnson et al. 2016)."""

import keras
from keras import layers, ops

from ganzoo.networks import inputs, norms
from ganzoo.utils.options import check_whole


def generator(
    image_shape,
    *,
    source_channels=None,
    filters=64,
    blocks=6,
    halvings=2,
    norm="instance",
    value_range=(-1.0, 1.0),
):
    """Network from source (N, H, W, C') to samples (N, H, W, C).

    Sides may be any multiple of 2^`halvings`, from twice that. In the paper's terms
    c7s1-64, d128, d256, R256 x `blocks`, u128, u64, c7s1-3: two halvings, residual
    blocks, two doublings by transposed 3x3 convolutions; reflected borders in the
    blocks and at both ends, ReLU, normalisation except at the output.

    Args:
        image_shape: (H, W, C) of the training samples, sides of at least 8, and of two
            positions after the last halving.
        source_channels: C', the channels of the source; by default C.
        filters: channels of the first convolution, 64 in the paper.
        blocks: residual blocks; 6 in the paper for 128x128, 9 from 256x256.
        halvings: convolutions of stride 2 before the blocks, each with twice the
            channels of the one before; 2 in the paper. Two halvings lose details of a
            few pixels in images of 32 pixels and less.
        norm: a name of `norms.NORMS`.
        value_range: (low, high) of the samples.
    """
    check_whole(1, filters=filters, blocks=blocks)
    check_whole(0, halvings=halvings)
    # Reflected borders need two positions after the last halving.
    smallest = max(8, 2 ** (halvings + 1))
    shape = inputs.check_image_shape(image_shape, (3,), smallest=smallest)
    norm = norms.get(norm, option="norm")
    source = keras.Input((None, None, source_channels or shape[-1]), name="source")

    def convolve(x, kind, *sizes, normed=True):
        start = inputs.start("normal")
        return norm.apply(x, kind, *sizes, normed=normed, kernel_initializer=start)

    x = layers.ReLU()(convolve(_reflect(source, 3), layers.Conv2D, filters, 7))
    widths = [filters * 2**level for level in range(halvings + 1)]
    for width in widths[1:]:
        x = layers.ReLU()(convolve(x, layers.Conv2D, width, 3, 2, "same"))
    for _ in range(blocks):
        y = convolve(_reflect(x, 1), layers.Conv2D, widths[-1], 3)
        y = _reflect(layers.ReLU()(y), 1)
        x = layers.Add()([x, convolve(y, layers.Conv2D, widths[-1], 3)])
    for width in widths[-2::-1]:
        x = layers.ReLU()(convolve(x, layers.Conv2DTranspose, width, 3, 2, "same"))
    x = convolve(_reflect(x, 3), layers.Conv2D, shape[-1], 7, normed=False)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model({"source": source}, x, name="generator")


def _reflect(x, border):
    return ops.pad(x, ((0, 0), (border, border), (border, border), (0, 0)), "reflect")
