"""Spectrally normalised GAN."""

from ganzoo import networks
from ganzoo.gan import assemble
from ganzoo.registry import register


@register(
    "sngan",
    paper="Miyato et al. 2018, Spectral Normalization for Generative Adversarial "
    "Networks, arXiv 1802.05957",
    tasks=("image",),
)
def sngan(
    image_shape=(28, 28, 1),
    latent_dim=128,
    network="resnet",
    d_norm=None,
    filters=None,
    value_range="auto",
    loss="hinge",
    d_steps=5,
    beta_1=0.0,
    beta_2=0.9,
    ema_decay=0.99,
    **options,
):
    """Every layer of D divided by its spectral norm, residual networks, hinge loss.

    The residual networks of the paper's CIFAR-10 table at 32x32, and their like at
    other sizes; Adam with rate 2e-4, beta_1 0 and beta_2 0.9, five steps of D for each
    of G. The paper has 256 channels in G and 128 in D, {name = "resnet", g_filters =
    256, d_filters = 128}; its authors' code lets both rates fall from the first step
    (`decay="linear"`) and gives G two samples for each of D's. The power iteration
    advances once an update of D, not at each of its passes as in the authors' code, see
    `ganzoo.layers.SpectralNorm`.

    Args:
        image_shape: (H, W, C), sides of at least 8; what the network can serve.
        latent_dim: length of the latent.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "resnet", d_filters = 32}.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        filters: channels of the network; by default its own.
        value_range: of the samples; by default (-1, 1), None for vectors.
        loss: see `ganzoo.losses`.
        d_steps: updates of D for each of G.
        beta_1: Adam's decay of the mean gradient.
        beta_2: Adam's decay of the squared gradient.
        ema_decay: of the running average of G; 0 keeps none.
    """
    return assemble(
        **networks.make(
            network,
            image_shape,
            latent_dim=latent_dim,
            value_range=value_range,
            penalties=options.get("penalties"),
            own={"filters": filters, "d_norm": d_norm},
            builder=sngan,
        ),
        loss=loss,
        d_steps=d_steps,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
