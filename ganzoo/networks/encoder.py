"""Encoders from samples to vectors, for images, volumes and vectors."""

import keras
from keras import layers

from ganzoo.networks import dcgan, inputs, norms
from ganzoo.utils.options import check_whole


def encoder(image_shape, *, outputs, hidden=(1024, 1024), norm="batch", filters=0):
    """Network from sample (N, *image_shape) to vectors (N, outputs), LeakyReLU inside.

    Args:
        outputs: length of the vector.
        hidden: units of each hidden layer.
        norm: normalisation of each layer except the first, a name of `norms.NORMS`.
        filters: channels of the first of DCGAN's convolutions, which come before the
            hidden layers; 0 for none.
    """
    named = {"sample": _input(image_shape)}
    x = _hidden(named["sample"], hidden, norm, filters)
    return keras.Model(named, layers.Dense(outputs)(x), name="encoder")


def joint_discriminator(
    image_shape, *, latent_dim, hidden=(1024, 1024), norm="batch", filters=0
):
    """Network from sample (N, *image_shape) and latent to logits (N, 1).

    Args:
        latent_dim: length of the latent, which joins the input of every convolution
            and of the first hidden layer.
        hidden: as in `encoder`.
        norm: as in `encoder`.
        filters: as in `encoder`.
    """
    named = {"sample": _input(image_shape)}
    named["latent"] = keras.Input((latent_dim,), name="latent")
    x = _hidden(named["sample"], hidden, norm, filters, named["latent"])
    return keras.Model(named, layers.Dense(1)(x), name="discriminator")


def _input(image_shape):
    shape = inputs.check_image_shape(image_shape, ranks=(1, 3, 4))
    return keras.Input(shape, name="sample")


def _hidden(x, hidden, norm, filters, code=None):
    check_whole(1, **{f"hidden[{i}]": units for i, units in enumerate(hidden)})
    norm = norms.get(norm)
    if filters:
        x = dcgan.shrink(x, filters, 4, 0.0, norm, code)
    x = inputs.join(layers.Flatten()(x), code)
    for i, units in enumerate(hidden):
        x = norm.apply(x, layers.Dense, units, normed=bool(filters or i > 0))
        x = inputs.activation("leaky_relu")(x)
    return x
