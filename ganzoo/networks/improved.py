"""The MNIST networks of Salimans et al. 2016 (arXiv 1606.03498), for any sample.

Generator with batch normalisation and softplus; discriminator with weight
normalisation and Gaussian noise on every layer.
"""

import math

import keras
from keras import layers

from ganzoo.layers import GaussianNoise, WeightNormDense, batch_norm
from ganzoo.networks import inputs
from ganzoo.utils.options import check_whole


def generator(image_shape, *, latent_dim, hidden=(500, 500), value_range=(0.0, 1.0)):
    """Network from latent (N, latent_dim) to samples (N, *image_shape)."""
    shape = inputs.check_image_shape(image_shape, ranks=(1, 3, 4))
    check_whole(1, latent_dim=latent_dim)
    latent = x = keras.Input((latent_dim,), name="latent")
    for units in hidden:
        x = layers.Dense(units, use_bias=False)(x)
        x = batch_norm(scale=False, epsilon=1e-6)(x)
        x = inputs.activation("softplus")(x)
    x = WeightNormDense(math.prod(shape), kernel_initializer=_normal(0.1))(x)
    x = layers.Reshape(shape)(x)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model({"latent": latent}, x, name="generator")


def discriminator(
    image_shape,
    *,
    outputs,
    hidden=(1000, 500, 250, 250, 250),
    input_noise=0.3,
    hidden_noise=0.5,
):
    """Network from sample to {"features": (N, f), "logits": (N, outputs)}.

    The features are the last hidden layer before its noise.

    Args:
        outputs: number of logits.
        hidden: units of each hidden layer.
        input_noise: standard deviation of the noise on the sample, in training.
        hidden_noise: standard deviation of the noise on each hidden layer.
    """
    shape = inputs.check_image_shape(image_shape, ranks=(1, 3, 4))
    sample = keras.Input(shape, name="sample")
    x = GaussianNoise(input_noise)(layers.Flatten()(sample))
    for units in hidden:
        x = WeightNormDense(units, train_scale=False, kernel_initializer=_normal(0.1))(
            x
        )
        features = inputs.activation("relu")(x)
        x = GaussianNoise(hidden_noise)(features)
    logits = WeightNormDense(outputs, kernel_initializer=_normal(0.1))(x)
    answers = {"features": features, "logits": logits}
    return keras.Model({"sample": sample}, answers, name="discriminator")


def _normal(stddev):
    return keras.initializers.RandomNormal(stddev=stddev)
