"""Wasserstein GAN with weight clipping."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

# Chosen in the pilots of experiments/pilots.md.
RATES = {"d": 5e-4, "g": 1e-3}
# Keras adds epsilon under the root. The authors' code adds 1e-8 to the root: gradients
# through a critic clipped to 0.01 are small, and 1e-7 under the root would hide them.
RMSPROP = {"name": "rmsprop", "rho": 0.99, "epsilon": 1e-16}


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
    learning_rate=RATES,
    d_optimizer=RMSPROP,
    g_optimizer=RMSPROP,
    ema_decay=0.99,
    **options,
):
    """Algorithm 1: a critic with clipped weights, updated five times per G update.

    RMSprop, clipping at 0.01 and DCGAN's networks with batch normalisation in both
    players, as in the paper. Its rate is 5e-5 for both players, for 10^5 updates of G;
    the defaults suit a few thousand. RMSprop's decay of 0.99 is the default of the
    authors' code. All of the critic's weights are clipped after each update, gains and
    biases included, as in algorithm 1. The code's hundred critic steps for each of G's
    first 25 steps are left out.
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
