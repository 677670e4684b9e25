"""3D-GAN's volumetric networks (Wu et al. 2016, arXiv 1610.07584), any size.

DCGAN's networks with a third axis. At 64^3: kernels of 4^3 and 512, 256, 128 and 64
channels in the generator, the reverse in the discriminator. The paper's first
transposed convolution, from one position to 4^3, is a dense layer here; so is D's last.
As in the paper, there is no hidden dense layer, and the first maps are normalised by
channel.
"""

from ganzoo.networks import dcgan, inputs


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
        latent_dim: length of the latent.
        filters: channels before the output layer; doubled at each level below.
        kernel: size of the transposed convolutions, a multiple of their stride 2.
        condition: see `labels.get`; a label joins the input of every layer.
        value_range: (low, high) of the samples.
    """
    shape = inputs.check_image_shape(image_shape, (4,), smallest=8)
    return dcgan.generate(
        shape,
        latent_dim,
        filters,
        kernel,
        condition,
        value_range,
        units=0,
        by_unit=False,
    )


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
        minibatch: a layer of `inputs.MINIBATCH`.
        condition: see `labels.get`; a label joins the input of every layer.
        heads: units of further linear outputs, by name, see `inputs.outputs`.
    """
    shape = inputs.check_image_shape(image_shape, (4,), smallest=8)
    return dcgan.discriminate(
        shape, filters, kernel, dropout, d_norm, minibatch, condition, heads, units=0
    )
