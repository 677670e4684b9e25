"""MaskedModel: a translation that changes only what a mask marks."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from ganzoo.models.from_image import TranslationModel


@keras.saving.register_keras_serializable("ganzoo")
class MaskedModel(TranslationModel):
    """Known pixels stay as they are; G makes those under the mask.

    The last channels of a source are the image, with any values under the mask. The
    channel before them is the mask, highest where G may paint; those before that, if
    any, are for G alone. See `ganzoo.data.holes.punch` and `ganzoo.data.flood.sources`.
    """

    def answer(self, network, source, seed, training):
        prediction = super().answer(network, source, seed, training)
        return self.composed(prediction, source)

    def predict_whole(self, batch, training):
        """G's output for the whole image, before the known pixels are put back."""
        source = batch["source"]
        return super().answer(self.generator, source, batch["seed"], training)

    def mask(self, source):
        """Mask (N, H, W, 1): 1 where G paints, 0 elsewhere."""
        low, high = self.value_range
        channel = self.image_shape[-1] + 1
        return (source[..., -channel : 1 - channel] - low) / (high - low)

    def composed(self, prediction, source):
        """The prediction under the mask, the source's image elsewhere."""
        known = source[..., -self.image_shape[-1] :]
        return tf.where(self.mask(source) > 0.5, prediction, known)

    def call(self, inputs, training=False):
        values = inputs if isinstance(inputs, Mapping) else {"source": inputs}
        source = tf.cast(values["source"], self.variable_dtype)
        prediction = super().call(values, training)
        return self.composed(tf.cast(prediction, source.dtype), source)


def check_masked(source_shape, image_shape):
    """Refuses sources without a mask.

    Raises:
        ValueError: the channels are not those of an image, its mask, and any number of
            further images.
    """
    received, channels = source_shape[-1], image_shape[-1]
    if received % channels != 1 % channels or received <= channels:
        raise ValueError(
            "Sources must have the channels of an image, one of its mask, and those of "
            f"neighbouring frames, if any: {channels + 1}, {2 * channels + 1}, ... "
            f"Received: {received}."
        )
