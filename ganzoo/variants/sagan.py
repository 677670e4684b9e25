"""Self-attention GAN."""

from ganzoo import networks
from ganzoo.gan import assemble
from ganzoo.registry import register

NETWORK = {"name": "resnet", "attention": True, "spectral": True}


@register(
    "sagan",
    paper="Zhang et al. 2019, Self-Attention Generative Adversarial Networks, "
    "arXiv 1805.08318",
    tasks=("image",),
)
def sagan(
    image_shape=(28, 28, 1),
    latent_dim=128,
    network=NETWORK,
    d_norm=None,
    filters=None,
    num_classes=0,
    value_range="auto",
    loss="hinge",
    d_learning_rate=4e-4,
    g_learning_rate=1e-4,
    beta_1=0.0,
    beta_2=0.9,
    ema_decay=0.99,
    **options,
):
    """Residual networks with self-attention, spectral normalisation in G and D.

    Hinge loss, Adam with beta_1 0 and beta_2 0.9, and D's rate four times G's in place
    of more steps of D, as in the paper. Its networks are for 128x128, with attention at
    32x32; here the residual networks of SNGAN have it on maps of half the image's
    sides. Labels, which the paper's ImageNet models have, enter with `num_classes`: by
    conditional batch normalisation in G and by projection in D.

    Args:
        image_shape: (H, W, C), sides of at least 8; what the network can serve.
        latent_dim: length of the latent.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "resnet", attention = true}.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        filters: channels of the network; by default its own.
        num_classes: number of labels; 0 for none.
        value_range: of the samples; by default (-1, 1), None for vectors.
        loss: see `ganzoo.losses`.
        d_learning_rate: of D.
        g_learning_rate: of G.
        beta_1: Adam's decay of the mean gradient.
        beta_2: Adam's decay of the squared gradient.
        ema_decay: of the running average of G; 0 keeps none.
    """
    return assemble(
        **networks.make(
            network,
            image_shape,
            latent_dim=latent_dim,
            num_classes=num_classes,
            value_range=value_range,
            penalties=options.get("penalties"),
            own={"filters": filters, "d_norm": d_norm},
            builder=sagan,
        ),
        loss=loss,
        d_learning_rate=d_learning_rate,
        g_learning_rate=g_learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
