"""Self-attention GAN."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

NETWORK = {"name": "resnet", "attention": True, "spectral": True, "last": 4}


@register(
    "sagan",
    paper="Zhang et al. 2019, Self-Attention Generative Adversarial Networks, "
    "arXiv 1805.08318",
    tasks=("image",),
)
def sagan(
    network=NETWORK,
    latent_dim=128,
    loss="hinge",
    learning_rate=1e-3,
    beta_1=0.0,
    beta_2=0.9,
    ema_decay=0.99,
    **options,
):
    """Residual networks with self-attention, spectral normalisation in G and D.

    Hinge loss, Adam with beta_1 0 and beta_2 0.9, and one D step, as in the paper,
    which has 4e-4 for D and 1e-4 for G, for 10^6 steps; 1e-3 for both was chosen in
    experiments/pilots.md. Its networks are for 128x128, with attention at 32x32; here
    SNGAN's residual networks have it on maps of half the image's sides.
    `num_classes` adds labels, as in the paper's ImageNet models: by conditional batch
    normalisation in G and by projection in D.
    """
    return assemble(
        network=network,
        latent_dim=latent_dim,
        loss=loss,
        learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
