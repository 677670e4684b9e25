"""Deep convolutional GAN."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

# Chosen in experiments/pilots.md: with 2e-4, for 10^5 steps, G learns too slowly.
RATES = {"d": 4e-4, "g": 2e-3}
PENALTIES = {"lecam": 0.1}


@register(
    "dcgan",
    paper="Radford et al. 2016, Unsupervised Representation Learning with Deep "
    "Convolutional Generative Adversarial Networks, arXiv 1511.06434",
    tasks=("image",),
)
def dcgan(
    network="dcgan",
    prior="uniform",
    penalties=PENALTIES,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """Convolutions of stride 2, batch normalisation, ReLU in G, LeakyReLU in D.

    Adam with beta_1 0.5, weights from N(0, 0.02), uniform prior, as in section 4 of the
    paper. Kernels of 4 instead of 5, so that the stride divides them. Below 64 pixels,
    both players have a dense layer, and D's logit reads it, the means of the maps and
    their spread over the batch. LeCam (Tseng et al. 2021, arXiv 2104.03310) keeps D
    from winning after a few thousand steps; `penalties={}` leaves it out. The rates and
    the average suit a few thousand steps on images up to 32x32; the paper has 2e-4 for
    both players, 64 to 128 filters, no penalty and no average, for 10^5 steps.
    """
    return assemble(
        network=network,
        prior=prior,
        penalties=penalties,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
