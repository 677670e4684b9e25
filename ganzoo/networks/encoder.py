"""Encoders from samples to vectors, for images, volumes and vectors."""

import keras
from keras import layers

from ganzoo.networks import dcgan, inputs, norms
from ganzoo.utils.options import check_whole

LATENT_UNITS = 512  # units of the joint discriminator's layer for the latent


def encoder(image_shape, *, outputs, hidden=(1024, 1024), norm="batch", filters=0):
    """Network from sample (N, *image_shape) to vectors (N, outputs), LeakyReLU inside.

    Args:
        outputs: length of the vector.
        hidden: units of each hidden layer.
        norm: normalisation of each layer except the first, a name of `norms.NORMS`.
        filters: channels of the first of DCGAN's convolutions, which come before the
            hidden layers; 0 for none.
    """
    named, norm = {"sample": _input(image_shape)}, norms.get(norm)
    x = named["sample"]
    x = dcgan.shrink(x, filters, 4, 0.0, norm) if filters else x
    x = _hidden(layers.Flatten()(x), hidden, norm, first=filters > 0)
    return keras.Model(named, layers.Dense(outputs)(x), name="encoder")


def joint_discriminator(
    image_shape, *, latent_dim, hidden=(1024, 1024), norm="batch", filters=0
):
    """Network from sample (N, *image_shape) and latent to logits (N, 1).

    With convolutions, only the sample passes them, the latent passes a layer of its
    own, and both join the hidden layers. These have no normalisation: over a batch, it
    would hide the scale of the encoder's latents. Without convolutions, the latent
    joins the sample.

    Args:
        latent_dim: length of the latent.
        hidden: as in `encoder`.
        norm: normalisation of the convolutions, or of perceptrons as in `encoder`.
        filters: as in `encoder`.
    """
    named = {"sample": _input(image_shape)}
    named["latent"] = code = keras.Input((latent_dim,), name="latent")
    x = named["sample"]
    if filters:
        x = dcgan.shrink(x, filters, 4, 0.0, norms.get(norm))
        norm = "none"
        code = inputs.activation("leaky_relu")(layers.Dense(LATENT_UNITS)(code))
    x = layers.Concatenate()([layers.Flatten()(x), code])
    x = _hidden(x, hidden, norms.get(norm))
    return keras.Model(named, layers.Dense(1)(x), name="discriminator")


def _input(image_shape):
    shape = inputs.check_image_shape(image_shape, ranks=(1, 3, 4))
    return keras.Input(shape, name="sample")


def _hidden(x, hidden, norm, first=False):
    """Dense layers (N, d) to (N, hidden[-1]); `first` says if the first is normed."""
    check_whole(1, **{f"hidden[{i}]": units for i, units in enumerate(hidden)})
    for i, units in enumerate(hidden):
        x = norm.apply(x, layers.Dense, units, normed=first or i > 0)
        x = inputs.activation("leaky_relu")(x)
    return x
