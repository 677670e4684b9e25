"""3D-GAN's volumetric networks (Wu et al. 2016, arXiv 1610.07584), any size.

DCGAN's networks with a third axis. At 64^3: kernels of 4^3 and 512, 256, 128 and 64
channels in the generator, the reverse in the discriminator. The paper's first
transposed convolution, from one position to 4^3, is a dense layer here; so is D's last.
As in the paper, there is no hidden dense layer, and the first maps are normalised by
channel.
"""

import keras
from keras import layers

from ganzoo.networks import dcgan, inputs, norms
from ganzoo.utils.options import check_whole


def generator(
    image_shape,
    *,
    latent_dim,
    filters=64,
    kernel=4,
    condition=None,
    value_range=(0.0, 1.0),
):
    """Network from latent [and label (N,)] to samples (N, D, H, W, C).

    Args:
        image_shape: (D, H, W, C), sides of at least 8.
        filters: channels before the output layer; doubled at each level below.
        kernel: size of the transposed convolutions, a multiple of their stride 2.
    """
    shape = inputs.check_image_shape(image_shape, (4,), smallest=8)
    check_whole(1, latent_dim=latent_dim)
    named, code = inputs.with_label("latent", (latent_dim,), condition)
    x = named["latent"]
    x = dcgan.grow(x, shape, filters, kernel, value_range, code=code, by_unit=False)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    filters=64,
    kernel=4,
    dropout=0.0,
    d_norm="batch",
    minibatch="none",
    condition=None,
    heads=None,
):
    """Network from sample (N, D, H, W, C) [and label (N,)] to logits (N, 1).

    Args:
        image_shape: (D, H, W, C), sides of at least 8.
        filters: channels of the first level; doubled at each level.
        kernel: size of the convolutions.
        dropout: dropout rate after each level.
        d_norm: a name of `norms.NORMS`, used at every level except the first.
    """
    shape = inputs.check_image_shape(image_shape, (4,), smallest=8)
    norm, batch = norms.get(d_norm), inputs.minibatch(minibatch)
    named, code = inputs.with_label("sample", shape, condition)
    x = named["sample"]
    x = dcgan.shrink(x, filters, kernel, dropout, norm, code, batch.spread)
    x = batch.last(inputs.join(layers.Flatten()(x), code))
    return dcgan.judging(named, x, norm, heads)
