"""Next frame: prediction of a clip's next frame, from coarse to fine."""

import functools

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.assemble import assemble
from ganzoo.models.from_image import TranslationModel
from ganzoo.networks import multiscale
from ganzoo.variants._registry import register


@keras.saving.register_keras_serializable("ganzoo")
class NextFrameModel(TranslationModel):
    """A generator of several scales, and a discriminator for each of them.

    `discriminator` judges the samples themselves, `coarse_discriminators` the
    generator's output at the coarser scales, the coarsest first; each sees the earlier
    frames at its size. Their losses are summed (eq. 1 and 2) and shown as d_coarse and
    g_coarse.

    Args:
        coarse_discriminators: discriminators of the scales below the finest; none for
            a model without D.
        **settings: see `TranslationModel`.
    """

    refused = {"penalties": "it has several discriminators"}

    def __init__(self, *, coarse_discriminators=(), **settings):
        super().__init__(**settings)
        self.coarse_discriminators = list(coarse_discriminators)
        if coarse_discriminators:
            self.loss_terms = (*self.loss_terms, "d_coarse", "g_coarse")

    @property
    def discriminators(self):
        return [*super().discriminators, *self.coarse_discriminators]

    @functools.cached_property
    def _every_scale(self):
        return multiscale.at_every_scale(self.generator)

    def generate(self, batch, training):
        answers = self._every_scale({"source": batch["source"]}, training=training)
        *coarse, sample = (tf.cast(x, self.variable_dtype) for x in answers)
        return {"sample": sample, "coarse": coarse}

    def discriminator_loss(self, batch, fake, training):
        terms, watched = super().discriminator_loss(batch, fake, training)
        loss = self.loss_functions.discriminator
        pairs = self._judge_coarse(batch, fake, True, training)
        coarse = [loss(real, fakes) for real, fakes in pairs]
        return {**terms, "d_coarse": self.d_weight * tf.add_n(coarse)}, watched

    def generator_loss(self, batch, fake, training):
        terms, watched = super().generator_loss(batch, fake, training)
        if self.coarse_discriminators:
            loss, paired = self.loss_functions.generator, self.loss_functions.paired
            pairs = self._judge_coarse(batch, fake, paired, training)
            coarse = [loss(real, fakes) for real, fakes in pairs]
            terms["g_coarse"] = self.adversarial * tf.add_n(coarse)
        return terms, watched

    def _judge_coarse(self, batch, fake, with_real, training):
        """Logits of real and fake samples at each coarser scale, the finest first."""
        real, source = batch["real"], batch["source"]
        scales = zip(self.coarse_discriminators, fake["coarse"], strict=True)
        for network, answer in reversed(list(scales)):
            real, source = halved(real), halved(source)
            real_logits = None
            if with_real:
                inputs = {"sample": real, "source": source}
                real_logits = self._feed(network, inputs, training)
            inputs = {"sample": answer, "source": source}
            yield real_logits, self._feed(network, inputs, training)


def halved(images):
    """Halves the size of images (N, H, W, C) by means of 2x2 pixels."""
    count = distribute.local_count(images)
    height, width, channels = images.shape[1:]
    squares = tf.reshape(images, (count, height // 2, 2, width // 2, 2, channels))
    return tf.reduce_mean(squares, axis=(2, 4))


@register(
    "next-frame",
    paper="Mathieu et al. 2015, Deep multi-scale video prediction beyond mean square "
    "error, arXiv 1511.05440",
    tasks=("translation",),
    batch_keys=("real", "source"),
)
def next_frame(
    image_shape=(32, 32, 1),
    source_shape=None,
    scales=4,
    filters=128,
    d_filters=64,
    d_units=1024,
    l1=1.0,
    l2=0.0,
    gradient_difference=1.0,
    adversarial=0.05,
    value_range=(-1.0, 1.0),
    **options,
):
    """Generators and discriminators of four scales, L1, gradients and adversaries.

    As in the paper: four frames predict the next; 32x32 patches in training and frames
    of any size in use; weight 1 for the distance (p = 1) and the gradient difference
    (alpha = 1), 0.05 for the adversarial term. The paper's distances are sums over
    pixels; here they are means. Its SGD (0.04 for G, falling to 0.005; 0.02 for D) is
    Adam at 2e-4 here; `g_optimizer="sgd", g_learning_rate=0.04` restores it. Between
    scales, pixels are doubled. `adversarial=0` is the ablation without D; with
    `l1=0, l2=1, gradient_difference=0` it is the paper's l2 model. A source holds the
    frames in its channels, the latest last: see `ganzoo.data.moving.pairs`. A size for
    two cores: `scales=3, filters=16, d_filters=8, d_units=64`.

    Tested: every term by hand (tests/variants/test_next_frame.py,
    tests/models/test_from_image.py).

    Args:
        image_shape: (H, W, C) of a frame, sides that 2^(scales - 1) divides.
        source_shape: shape of the earlier frames; by default four of them.
        scales: 2 to 4; each halves the sides.
        filters: channels of the generators' first convolutions.
        d_filters: channels of the coarsest discriminator's first convolution.
        d_units: units of the discriminators' dense layers.
        l1: weight of the L1 distance; 0 leaves it out.
        l2: weight of the squared error; 0 leaves it out.
        gradient_difference: weight of the difference of gradients; 0 leaves it out.
        adversarial: weight of G's adversarial terms; 0 builds no D.

    Raises:
        ValueError: another number of scales, or sides too small or not divisible.
    """
    _check_sides(image_shape, scales)
    *sides, channels = image_shape
    source_shape = tuple(source_shape or (*sides, 4 * channels))
    common = {"source_channels": source_shape[-1], "scales": scales}
    weights = {"l1": l1, "l2": l2, "gradient_difference": gradient_difference}
    generator = multiscale.generator(
        image_shape, filters=filters, value_range=value_range, **common
    )
    judges = []
    if adversarial:
        judges = multiscale.discriminators(
            image_shape, filters=d_filters, units=d_units, **common
        )
    return assemble(
        NextFrameModel,
        generator=generator,
        discriminator=judges[-1] if judges else None,
        coarse_discriminators=judges[:-1],
        image_shape=image_shape,
        source_shape=source_shape,
        multiple=multiscale.multiple(scales),
        reconstruction={name: weight for name, weight in weights.items() if weight},
        adversarial=adversarial,
        value_range=value_range,
        **options,
    )


def _check_sides(image_shape, scales):
    needed = multiscale.multiple(scales)
    if any(side % needed for side in image_shape[:2]):
        raise ValueError(
            f"Sides of `image_shape` must be multiples of {needed} for {scales} scales."
            f" Received: {tuple(image_shape)}."
        )
