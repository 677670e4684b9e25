"""PacGAN: the discriminator judges several samples at once."""

import keras
import tensorflow as tf

from ganzoo import networks
from ganzoo.gan import GAN, RATES, assemble
from ganzoo.networks import inputs
from ganzoo.registry import register


@keras.saving.register_keras_serializable("ganzoo")
class PacGAN(GAN):
    """D sees packs of samples, all real or all fake; G is as it was.

    Samples next to each other in the batch make a pack, joined along the last axis:
    channels of images, coordinates of points. A pack from a collapsed G lacks the
    variety of a real one, so D sees the collapse.

    Args:
        pack: m, samples in a pack; D takes (H, W, m C) or (m d,).
        **settings: see `GAN`.
    """

    def __init__(self, *, pack=2, **settings):
        super().__init__(**settings)
        self.pack = pack

    @property
    def has_probability(self):
        return super().has_probability and self.pack == 1

    def discriminate(self, given, training):
        packs = self.packed(given["sample"])
        return super().discriminate({**given, "sample": packs}, training)

    def packed(self, samples):
        """(N, ..., C) to (N / m, ..., m C); the last pack is filled from the first."""
        count = tf.shape(samples)[0]
        rows = tf.range(-(-count // self.pack) * self.pack) % count
        packs = tf.reshape(
            tf.gather(samples, rows), (-1, self.pack, *samples.shape[1:])
        )
        return tf.concat(tf.unstack(packs, axis=1), axis=-1)

    def unpacked(self, packs):
        """The inverse of `packed`."""
        samples = tf.stack(tf.split(packs, self.pack, axis=-1), axis=1)
        return tf.reshape(samples, (-1, *samples.shape[2:]))

    def _penalise(self, batch, fake, training):
        # What a penalty takes D's gradient at is a pack.
        batch = {**batch, "real": self.packed(batch["real"])}
        return super()._penalise(batch, self.packed(fake), training)

    def _critic(self, batch, training):
        critic = super()._critic(batch, training)
        return lambda packs: critic(self.unpacked(packs))


@register(
    "pacgan",
    paper="Lin et al. 2018, PacGAN: The Power of Two Samples in Generative Adversarial "
    "Networks, arXiv 1712.04086",
    tasks=("image", "points", "voxel"),
)
def pacgan(
    image_shape=(28, 28, 1),
    latent_dim=100,
    pack=2,
    network=None,
    d_norm=None,
    value_range="auto",
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """Any pair of nets, D's input widened to `pack` samples; nothing else changes.

    The paper's remedy for mode collapse. Proven: the packs, a penalty's gradient at
    a pack (tests/variants/test_pacgan.py). Modes of the grid of 25 Gaussians beside
    the same nets with `pack=1`: config pacgan_grid25_small. `batch_size` counts
    samples, so that D sees batch_size / pack packs; the paper's code keeps the number
    of packs instead, and passes each of the pack's samples through G as a batch of its
    own.

    Args:
        image_shape: (H, W, C), (D, H, W, C), or (d,) for vectors.
        latent_dim: length of the latent.
        pack: m, samples that D judges at once; 1 is the plain GAN.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "mlp", maxout_pieces = 5}; by
            default `dcgan` for images, `mlp` for vectors.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        value_range: of the samples; by default (-1, 1), None (unbounded) for vectors.
        learning_rate: of both players, or a table, see `assemble`.
        ema_decay: of the running average of G; 0 keeps none.

    Raises:
        ValueError: a pack below 1.
    """
    inputs.check_positive(pack=pack)
    *sides, channels = image_shape
    return assemble(
        PacGAN,
        **networks.make(
            network or ("dcgan" if sides else "mlp"),
            image_shape,
            d_shape=(*sides, pack * channels),
            latent_dim=latent_dim,
            value_range=value_range,
            penalties=options.get("penalties"),
            own={"d_norm": d_norm},
            builder=pacgan,
        ),
        pack=pack,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
