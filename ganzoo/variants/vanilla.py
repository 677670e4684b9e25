"""The generative adversarial net of 2014: two multilayer perceptrons."""

from ganzoo import networks
from ganzoo.gan import assemble
from ganzoo.registry import register


@register(
    "vanilla",
    paper="Goodfellow et al. 2014, Generative Adversarial Networks, arXiv 1406.2661",
    tasks=("image", "points"),
)
def vanilla(
    image_shape=(28, 28, 1),
    latent_dim=100,
    network="mlp",
    d_norm=None,
    g_hidden=(256, 512),
    d_hidden=(512, 256),
    maxout_pieces=0,
    input_dropout=0.0,
    dropout=0.3,
    normalize=True,
    latent_to_hidden=0,
    hidden_noise=0.0,
    value_range="auto",
    ema_decay=0.99,
    **options,
):
    """Multilayer perceptrons on images, or on vectors with `image_shape=(d,)`.

    The defaults are a plain small pair that trains well. The paper's own MNIST nets
    (zoo_configs/vanilla_mnist_paper.toml) have ReLU layers of 1200 in G, maxout
    layers of 240 x 5 in D, dropout on D's input and hidden layers, a uniform prior,
    SGD with momentum and no batch normalisation.

    Args:
        image_shape: (H, W, C), (D, H, W, C), or (d,) for vectors.
        latent_dim: length of the latent.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "resnet", filters = 32}. The
            options below go to it where it has them.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        g_hidden: units of G's hidden layers.
        d_hidden: units of D's hidden layers.
        maxout_pieces: pieces of D's maxout units; 0 for LeakyReLU.
        input_dropout: dropout rate on D's input.
        dropout: dropout rate on D's hidden layers.
        normalize: batch normalisation in G.
        latent_to_hidden: numbers of the latent that enter at G's second layer.
        hidden_noise: noise added to G's hidden layers, in training and in sampling;
            section 4.1 of the paper allows noise at any layer.
        value_range: of the samples; by default (-1, 1) for images, None (unbounded)
            for vectors.
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
                "g_hidden": g_hidden,
                "d_hidden": d_hidden,
                "maxout_pieces": maxout_pieces,
                "input_dropout": input_dropout,
                "dropout": dropout,
                "normalize": normalize,
                "latent_to_hidden": latent_to_hidden,
                "hidden_noise": hidden_noise,
                "d_norm": d_norm,
            },
            builder=vanilla,
        ),
        ema_decay=ema_decay,
        **options,
    )
