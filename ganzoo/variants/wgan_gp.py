"""Wasserstein GAN with gradient penalty."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

# Chosen in the pilots of experiments/pilots.md.
RATES = {"d": 5e-4, "g": 1e-3}
PENALTIES = {"gradient_penalty": 10.0}


@register(
    "wgan-gp",
    paper="Gulrajani et al. 2017, Improved Training of Wasserstein GANs, "
    "arXiv 1704.00028",
    tasks=("image", "text"),
)
def wgan_gp(
    network="auto",
    latent_dim=128,
    loss="wasserstein",
    penalties=PENALTIES,
    d_steps=5,
    learning_rate=RATES,
    beta_1=0.0,
    beta_2=0.9,
    ema_decay=0.99,
    **options,
):
    """Algorithm 1: a penalty draws the critic's gradient to norm 1 between samples.

    Weight 10, five critic steps per G step, Adam with beta_1 0 and beta_2 0.9, as in
    the paper. Its rate is 1e-4 for both players, for 10^5 updates of G; the defaults
    suit a few thousand. Images have DCGAN's networks; text, lines of characters in
    one-hot code, has the residual networks of section 5. The penalty rules out
    batch normalisation in the critic; layer normalisation replaces it, as section 4
    recommends.
    """
    return assemble(
        network=network,
        latent_dim=latent_dim,
        loss=loss,
        penalties=penalties,
        d_steps=d_steps,
        learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
