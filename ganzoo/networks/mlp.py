"""Multilayer perceptrons, for samples of any shape: vectors, signals, images."""

import math

import keras
from keras import layers

from ganzoo.layers import Dropout, GaussianNoise, Maxout, MeanBias, batch_norm
from ganzoo.networks import inputs, norms
from ganzoo.networks.inputs import start
from ganzoo.utils.options import check_known, check_whole

OUTPUT_BIASES = ("zeros", "mean")


def generator(
    image_shape,
    *,
    latent_dim,
    hidden=(256, 256),
    activation="relu",
    normalize=True,
    normalize_last=False,
    hidden_noise=0.0,
    latent_to_hidden=0,
    label_units=0,
    condition=None,
    value_range=(-1.0, 1.0),
    initializer="glorot_uniform",
    output_bias="zeros",
):
    """Network from latent [and label (N,)] to samples (N, *image_shape).

    Args:
        hidden: units of each hidden layer.
        normalize: batch normalisation after each hidden layer except the last.
        normalize_last: batch normalisation after the last hidden layer too.
        hidden_noise: standard deviation of noise added to each hidden layer, in
            training and in sampling.
        latent_to_hidden: number of the latent's last values that enter at the second
            hidden layer instead of the input.
        label_units: units of a ReLU layer between the label's one-hot code and the
            latent; 0 joins the code itself.
        initializer: initializer of the kernels, see `inputs.start`.
        output_bias: start of the output's bias: `zeros`, or `mean`, the value that
            gives the mean of the first batch.
    """
    shape = inputs.check_image_shape(image_shape, ranks=(1, 2, 3, 4))
    check_whole(1, latent_dim=latent_dim)
    check_known("output_bias", [output_bias], OUTPUT_BIASES)
    ends = inputs.output_activation(value_range)
    own_bias = output_bias == "zeros"
    if not 0 <= latent_to_hidden < latent_dim or (latent_to_hidden and len(hidden) < 2):
        raise ValueError(
            "`latent_to_hidden` must leave a part of the latent to the input, and "
            f"needs two hidden layers. Received: {latent_to_hidden} of {latent_dim}, "
            f"with {len(hidden)} hidden layers."
        )
    _check_label_units(label_units, condition)
    named, code = inputs.with_label("latent", (latent_dim,), condition)
    x = named["latent"]
    late = x[:, latent_dim - latent_to_hidden :]
    x = x[:, : latent_dim - latent_to_hidden]
    if label_units:
        code = layers.Dense(label_units, activation="relu")(code)
    x = inputs.join(x, code)
    for i, units in enumerate(hidden):
        if latent_to_hidden and i == 1:
            x = layers.Concatenate()([x, late])
        norm = normalize and (normalize_last or i < len(hidden) - 1)
        x = layers.Dense(
            units, use_bias=not norm, kernel_initializer=start(initializer)
        )(x)
        x = batch_norm()(x) if norm else x
        x = inputs.activation(activation)(x)
        x = GaussianNoise(hidden_noise, always=True)(x) if hidden_noise else x
    x = layers.Dense(
        math.prod(shape), use_bias=own_bias, kernel_initializer=start(initializer)
    )(x)
    x = layers.Reshape(shape)(x)
    x = layers.Activation(ends)(x if own_bias else MeanBias(ends)(x))
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    hidden=(256, 256),
    activation="leaky_relu",
    maxout_pieces=0,
    input_dropout=0.0,
    dropout=0.0,
    d_norm="none",
    minibatch="none",
    label_units=0,
    condition=None,
    initializer="glorot_uniform",
    heads=None,
):
    """Network from sample (N, *image_shape) [and label (N,)] to logits (N, 1).

    Args:
        hidden: units of each hidden layer.
        maxout_pieces: number of linear maps per hidden unit, which takes the largest;
            0 for `activation` instead.
        input_dropout: dropout rate on the flattened sample.
        dropout: dropout rate after each hidden layer.
        d_norm: a name of `norms.NORMS` except `instance`.
        label_units: as in `generator`.
        initializer: initializer of the kernels, see `inputs.start`.
    """
    shape = inputs.check_image_shape(image_shape, ranks=(1, 2, 3, 4))
    norm, batch = norms.get(d_norm, maps=False), inputs.minibatch(minibatch)

    def hidden_layer(units, use_bias):
        begin = start(initializer)
        if maxout_pieces:
            return Maxout(units, maxout_pieces, kernel_initializer=begin)
        return layers.Dense(units, use_bias=use_bias, kernel_initializer=begin)

    inputs.check_spread(batch, hidden)
    _check_label_units(label_units, condition)
    named, code = inputs.with_label("sample", shape, condition)
    x = layers.Flatten()(named["sample"])
    x = Dropout(input_dropout)(x) if input_dropout else x
    if label_units:
        code = norm.wrap(layers.Dense(label_units, activation="relu"))(code)
    x = inputs.join(x, code)
    for i, units in enumerate(hidden):
        spreads = batch.spread is not None and i == len(hidden) - 1
        x = batch.spread(x) if spreads else x
        x = norm.apply(x, hidden_layer, units, normed=not spreads)
        x = x if maxout_pieces else inputs.activation(activation)(x)
        x = Dropout(dropout)(x) if dropout else x
    x = batch.last(x)
    logits = norm.wrap(layers.Dense(1, kernel_initializer=start(initializer)))(x)
    answers = inputs.outputs(logits, x, norm, heads)
    return keras.Model(named, answers, name="discriminator")


def _check_label_units(units, condition):
    if units and condition is None:
        raise ValueError(
            "`label_units` is for models with labels. "
            f"Received: label_units={units}, no condition."
        )
