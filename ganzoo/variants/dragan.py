"""DRAGAN: a gradient penalty around the real samples."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

PENALTIES = {"dragan": 10.0}

# With DCGAN's 2e-4 for both players, meant for 10^5 steps, G learns too slowly. Chosen
# in the pilots of experiments/pilots.md.
RATES = {"d": 4e-4, "g": 1e-3}


@register(
    "dragan",
    paper="Kodali et al. 2017, On Convergence and Stability of GANs, arXiv 1705.07215",
    tasks=("image",),
)
def dragan(
    network="dcgan",
    penalties=PENALTIES,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """The GAN's own loss, with D's gradient drawn to norm 1 near the data.

    The weight is the paper's 10, with one D step per G step. The penalty rules out
    batch normalisation in D; layer normalisation replaces it. The perturbation follows
    the authors' code, see `ganzoo.penalties.dragan`.
    """
    return assemble(
        network=network,
        penalties=penalties,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
