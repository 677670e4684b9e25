"""3D-GAN's volumetric networks (Wu et al. 2016, arXiv 1610.07584), any size.

DCGAN's networks with a third axis. At 64^3: kernels of 4^3 and 512, 256, 128 and 64
channels in the generator, the reverse in the discriminator. The paper's first
transposed convolution, from one position to 4^3, is a dense layer here; so is D's last.
Below 64^3, there are 16 channels instead of 64, and a dense layer of 256 units between
latent and maps, and before the logit, as in the networks of images. The paper's
networks have `filters=64`, `units=0` and `by_unit=False`.
"""

import keras

from ganzoo.networks import dcgan, inputs, norms
from ganzoo.utils.options import check_whole

SMALL = (16, 256)  # filters, and units of the dense layers, for small volumes


def generator(
    image_shape,
    *,
    latent_dim,
    filters=None,
    kernel=4,
    units=None,
    by_unit=True,
    condition=None,
    value_range=(0.0, 1.0),
):
    """Network from latent [and label (N,)] to samples (N, D, H, W, C).

    Args:
        image_shape: (D, H, W, C), sides of at least 8.
        filters: channels before the output layer, doubled at each level below; by
            default 16 if the largest side is below 64, else 64.
        kernel: size of the transposed convolutions, a multiple of their stride 2.
        units: units of a dense layer between the latent and the maps, 0 for none; by
            default 256 if the largest side is below 64, else 0.
        by_unit: see `dcgan.generator`.
    """
    shape = inputs.check_image_shape(image_shape, (4,), smallest=8)
    check_whole(1, latent_dim=latent_dim)
    filters, units = dcgan.sizes(shape, SMALL, filters, units)
    named, code = inputs.with_label("latent", (latent_dim,), condition)
    x = named["latent"]
    x = dcgan.grow(x, shape, filters, kernel, value_range, units, code, by_unit)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    filters=None,
    kernel=4,
    units=None,
    maps=None,
    dropout=0.0,
    d_norm="batch",
    minibatch="none",
    condition=None,
    heads=None,
):
    """Network from sample (N, D, H, W, C) [and label (N,)] to logits (N, 1).

    Args:
        image_shape: (D, H, W, C), sides of at least 8.
        filters: channels of the first level, doubled at each level; by default as in
            `generator`.
        kernel: size of the convolutions.
        units: units of a dense layer before the logit, 0 for none; by default as in
            `generator`.
        maps: see `dcgan.discriminator`.
        dropout: dropout rate after each level.
        d_norm: a name of `norms.NORMS`, used at every level except the first.
    """
    shape = inputs.check_image_shape(image_shape, (4,), smallest=8)
    filters, units = dcgan.sizes(shape, SMALL, filters, units)
    norm, batch = norms.get(d_norm), inputs.minibatch(minibatch)
    named, code = inputs.with_label("sample", shape, condition)
    spread = None if units else batch.spread
    last = dcgan.shrink(named["sample"], filters, kernel, dropout, norm, code, spread)
    x = dcgan.features(last, units, maps, norm, batch, code)
    return dcgan.judging(named, x, norm, heads)
