"""Least squares GAN."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

# Chosen in experiments/pilots.md: with 2e-4, for 10^5 steps, G learns too slowly.
RATES = {"d": 4e-4, "g": 2e-3}


@register(
    "lsgan",
    paper="Mao et al. 2017, Least Squares Generative Adversarial Networks, "
    "arXiv 1611.04076",
    tasks=("image",),
)
def lsgan(
    network="dcgan",
    loss="least_squares",
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """DCGAN with the least squares loss: D's targets are 1 for real and 0 for fake.

    G draws D's output to 1 (equation 9): a sample on the right side of the boundary but
    far from the data still has a gradient. Adam with beta_1 0.5 as in the paper. Its
    deeper networks for 112x112 are left out.
    """
    return assemble(
        network=network,
        loss=loss,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
