"""The generative adversarial net of 2014: two multilayer perceptrons."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

# Chosen in the pilots of experiments/pilots.md.
RATES = {"d": 2e-3, "g": 1e-3}
NETWORK = {
    "name": "mlp",
    "g_hidden": (256, 512),
    "d_hidden": (512, 256),
    "dropout": 0.3,
}


@register(
    "vanilla",
    paper="Goodfellow et al. 2014, Generative Adversarial Networks, arXiv 1406.2661",
    tasks=("image", "points"),
)
def vanilla(network=NETWORK, learning_rate=RATES, ema_decay=0.999, **options):
    """Multilayer perceptrons on images, or on vectors with `image_shape=(d,)`.

    The defaults are a plain small pair that trains well. The paper's own MNIST nets
    (zoo_configs/vanilla_mnist_paper.toml) have ReLU layers of 1200 in G, maxout
    layers of 240 x 5 in D, dropout on D's input and hidden layers, SGD with momentum
    and no batch normalisation. The paper's prior is uniform, the config's normal.
    """
    return assemble(
        network=network, learning_rate=learning_rate, ema_decay=ema_decay, **options
    )
