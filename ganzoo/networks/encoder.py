"""Encoders from samples to vectors, for images, volumes and vectors."""

import keras
from keras import layers

from ganzoo.layers import batch_norm
from ganzoo.networks import inputs
from ganzoo.utils.options import check_whole


def encoder(image_shape, *, outputs, hidden=(1024, 1024), normalize=True):
    """Network from sample (N, *image_shape) to vectors (N, outputs), LeakyReLU inside.

    Args:
        outputs: length of the vector.
        hidden: units of each hidden layer.
        normalize: batch normalisation after each hidden layer except the first.
    """
    named = {"sample": _input(image_shape)}
    x = _hidden(layers.Flatten()(named["sample"]), hidden, normalize)
    return keras.Model(named, layers.Dense(outputs)(x), name="encoder")


def joint_discriminator(
    image_shape, *, latent_dim, hidden=(1024, 1024), normalize=True
):
    """Network from sample (N, *image_shape) and latent to logits (N, 1).

    Args:
        latent_dim: length of the latent.
        hidden: units of each hidden layer.
        normalize: batch normalisation after each hidden layer except the first.
    """
    named = {"sample": _input(image_shape)}
    named["latent"] = keras.Input((latent_dim,), name="latent")
    x = layers.Concatenate()([layers.Flatten()(named["sample"]), named["latent"]])
    x = _hidden(x, hidden, normalize)
    return keras.Model(named, layers.Dense(1)(x), name="discriminator")


def _input(image_shape):
    shape = inputs.check_image_shape(image_shape, ranks=(1, 3, 4))
    return keras.Input(shape, name="sample")


def _hidden(x, hidden, normalize):
    check_whole(1, **{f"hidden[{i}]": units for i, units in enumerate(hidden)})
    for i, units in enumerate(hidden):
        normed = normalize and i > 0
        x = layers.Dense(units, use_bias=not normed)(x)
        x = batch_norm()(x) if normed else x
        x = inputs.activation("leaky_relu")(x)
    return x
