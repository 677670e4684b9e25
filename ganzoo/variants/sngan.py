"""Spectrally normalised GAN."""

from ganzoo.models.assemble import assemble
from ganzoo.variants._registry import register

NETWORK = {"name": "resnet", "last": 4}


@register(
    "sngan",
    paper="Miyato et al. 2018, Spectral Normalization for Generative Adversarial "
    "Networks, arXiv 1802.05957",
    tasks=("image",),
)
def sngan(
    network=NETWORK,
    latent_dim=128,
    loss="hinge",
    learning_rate=1e-3,
    beta_1=0.0,
    beta_2=0.9,
    ema_decay=0.99,
    **options,
):
    """Every layer of D divided by its spectral norm, residual networks, hinge loss.

    Adam with beta_1 0 and beta_2 0.9, as in the paper's CIFAR-10 table. Its networks
    are wider, with five D steps per G step at 2e-4: config sngan_cifar10_paper. One D
    step at a higher rate costs a third of the time, and D's last maps are 4x4 instead
    of 8x8, so that narrow layers see the whole image: chosen in experiments/pilots.md.
    The authors' code gives G two samples for each of D's, and has biases that batch
    normalisation removes (`bias=True`). The power iteration advances once per D update,
    not at each pass as in the authors' code, see `ganzoo.layers.SpectralNorm`.
    """
    return assemble(
        network=network,
        latent_dim=latent_dim,
        loss=loss,
        learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        ema_decay=ema_decay,
        **options,
    )
