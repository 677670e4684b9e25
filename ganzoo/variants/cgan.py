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
    network="auto",
    num_classes=10,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """Both players see the label's code: at every layer of convolutional networks.

    The default networks are DCGAN's for images, and perceptrons for vectors. The
    paper's are perceptrons, where the label passes a layer of its own before it meets
    the latent in G, the sample in D: zoo_configs/cgan_mnist_paper.toml has them.
    """
    return assemble(
        network=network,
        num_classes=num_classes,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
