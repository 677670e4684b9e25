"""R3GAN: a relativistic loss with both gradient penalties, and no tricks."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

NETWORK = {
    "name": "resnet",
    "normalize": False,
    "d_norm": "none",
    "activation": "leaky_relu",
    "initializer": "msr",
    "zero_last": True,
    "last": 4,
    "pool": "weighted",
}
SMALL = 32  # largest side with the lower gamma


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
    learning_rate=1e-3,
    beta_1=0.0,
    beta_2=0.99,
    ema_decay=0.999,
    **options,
):
    """Real and generated samples judged in pairs, R1 and R2, no normalisation.

    Adam without momentum and a running average of G, as in the paper. The networks are
    SNGAN's residual ones, without normalisation in G or D, with R3GAN's initialisation
    and the end of its D: maps of 4x4 whose positions have weights of their own. The
    paper's are larger: their blocks have grouped convolutions, and maps are resampled
    by [1, 2, 1]. The paper lowers the rate and gamma and raises
    beta_2 over training; here they are constant. Gamma, the weight of both penalties,
    depends on the data set.

    Args:
        penalties: penalties on D; `auto` is `r1` and `r2`, with weight 0.05 for sides
            up to 32, else 1.
    """
    if penalties == "auto":
        penalties = dict.fromkeys(("r1", "r2"), _gamma(image_shape))
    return assemble(
        network=network,
        image_shape=image_shape,
        latent_dim=latent_dim,
        loss=loss,
        penalties=penalties,
        learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )


def _gamma(image_shape):
    """Gamma, lower for small images: the penalised gradient sums over pixels."""
    small = len(image_shape) == 1 or max(image_shape[:-1]) <= SMALL
    return 0.05 if small else 1.0
