"""R3GAN: a relativistic loss with both gradient penalties, and no tricks."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

NETWORK = {"name": "resnet", "normalize": False, "d_norm": "none"}
PENALTIES = {"r1": 1.0, "r2": 1.0}


@register(
    "r3gan",
    paper="Huang et al. 2024, The GAN is dead; long live the GAN! A Modern Baseline "
    "GAN, arXiv 2501.05441",
    tasks=("image",),
)
def r3gan(
    network=NETWORK,
    latent_dim=64,
    loss="relativistic",
    penalties=PENALTIES,
    beta_1=0.0,
    beta_2=0.99,
    ema_decay=0.999,
    **options,
):
    """Real and generated samples judged in pairs, R1 and R2, no normalisation.

    Adam without momentum and a running average of G, as in the paper. The networks
    are the residual ones of SNGAN without any normalisation in G or D, in place of the
    paper's larger ones, whose blocks hold grouped convolutions. The paper lowers rate
    and gamma and raises beta_2 over training; ours are constant. It chooses gamma, the
    weight of both penalties, for each data set; 1 is our choice.
    """
    return assemble(
        network=network,
        latent_dim=latent_dim,
        loss=loss,
        penalties=penalties,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
