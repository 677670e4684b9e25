"""Context encoder: fills holes in images, or in the frames of a clip."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.assemble import assemble
from ganzoo.models.masked import MaskedModel, check_masked
from ganzoo.networks import channelwise, dcgan
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register

RATES = {"d": 2e-4, "g": 2e-3}


@keras.saving.register_keras_serializable("ganzoo")
class InpaintingModel(MaskedModel):
    """G fills holes; known pixels stay as they are.

    Sources are those of a `MaskedModel`, whose mask is the hole; neighbouring frames
    may stand before it. See `ganzoo.data.holes.punch`.

    Args:
        **settings: see `context_encoder` and `TranslationModel`.
    """

    def __init__(self, *, hole=0.999, overlap=0, overlap_weight=10.0, **settings):
        super().__init__(**settings)
        self.hole = hole
        self.overlap = overlap
        self.overlap_weight = overlap_weight
        self.loss_terms = (*self.loss_terms, "g_hole")

    def generate(self, batch, training):
        """Adds the whole prediction to the sample, for the pixels around the hole."""
        prediction = self.predict_whole(batch, training)
        sample = self.composed(prediction, batch["source"])
        return {"sample": sample, "prediction": prediction}

    def reconstruct(self, batch, fake, training):
        error = tf.reduce_mean(
            tf.square(batch["real"] - fake["prediction"]), axis=-1, keepdims=True
        )
        weight = self._weights(batch["source"])
        # Holes differ in size, and so would the means of replicas.
        total = distribute.global_mean(tf.reduce_sum(weight))
        value = tf.math.divide_no_nan(tf.reduce_sum(weight * error), total)
        rest = super().reconstruct(batch, fake, training)
        return {**rest, "g_hole": self.hole * value}

    def _weights(self, source):
        """Weights of squared errors (N, H, W, 1): 1 in the hole, 0 in known pixels."""
        mask = self.mask(source)
        if not self.overlap:
            return mask
        size = 2 * self.overlap + 1
        around = tf.nn.max_pool2d(mask, size, 1, "SAME") - mask
        return mask + self.overlap_weight * around

    # --- use --------------------------------------------------------------------

    def _checked_images(self, images, channels):
        images = super()._checked_images(images, channels)
        if images.shape[1:3] != self.source_shape[:2]:
            raise ValueError(
                "The generator sees all positions at once, so sources must have "
                f"the sides of those trained on: {self.source_shape[:2]}. "
                f"Received: {images.shape[1:3]}."
            )
        return images


@register(
    "context-encoder",
    paper="Pathak et al. 2016, Context Encoders: Feature Learning by Inpainting, "
    "arXiv 1604.07379",
    tasks=("translation",),
    batch_keys=("real", "source"),
)
def context_encoder(
    image_shape=(64, 64, 3),
    source_shape=None,
    filters=64,
    levels=None,
    norm="batch",
    d_filters=None,
    d_norm="batch",
    hole=0.999,
    overlap=0,
    overlap_weight=10.0,
    adversarial=0.001,
    value_range=(-1.0, 1.0),
    learning_rate=RATES,
    **options,
):
    """An encoder and decoder that fill holes, judged by a DCGAN discriminator.

    As in the paper: 0.999 times the squared error in the hole plus 0.001 times the
    adversarial loss; Adam with beta_1 0.5, at 2e-4 for D and ten times that for G; a
    mean colour in the hole of the source. Differences: the source has the mask as a
    channel, so that holes can have any place and form. The encoder is DCGAN's (as in
    the authors' code), not AlexNet. The middle has the channels of the last level, not
    4000. G predicts the whole image; the sample keeps only the hole, and D sees it with
    the known pixels around it. For central holes, the paper also predicts a border of 7
    pixels, with weight 10: `overlap=7`. Its error is a sum; here, it is a mean weighted
    as its pixels are, so that holes of any size count alike. `adversarial=0` is the
    ablation without D. For a frame of a clip, neighbouring frames are further channels
    of `source_shape`. See `ganzoo.data.holes.punch`.

    Tested: every term by hand, the known pixels kept
    (tests/variants/test_context_encoder.py).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        source_shape: shape of the sources: neighbouring frames, mask, image; by
            default without neighbours.
        filters: channels of G's first level.
        levels: G's levels; by default down to about 4 positions along the shorter
            side.
        norm: G's normalisation, a name of `networks.norms`.
        d_filters: channels of D's first level; by default as `filters`.
        hole: weight of the squared error, a mean over the hole and its border (eq. 1).
        overlap: width of the border around the hole that G predicts too.
        overlap_weight: weight of a pixel in that border; 1 in the hole.
        adversarial: weight of G's adversarial term; 0 builds no D.

    Raises:
        ValueError: sources without a mask, or a wrong `overlap`.
    """
    *sides, channels = image_shape
    source_shape = tuple(source_shape or (*sides, channels + 1))
    check_masked(source_shape, image_shape)
    check_whole(0, overlap=overlap)
    generator = channelwise.generator(
        image_shape,
        source_channels=source_shape[-1],
        filters=filters,
        levels=levels,
        norm=norm,
        value_range=value_range,
    )
    discriminator = dcgan.discriminator(
        image_shape, filters=d_filters or filters, d_norm=d_norm
    )
    return assemble(
        InpaintingModel,
        generator=generator,
        discriminator=discriminator if adversarial else None,
        image_shape=image_shape,
        source_shape=source_shape,
        hole=hole,
        overlap=overlap,
        overlap_weight=overlap_weight,
        adversarial=adversarial,
        value_range=value_range,
        learning_rate=learning_rate,
        **options,
    )
