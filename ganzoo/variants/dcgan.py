"""Deep convolutional GAN."""

from ganzoo import networks
from ganzoo.gan import RATES, assemble
from ganzoo.registry import register


@register(
    "dcgan",
    paper="Radford et al. 2016, Unsupervised Representation Learning with Deep "
    "Convolutional Generative Adversarial Networks, arXiv 1511.06434",
    tasks=("image",),
)
def dcgan(
    image_shape=(28, 28, 1),
    latent_dim=100,
    network="dcgan",
    d_norm=None,
    filters=None,
    kernel=4,
    units=None,
    dropout=0.0,
    value_range=(-1.0, 1.0),
    prior="uniform",
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """Convolutions of stride 2, batch normalisation, ReLU in G, LeakyReLU in D.

    Adam with beta_1 0.5, weights from N(0, 0.02), uniform prior, as in section 4 of the
    paper. Kernels of 4 instead of 5, so that the stride divides them. Rates and average
    are for a few thousand steps on images up to 32x32; the paper has 2e-4 for both
    players, 64 to 128 filters and no average, for 10^5 steps.

    Args:
        image_shape: (H, W, C), sides of at least 8, square or not.
        latent_dim: length of the latent.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "resnet", d_filters = 32}. The
            options below go to it where it has them.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        filters: channels next to the image, doubled at each level inward; by default
            32 where the larger side is below 64, else 64.
        kernel: size of the convolutions, even.
        units: of a dense layer between latent and maps in G, and before the logit
            in D, 0 for none; by default 1024 where the larger side is below 64.
        dropout: rate after each of D's levels.
        value_range: of the samples.
        prior: of the latent.
        learning_rate: of both players, or a table, see `assemble`.
        ema_decay: of the running average of G; 0 keeps none.
    """
    return assemble(
        **networks.make(
            network,
            image_shape,
            latent_dim=latent_dim,
            value_range=value_range,
            penalties=options.get("penalties"),
            own={
                "filters": filters,
                "kernel": kernel,
                "units": units,
                "dropout": dropout,
                "d_norm": d_norm,
            },
            builder=dcgan,
        ),
        prior=prior,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
