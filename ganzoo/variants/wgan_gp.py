"""Wasserstein GAN with gradient penalty."""

from ganzoo import networks
from ganzoo.gan import assemble
from ganzoo.registry import register

PENALTIES = {"gradient_penalty": 10.0}


@register(
    "wgan-gp",
    paper="Gulrajani et al. 2017, Improved Training of Wasserstein GANs, "
    "arXiv 1704.00028",
    tasks=("image",),
)
def wgan_gp(
    image_shape=(28, 28, 1),
    latent_dim=128,
    network="dcgan",
    d_norm=None,
    filters=None,
    value_range="auto",
    loss="wasserstein",
    penalties=PENALTIES,
    d_steps=5,
    learning_rate=1e-4,
    beta_1=0.0,
    beta_2=0.9,
    ema_decay=0.99,
    **options,
):
    """Algorithm 1: the norm of the critic's gradient is drawn to 1 between the samples.

    The paper's settings: weight 10, five steps of the critic, Adam with rate 1e-4,
    beta_1 0 and beta_2 0.9. The critic has no batch normalisation, which the penalty
    does not allow; layer normalisation stands in its place, as section 4 recommends.

    Args:
        image_shape: (H, W, C), sides of at least 8; what the network can serve.
        latent_dim: length of the latent.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "resnet", d_filters = 32}.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        filters: channels of the network; by default its own.
        value_range: of the samples; by default (-1, 1), None for vectors.
        loss: see `ganzoo.losses`.
        penalties: on the critic, see `assemble`; an empty table for none.
        d_steps: updates of the critic for each of G.
        learning_rate: of both players.
        beta_1: Adam's decay of the mean gradient.
        beta_2: Adam's decay of the squared gradient.
        ema_decay: of the running average of G; 0 keeps none.
    """
    return assemble(
        **networks.make(
            network,
            image_shape,
            latent_dim=latent_dim,
            value_range=value_range,
            penalties=penalties,
            own={"filters": filters, "d_norm": d_norm},
            builder=wgan_gp,
        ),
        loss=loss,
        penalties=penalties,
        d_steps=d_steps,
        learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
