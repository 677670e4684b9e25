"""Deep convolutional GAN."""

from ganzoo.gan import assemble
from ganzoo.networks import dcgan as networks
from ganzoo.registry import register


@register(
    "dcgan",
    paper="Radford et al. 2016, Unsupervised Representation Learning with Deep "
    "Convolutional Generative Adversarial Networks, arXiv 1511.06434",
    tasks=("image",),
)
def dcgan(
    image_shape=(28, 28, 1),
    latent_dim=100,
    filters=64,
    kernel=4,
    dropout=0.0,
    value_range=(-1.0, 1.0),
    prior="uniform",
    **options,
):
    """Convolutions of stride 2, batch normalisation, ReLU in G, LeakyReLU in D.

    Adam with rate 2e-4 and beta_1 0.5, weights from N(0, 0.02), uniform prior, as
    in section 4 of the paper. Kernels of 4 instead of 5, so that the stride divides
    them.

    Args:
        image_shape: (H, W, C), sides of at least 8, square or not.
        latent_dim: length of the latent.
        filters: channels next to the image; doubled at each level inward.
        kernel: size of the convolutions, even.
        dropout: rate after each of D's levels.
        value_range: of the samples.
        prior: of the latent.
    """
    return assemble(
        generator=networks.generator(
            image_shape,
            latent_dim=latent_dim,
            filters=filters,
            kernel=kernel,
            value_range=value_range,
        ),
        discriminator=networks.discriminator(
            image_shape, filters=filters, kernel=kernel, dropout=dropout
        ),
        value_range=value_range,
        prior=prior,
        **options,
    )
