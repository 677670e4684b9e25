"""Conditional GAN: both players see the label."""

from ganzoo import networks
from ganzoo.gan import RATES, assemble
from ganzoo.registry import register


@register(
    "cgan",
    paper="Mirza and Osindero 2014, Conditional Generative Adversarial Nets, "
    "arXiv 1411.1784",
    tasks=("image", "conditional"),
    batch_keys=("real", "label"),
)
def cgan(
    image_shape=(28, 28, 1),
    num_classes=10,
    latent_dim=100,
    network="mlp",
    d_norm=None,
    g_hidden=(256, 512),
    d_hidden=(512, 256),
    label_units=50,
    dropout=0.3,
    value_range=(-1.0, 1.0),
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """Multilayer perceptrons whose inputs are joined by the label's code.

    As in the paper the label passes a layer of its own before it meets the latent
    in G, the sample in D. The widths are a plain small pair that trains well;
    zoo_configs/cgan_mnist_paper.toml has the paper's.

    Args:
        image_shape: (H, W, C), or (d,) for vectors.
        num_classes: number of labels, 0 .. num_classes - 1.
        latent_dim: length of the latent.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "resnet", filters = 32}. The
            options below go to it where it has them.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        g_hidden: units of G's hidden layers.
        d_hidden: units of D's hidden layers.
        label_units: units of the label's own layer.
        dropout: rate on D's hidden layers.
        value_range: of the samples.
        learning_rate: of both players, or a table, see `assemble`.
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
            own={
                "g_hidden": g_hidden,
                "d_hidden": d_hidden,
                "label_units": label_units,
                "dropout": dropout,
                "d_norm": d_norm,
            },
            builder=cgan,
        ),
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
