"""Wasserstein GAN with weight clipping."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

RMSPROP = {"name": "rmsprop", "rho": 0.99}


@register(
    "wgan",
    paper="Arjovsky et al. 2017, Wasserstein GAN, arXiv 1701.07875",
    tasks=("image",),
)
def wgan(
    network="dcgan",
    loss="wasserstein",
    d_steps=5,
    d_clip=0.01,
    learning_rate=5e-5,
    d_optimizer=RMSPROP,
    g_optimizer=RMSPROP,
    ema_decay=0.99,
    **options,
):
    """Algorithm 1: a critic with clipped weights, updated five times per G update.

    The paper's settings: RMSprop with rate 5e-5, clipping at 0.01, DCGAN's networks
    with batch normalisation in both players. RMSprop's decay of 0.99 is the default of
    the authors' code. All of the critic's weights are clipped after each update, gains
    and biases included, as in algorithm 1. The code's hundred critic steps for each of
    G's first 25 steps are left out.
    """
    return assemble(
        network=network,
        loss=loss,
        d_steps=d_steps,
        d_clip=d_clip,
        learning_rate=learning_rate,
        d_optimizer=d_optimizer,
        g_optimizer=g_optimizer,
        ema_decay=ema_decay,
        **options,
    )
