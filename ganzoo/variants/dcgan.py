"""Deep convolutional GAN."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register


@register(
    "dcgan",
    paper="Radford et al. 2016, Unsupervised Representation Learning with Deep "
    "Convolutional Generative Adversarial Networks, arXiv 1511.06434",
    tasks=("image",),
)
def dcgan(network="dcgan", prior="uniform", **options):
    """Convolutions of stride 2, batch normalisation, ReLU in G, LeakyReLU in D.

    Adam with rate 2e-4 and beta_1 0.5, weights from N(0, 0.02), uniform prior, as in
    section 4 of the paper. Kernels of 4 instead of 5, so that the stride divides them.
    """
    return assemble(network=network, prior=prior, **options)
