"""MolGAN: molecules as graphs, and a critic that convolves over their bonds."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

SHAPE = (45, 5)
CODEC = {"name": "molecules"}
PENALTIES = {"gradient_penalty": 10.0}


@register(
    "molgan",
    paper="De Cao and Kipf 2018, MolGAN: An implicit generative model for small "
    "molecular graphs, arXiv 1805.11973",
    tasks=("molecules",),
)
def molgan(
    network="graph",
    image_shape=SHAPE,
    latent_dim=8,
    codec=CODEC,
    loss="wasserstein",
    penalties=PENALTIES,
    d_steps=5,
    learning_rate=1e-3,
    beta_1=0.9,
    ema_decay=0.99,
    **options,
):
    """WGAN-GP on graphs of atoms and bonds, all made at once.

    The critic convolves over the bonds, so the order of the atoms does not matter. The
    latent of 8, the widths, five critic steps, Adam at 1e-3 and soft outputs are from
    the authors' example.py (nicola-decao/MolGAN), which is not an experiment of the
    paper. Their penalty takes the norm of the gradient at each atom and bond; here it
    takes the norm over the whole sample, as in WGAN-GP. The reward network is left
    out; the running average is this zoo's. The option `relaxation` decides what the
    critic sees of the choices of atoms and bonds; `minibatch` works against collapse.

    Args:
        codec: what the symbols of a sample mean, see `data.codecs`.
    """
    return assemble(
        network=network,
        image_shape=image_shape,
        latent_dim=latent_dim,
        codec=codec,
        loss=loss,
        penalties=penalties,
        d_steps=d_steps,
        learning_rate=learning_rate,
        beta_1=beta_1,
        ema_decay=ema_decay,
        **options,
    )
