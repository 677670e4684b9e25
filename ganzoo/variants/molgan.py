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

    A multilayer perceptron makes the atoms and bonds of a molecule; the critic
    convolves over its bonds, so the order of the atoms does not matter. The latent of
    8, the widths, five critic steps, Adam at 1e-3 and soft outputs are those of the
    authors' example.py (nicola-decao/MolGAN), which is not an experiment of the paper.
    Their penalty takes the norm of the gradient at each atom and bond; here it is that
    of WGAN-GP, of the whole sample. The reward network is left out, since its reward
    needs RDKit in every step. The running average is this zoo's.

    Of the network's options, `relaxation` decides what the critic sees of the choices
    of atoms and bonds, and `minibatch` works against collapse. Tested: the terms by
    hand (tests/variants/test_molgan.py), and that the critic is blind to the order of
    the atoms (tests/networks/test_graph.py).

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
