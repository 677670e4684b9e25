"""Spectrally normalised GAN."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register


@register(
    "sngan",
    paper="Miyato et al. 2018, Spectral Normalization for Generative Adversarial "
    "Networks, arXiv 1802.05957",
    tasks=("image",),
)
def sngan(
    network="resnet",
    latent_dim=128,
    loss="hinge",
    d_steps=5,
    beta_1=0.0,
    beta_2=0.9,
    ema_decay=0.99,
    **options,
):
    """Every layer of D divided by its spectral norm, residual networks, hinge loss.

    The residual networks of the paper's CIFAR-10 table at 32x32, and similar ones at
    other sizes; Adam with rate 2e-4, beta_1 0 and beta_2 0.9, five D steps per G step.
    The paper has 256 channels in G and 128 in D, {name = "resnet", g_filters =
    256, d_filters = 128}; its authors' code lets both rates fall from the first step
    (`decay="linear"`) and gives G two samples for each of D's. The power iteration
    advances once per D update, not at each pass as in the authors' code, see
    `ganzoo.layers.SpectralNorm`.
    """
    return assemble(
        network=network,
        latent_dim=latent_dim,
        loss=loss,
        d_steps=d_steps,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
