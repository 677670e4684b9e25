"""DRAGAN: a gradient penalty around the real samples."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

PENALTIES = {"dragan": 10.0}


@register(
    "dragan",
    paper="Kodali et al. 2017, On Convergence and Stability of GANs, arXiv 1705.07215",
    tasks=("image",),
)
def dragan(network="dcgan", penalties=PENALTIES, **options):
    """The GAN's own loss, and D's gradient drawn to norm 1 where the data are.

    The weight is the paper's 10, with one step of D for each of G. The penalty rules
    out batch normalisation in D; layer normalisation replaces it. The perturbation is
    taken from the authors' code, see `ganzoo.penalties.dragan`.
    """
    return assemble(network=network, penalties=penalties, **options)
