"""R3GAN: a relativistic loss with both gradient penalties, and no tricks."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

NETWORK = {
    "name": "resnet",
    "filters": 24,
    "normalize": False,
    "d_norm": "none",
    "activation": "leaky_relu",
    "initializer": "msr",
    "zero_last": True,
    "pool": "mean",
}
SMALL = 32  # side up to which gamma is the lower one


@register(
    "r3gan",
    paper="Huang et al. 2024, The GAN is dead; long live the GAN! A Modern Baseline "
    "GAN, arXiv 2501.05441",
    tasks=("image",),
)
def r3gan(
    network=NETWORK,
    image_shape=(28, 28, 1),
    latent_dim=64,
    loss="relativistic",
    penalties="auto",
    beta_1=0.0,
    beta_2=0.99,
    ema_decay=0.999,
    **options,
):
    """Real and generated samples judged in pairs, R1 and R2, no normalisation.

    Adam without momentum and a running average of G, as in the paper. The networks
    are the residual ones of SNGAN without any normalisation in G or D and with the
    start of R3GAN, in place of the paper's larger ones, whose blocks hold grouped
    convolutions and whose maps are resampled by [1, 2, 1]. The paper lowers rate and
    gamma and raises beta_2 over training; ours are constant. It chooses gamma, the
    weight of both penalties, for each data set: from 0.05 for CIFAR-10 and 2 for FFHQ
    at 64x64 to 150 at 256x256.

    Args:
        penalties: on D; `auto` is `r1` and `r2` of weight 0.05 where no side is above
            32, of 1 above.
    """
    if penalties == "auto":
        penalties = dict.fromkeys(("r1", "r2"), _gamma(image_shape))
    return assemble(
        network=network,
        image_shape=image_shape,
        latent_dim=latent_dim,
        loss=loss,
        penalties=penalties,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )


def _gamma(image_shape):
    """Lower for small images: on D's gradient at each sample, a sum over pixels."""
    small = len(image_shape) == 1 or max(image_shape[:-1]) <= SMALL
    return 0.05 if small else 1.0
