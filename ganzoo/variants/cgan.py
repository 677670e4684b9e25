"""Conditional GAN: both players see the label."""

from ganzoo.models.assemble import assemble
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register

# Chosen in experiments/pilots.md: with 2e-4, for 10^5 steps, G learns too slowly.
RATES = {"d": 4e-4, "g": 1e-3}


@register(
    "cgan",
    paper="Mirza and Osindero 2014, Conditional Generative Adversarial Nets, "
    "arXiv 1411.1784",
    tasks=("image", "conditional"),
    batch_keys=("real", "label"),
)
def cgan(
    network="auto", num_classes=10, learning_rate=RATES, ema_decay=0.99, **options
):
    """Both players see the label, in convolutional networks at every layer.

    The default networks are DCGAN's for images, and perceptrons for vectors. The
    paper's are perceptrons, where the label passes its own layer before it joins the
    latent in G, or the sample in D: see zoo_configs/cgan_mnist_paper.toml. More than 64
    classes, tags or numbers are embedded first, see `networks.inputs.with_label`.
    """
    check_whole(1, num_classes=num_classes)
    return assemble(
        network=network,
        num_classes=num_classes,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
