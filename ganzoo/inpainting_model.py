"""InpaintingModel: a generator of what belongs into a hole."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.translation_model import TranslationModel


@keras.saving.register_keras_serializable("ganzoo")
class InpaintingModel(TranslationModel):
    """G fills holes; what is known stays as it is.

    The last channels of a source are the image with its hole filled by anything, the
    one before them the mask, highest in the hole; those before that, if any, are
    neighbouring frames. See `ganzoo.data.holes.punch`.

    Args:
        hole: weight of the squared error in the hole, a mean over it (eq. 1).
        overlap: pixels around the hole that G predicts, too.
        overlap_weight: of a pixel there, next to 1 in the hole.
        **settings: see `TranslationModel`.
    """

    def __init__(self, *, hole=0.999, overlap=0, overlap_weight=10.0, **settings):
        super().__init__(**settings)
        self.hole = hole
        self.overlap = overlap
        self.overlap_weight = overlap_weight
        self.loss_terms = (*self.loss_terms, "g_hole")

    def answer(self, network, source, seed, training):
        made = super().answer(network, source, seed, training)
        return self._composed(made, source)

    def generate(self, batch, training):
        """The whole prediction beside the sample, for the pixels around the hole."""
        source = batch["source"]
        made = super().answer(self.generator, source, batch["seed"], training)
        return {"sample": self._composed(made, source), "prediction": made}

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
        """Of the squared errors (N, H, W, 1): 1 in the hole, 0 in what is known."""
        mask = self._mask(source)
        if not self.overlap:
            return mask
        size = 2 * self.overlap + 1
        around = tf.nn.max_pool2d(mask, size, 1, "SAME") - mask
        return mask + self.overlap_weight * around

    def _mask(self, source):
        """1 in the hole, 0 elsewhere, (N, H, W, 1)."""
        low, high = self.value_range
        channel = self.image_shape[-1] + 1
        return (source[..., -channel : 1 - channel] - low) / (high - low)

    def _composed(self, made, source):
        known = source[..., -self.image_shape[-1] :]
        return tf.where(self._mask(source) > 0.5, made, known)

    # --- use --------------------------------------------------------------------

    def call(self, inputs, training=False):
        given = inputs if isinstance(inputs, Mapping) else {"source": inputs}
        source = tf.cast(given["source"], self.variable_dtype)
        made = super().call(given, training)
        return self._composed(tf.cast(made, source.dtype), source)

    def _checked_images(self, images, channels):
        images = super()._checked_images(images, channels)
        if images.shape[1:3] != self.source_shape[:2]:
            raise ValueError(
                "The generator sees all positions at once, so sources must have "
                f"the sides of those trained on: {self.source_shape[:2]}. "
                f"Received: {images.shape[1:3]}."
            )
        return images
