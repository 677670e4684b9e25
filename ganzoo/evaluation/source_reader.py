"""A small network that reads the source back from an image, learned on real pairs.

The idea of pix2pix's FCN-score (Isola et al. 2017, arXiv 1611.07004, section 4.1): can
a network that knows real images recognise the source in a translation? There it
predicts classes; here it predicts the source itself, so any pairs will do.
"""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from ganzoo.data.dataset import Data
from ganzoo.evaluation import small_networks
from ganzoo.utils import precision

RECIPE = 1  # raised with any change below, since it changes the scores
FILTERS = 32
DILATIONS = (1, 2, 4, 8, 1)  # the receptive field is 35 x 35 pixels, with the last
STEPS = 600
BATCH_SIZE = 32
LEARNING_RATE = 2e-3


@precision.policy("float32")
def network(image_shape, source_channels: int) -> keras.Model:
    """uint8 images (N, H, W, C) to sources (N, H, W, c), float32 in 0..1."""
    convolution = functools.partial(layers.Conv2D, kernel_size=3, padding="same")
    x = images = keras.Input(image_shape, dtype="uint8", name="images")
    x = layers.Rescaling(1 / 127.5, -1.0)(x)
    for i, dilation in enumerate(DILATIONS):
        x = convolution(
            FILTERS,
            dilation_rate=dilation,
            activation="relu",
            kernel_initializer=keras.initializers.HeNormal(seed=i),
        )(x)
    last = keras.initializers.GlorotUniform(seed=len(DILATIONS))
    x = convolution(source_channels, activation="sigmoid", kernel_initializer=last)(x)
    return keras.Model(images, x, name="reader")


def trained(data: Data) -> keras.Model:
    """Trains the reader on pairs for the least L1, with fixed seeds.

    Its weights are kept in the user's cache, by the data's fingerprint.
    """
    arrays = {key: data.arrays[key] for key in ("real", "source")}
    model = network(data.sample_shape, arrays["source"].shape[-1])

    def error(batch):
        answer = model(batch["real"], training=True)
        return tf.reduce_mean(
            tf.abs(answer - tf.cast(batch["source"], answer.dtype) / 255)
        )

    small_networks.keep_weights(
        model,
        "readers",
        f"{data.fingerprint}_recipe{RECIPE}_steps{STEPS}",
        lambda: small_networks.fit(
            model,
            arrays,
            error,
            steps=STEPS,
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
        ),
    )
    return model


def read(model, images: np.ndarray) -> np.ndarray:
    """Returns the sources that the network reads in images, uint8."""
    sources = small_networks.batched(lambda x: model(x, training=False).numpy(), images)
    return np.rint(255 * sources).astype(np.uint8)
