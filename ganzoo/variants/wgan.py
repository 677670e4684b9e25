"""Wasserstein GAN with weight clipping."""

from ganzoo import networks
from ganzoo.gan import assemble
from ganzoo.registry import register

RMSPROP = {"name": "rmsprop", "rho": 0.99}


@register(
    "wgan",
    paper="Arjovsky et al. 2017, Wasserstein GAN, arXiv 1701.07875",
    tasks=("image",),
)
def wgan(
    image_shape=(28, 28, 1),
    latent_dim=100,
    network="dcgan",
    d_norm=None,
    filters=None,
    value_range="auto",
    loss="wasserstein",
    d_steps=5,
    d_clip=0.01,
    learning_rate=5e-5,
    d_optimizer=RMSPROP,
    g_optimizer=RMSPROP,
    ema_decay=0.99,
    **options,
):
    """Algorithm 1: a critic of clipped weights, five steps of it for each of G.

    The paper's settings: RMSprop with rate 5e-5, clipping at 0.01, DCGAN's networks
    with batch normalisation in both players. RMSprop's decay of 0.99 is that of the
    authors' code. All of the critic's weights are clipped after each update, gains and
    biases among them, as in algorithm 1. The code's hundred steps of the critic for
    each of G's first 25 are left out.

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
        d_steps: updates of the critic for each of G.
        d_clip: limit of the critic's weights; 0 leaves them free.
        learning_rate: of both players.
        d_optimizer: as of `assemble`, None for Adam.
        g_optimizer: the same for G.
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
            builder=wgan,
        ),
        loss=loss,
        d_steps=d_steps,
        d_clip=d_clip,
        learning_rate=learning_rate,
        d_optimizer=d_optimizer,
        g_optimizer=g_optimizer,
        ema_decay=ema_decay,
        **options,
    )
