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
PENALTIES = {"r1": 2.0, "r2": 2.0}


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
    by [1, 2, 1]. The paper lowers the rate and gamma, the weight of both penalties, and
    raises beta_2 over training; here they are constant. Its gamma depends on the data
    set, 2 on FFHQ at 64x64; ours was chosen on MNIST and drawn faces, in
    experiments/pilots.md.
    """
    return assemble(
        network=network,
        latent_dim=latent_dim,
        loss=loss,
        penalties=penalties,
        learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
