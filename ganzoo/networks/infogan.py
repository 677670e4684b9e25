"""InfoGAN's MNIST networks (Chen et al. 2016, arXiv 1606.03657), for any image.

The paper's table 1 at 28x28: 1024 units, 128 and 64 channels, strides of 2. Other
sizes are halved twice as well. One trunk ends in D's logit and in Q, which infers
the codes from a sample.
"""

import math

import keras
from keras import layers

from ganzoo.layers import batch_norm
from ganzoo.networks import inputs
from ganzoo.utils.options import check_whole


def generator(
    image_shape,
    *,
    latent_dim,
    num_classes,
    filters=64,
    units=1024,
    value_range=(0.0, 1.0),
):
    """Network from latent (N, latent_dim) and label (N,) to samples (N, H, W, C).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        latent_dim: length of the noise and the continuous codes together.
        num_classes: values of the categorical code, which is the label.
        filters: channels before the output layer; twice as many below.
        units: units of the dense layer.
        value_range: (low, high) of the samples.
    """
    *sides, channels = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, latent_dim=latent_dim, filters=filters, units=units)
    base = tuple(math.ceil(side / 4) for side in sides)
    named, code = inputs.with_label("latent", (latent_dim,), num_classes)
    x = inputs.join(named["latent"], code)
    for width in (units, math.prod(base) * 2 * filters):
        x = layers.Dense(width, use_bias=False, kernel_initializer=_normal())(x)
        x = layers.ReLU()(batch_norm()(x))
    x = layers.Reshape((*base, 2 * filters))(x)
    x = layers.Conv2DTranspose(
        filters, 4, 2, "same", use_bias=False, kernel_initializer=_normal()
    )(x)
    x = layers.ReLU()(batch_norm()(x))
    x = layers.Conv2DTranspose(channels, 4, 2, "same", kernel_initializer=_normal())(x)
    x = inputs.crop(x, sides)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape, *, num_classes, codes, filters=64, units=1024, q_units=128
):
    """Network from sample (N, H, W, C) to {"logits", "category", "code"}.

    `logits` (N, 1) come from D; `category` (N, num_classes) are Q's logits of the
    categorical code, and `code` (N, codes) its means of the continuous codes.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        num_classes: values of the categorical code.
        codes: number of continuous codes, from 0.
        filters: channels of the first level; twice as many at the second.
        units: units of the dense layer that D and Q share.
        q_units: units of Q's own hidden layer.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, filters=filters, units=units, q_units=q_units)
    named = {"sample": keras.Input(shape, name="sample")}
    x = layers.Conv2D(filters, 4, 2, "same", kernel_initializer=_normal())(
        named["sample"]
    )
    x = _leaky(x)
    x = layers.Conv2D(
        2 * filters, 4, 2, "same", use_bias=False, kernel_initializer=_normal()
    )(x)
    x = layers.Flatten()(_leaky(batch_norm()(x)))
    trunk = _dense(x, units)
    q = _dense(trunk, q_units)
    heads = {
        "logits": layers.Dense(1, kernel_initializer=_normal())(trunk),
        "category": layers.Dense(num_classes, kernel_initializer=_normal())(q),
        "code": layers.Dense(codes, kernel_initializer=_normal())(q),
    }
    return keras.Model(named, heads, name="discriminator")


def _dense(x, units):
    x = layers.Dense(units, use_bias=False, kernel_initializer=_normal())(x)
    return _leaky(batch_norm()(x))


def _leaky(x):
    return layers.LeakyReLU(0.1)(x)


def _normal():
    return inputs.start("normal")
