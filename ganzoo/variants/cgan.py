"""Conditional GAN: both players see the label."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

NETWORK = {
    "name": "mlp",
    "g_hidden": (256, 512),
    "d_hidden": (512, 256),
    "label_units": 50,
    "dropout": 0.3,
}

# G crawls at DCGAN's 2e-4 for both players, which is for 10^5 steps; chosen by the
# pilots of experiments/pilots.md.
RATES = {"d": 4e-4, "g": 1e-3}


@register(
    "cgan",
    paper="Mirza and Osindero 2014, Conditional Generative Adversarial Nets, "
    "arXiv 1411.1784",
    tasks=("image", "conditional"),
    batch_keys=("real", "label"),
)
def cgan(
    network=NETWORK,
    num_classes=10,
    value_range=(-1.0, 1.0),
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """Multilayer perceptrons whose inputs are joined by the label's code.

    As in the paper the label passes a layer of its own before it meets the latent in G,
    the sample in D. The widths are a plain small pair that trains well;
    zoo_configs/cgan_mnist_paper.toml has the paper's.
    """
    return assemble(
        network=network,
        num_classes=num_classes,
        value_range=value_range,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
