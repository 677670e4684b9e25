"""Pixel shuffle: channels become pixels (Shi et al. 2016, arXiv 1609.05158)."""

import keras
import tensorflow as tf

from ganzoo.utils.options import check_whole


@keras.saving.register_keras_serializable("ganzoo")
class PixelShuffle(keras.layers.Layer):
    """Maps (N, H, W, factor^2 C) to (N, factor H, factor W, C).

    The channels of a position become a square of positions, row by row; for C output
    channels, the square's first positions come first.

    Args:
        factor: side of that square, from 2.
    """

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        check_whole(2, factor=factor)
        self.factor = factor

    def call(self, inputs):
        return tf.nn.depth_to_space(inputs, self.factor)

    def compute_output_shape(self, input_shape):
        count, *sides, channels = input_shape
        larger = (side and side * self.factor for side in sides)
        return (count, *larger, channels // self.factor**2)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
