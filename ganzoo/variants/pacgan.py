"""PacGAN: the discriminator judges several samples at once."""

import keras
import tensorflow as tf

from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register

# Chosen in experiments/pilots.md: with 2e-4, for 10^5 steps, G learns too slowly.
RATES = {"d": 4e-4, "g": 2e-3}


@keras.saving.register_keras_serializable("ganzoo")
class PacGAN(GAN):
    """D sees packs of samples, all real or all fake; G is unchanged.

    Neighbouring samples of the batch form a pack, joined along the last axis: channels
    of images, coordinates of points. A pack from a collapsed G lacks the
    variety of a real one, so D sees the collapse.

    Args:
        pack: m, samples per pack; D takes (H, W, m C) or (m d,).
        **settings: see `GAN`.
    """

    def __init__(self, *, pack=2, **settings):
        super().__init__(**settings)
        self.pack = pack

    @classmethod
    def d_arguments(cls, image_shape, condition, settings):
        *sides, channels = image_shape
        pack = settings["pack"]
        if pack > 1 and (condition or len(sides) == 1):
            raise ValueError(
                "PacGAN packs images, volumes and vectors without labels: a pack has "
                "none, and D would mix the symbols of graphs and texts. Received: "
                f"samples {tuple(image_shape)}{', labels' if condition else ''}."
            )
        return {"image_shape": (*sides, pack * channels), "condition": condition}

    @property
    def batch_spec(self):
        return super().batch_spec.times(pack=self.pack)

    @property
    def has_probability(self):
        return super().has_probability and self.pack == 1

    def discriminate(self, inputs, training):
        packs = self.packed(inputs["sample"])
        return super().discriminate({**inputs, "sample": packs}, training)

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

    def _penalise(self, batch, fake, logits, training):
        # A penalty takes D's gradient at a pack.
        batch = {**batch, "real": self.packed(batch["real"])}
        return super()._penalise(batch, self.packed(fake), logits, training)

    def _critic(self, batch, training):
        critic = super()._critic(batch, training)
        return lambda packs: critic(self.unpacked(packs))


@register(
    "pacgan",
    paper="Lin et al. 2018, PacGAN: The Power of Two Samples in Generative Adversarial "
    "Networks, arXiv 1712.04086",
    tasks=("image", "points", "voxel"),
)
def pacgan(network="auto", pack=2, learning_rate=RATES, ema_decay=0.99, **options):
    """Any pair of nets, D's input widened to `pack` samples; nothing else changes.

    The paper's remedy for mode collapse. Tested: the packs, a penalty's gradient at a
    pack (tests/variants/test_pacgan.py). The config pacgan_grid25_small compares modes
    on the grid of 25 Gaussians with the same nets at `pack=1`. `batch_size` counts
    samples, so D sees batch_size / pack packs. The paper's code keeps the number of
    packs instead, and passes each sample of a pack through G in a separate batch.

    Args:
        pack: m, samples that D judges at once; 1 is the plain GAN.

    Raises:
        ValueError: a pack below 1; labels, graphs or texts in packs.
    """
    check_whole(1, pack=pack)
    return assemble(
        PacGAN,
        network=network,
        pack=pack,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
