"""Least squares GAN."""

from ganzoo import networks
from ganzoo.gan import RATES, assemble
from ganzoo.registry import register


@register(
    "lsgan",
    paper="Mao et al. 2017, Least Squares Generative Adversarial Networks, "
    "arXiv 1611.04076",
    tasks=("image",),
)
def lsgan(
    image_shape=(28, 28, 1),
    latent_dim=100,
    network="dcgan",
    d_norm=None,
    filters=None,
    value_range="auto",
    loss="least_squares",
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """The least squares loss on DCGAN's networks.

    D's linear output is drawn to 1 on real and to 0 on generated samples, G draws it
    to 1 (equation 9): a sample on the right side of the boundary but far from the data
    still has a gradient. Adam with beta_1 0.5 as in the paper, whose deeper networks
    for 112x112 are left out.

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
        learning_rate: of both players, or a table, see `assemble`.
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
            builder=lsgan,
        ),
        loss=loss,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
