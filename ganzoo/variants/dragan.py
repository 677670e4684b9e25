"""DRAGAN: a gradient penalty around the real samples."""

from ganzoo import networks
from ganzoo.gan import RATES, assemble
from ganzoo.registry import register

PENALTIES = {"dragan": 10.0}


@register(
    "dragan",
    paper="Kodali et al. 2017, On Convergence and Stability of GANs, arXiv 1705.07215",
    tasks=("image",),
)
def dragan(
    image_shape=(28, 28, 1),
    latent_dim=100,
    network="dcgan",
    d_norm=None,
    filters=None,
    value_range="auto",
    penalties=PENALTIES,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """The GAN's own loss, and D's gradient drawn to norm 1 where the data are.

    The weight is the paper's 10, with one step of D for each of G. Layer normalisation
    stands in the place of D's batch normalisation, which a penalty on the gradient at
    each sample does not allow. The perturbation is that of the authors' code, see
    `ganzoo.penalties.dragan`.

    Args:
        image_shape: (H, W, C), sides of at least 8; what the network can serve.
        latent_dim: length of the latent.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "resnet", d_filters = 32}.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        filters: channels of the network; by default its own.
        value_range: of the samples; by default (-1, 1), None for vectors.
        penalties: on D, see `assemble`; an empty table for none.
        learning_rate: of both players, or a table, see `assemble`.
        ema_decay: of the running average of G; 0 keeps none.
    """
    return assemble(
        **networks.make(
            network,
            image_shape,
            latent_dim=latent_dim,
            value_range=value_range,
            penalties=penalties,
            own={"filters": filters, "d_norm": d_norm},
            builder=dragan,
        ),
        penalties=penalties,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
