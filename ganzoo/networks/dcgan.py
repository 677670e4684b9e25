"""DCGAN's convolutional networks (Radford et al. 2016, arXiv 1511.06434), any size.

The shorter side is halved down to 4, and at least twice: 64 gives four levels as in
the paper, 28 two (28, 14, 7). Below 64 pixels, there is a dense layer of 1024 units
between latent and maps, and before the logit, as in the authors' code for MNIST. As
there, a label joins the input of every layer. `grow` and `shrink` serve both images and
volumes.
"""

import math

import keras
from keras import layers

from ganzoo.layers import Dropout, MinibatchStdDev, batch_norm
from ganzoo.networks import inputs, norms
from ganzoo.utils.options import check_whole

CONVOLUTION = {3: layers.Conv2D, 4: layers.Conv3D}
TRANSPOSED = {3: layers.Conv2DTranspose, 4: layers.Conv3DTranspose}
MEANS = {3: layers.GlobalAveragePooling2D, 4: layers.GlobalAveragePooling3D}
LARGE = 64  # smallest side for which the levels alone are deep enough
SMALL = (32, 1024)  # filters, and units of the dense layers, for smaller images


def generator(
    image_shape,
    *,
    latent_dim,
    filters=None,
    kernel=4,
    units=None,
    by_unit=True,
    condition=None,
    value_range=(-1.0, 1.0),
):
    """Network from latent (N, latent_dim) [and label (N,)] to samples (N, H, W, C).

    Transposed convolutions of stride 2, with batch normalisation and ReLU except at
    the output; no bias before normalisation, which would cancel it. Dense layers are
    normalised unit by unit, maps channel by channel.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        latent_dim: length of the latent.
        filters: channels before the output layer, doubled at each level below; by
            default 32 if the larger side is below 64, else 64.
        kernel: size of the transposed convolutions, a multiple of their stride 2,
            which avoids checkerboards (Odena et al. 2016).
        units: units of a dense layer between the latent and the maps, 0 for none; by
            default 1024 if the larger side is below 64, else 0.
        by_unit: if True, the first maps are normalised unit by unit, as in the authors'
            code; else channel by channel.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    filters, units = sizes(shape, SMALL, filters, units)
    check_whole(1, latent_dim=latent_dim)
    named, code = inputs.with_label("latent", (latent_dim,), condition)
    x = named["latent"]
    x = grow(x, shape, filters, kernel, value_range, units, code, by_unit)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    filters=None,
    kernel=4,
    units=None,
    maps=None,
    projection=0,
    dropout=0.0,
    d_norm="batch",
    minibatch="none",
    condition=None,
    heads=None,
):
    """Network from sample (N, H, W, C) [and label (N,)] to logits (N, 1).

    Convolutions of stride 2 and LeakyReLU(0.2), with normalisation at every level
    except the first; spectral normalisation applies to every layer.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        filters: channels of the first level, doubled at each level; by default 32 if
            the larger side is below 64, else 64.
        kernel: size of the convolutions.
        units: units of a dense layer before the logit, 0 for none; by default 1024 if
            the larger side is below 64, else 0.
        maps: if True, the logit reads each channel's mean over the last maps, and the
            spread of the maps over the batch (`MinibatchStdDev`), as well as the dense
            layer; by default with batch normalisation. A batch is all real or all fake,
            and batch normalisation of the dense layer takes away its mean: without the
            means, if G makes only one image, D cannot see which. Without a dense layer,
            the logit reads the maps anyway, and `minibatch` gives it their spread.
        projection: units of `inputs.match`, which joins the logit: it tells early if
            image and label fit; 0 for none, as without a label.
        dropout: dropout rate after each level.
        d_norm: a name of `norms.NORMS`; `instance` leaves out the dense layer.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    filters, units = sizes(shape, SMALL, filters, units)
    check_whole(0, projection=projection)
    norm, batch = norms.get(d_norm), inputs.minibatch(minibatch)
    named, code = inputs.with_label("sample", shape, condition)
    if projection and code is None:
        raise ValueError(
            "`projection` compares an image with its label, so it needs a D that sees "
            f"labels, such as that of 'cgan'. Received: {projection}, no condition."
        )
    spread = None if units else batch.spread
    last = shrink(named["sample"], filters, kernel, dropout, norm, code, spread)
    x = features(last, units, maps, norm, batch, code)
    more = []
    if projection:
        more = [inputs.match(layers.Flatten()(last), code, projection, norm)]
    return judging(named, x, norm, heads, more)


def grow(x, shape, filters, kernel, value_range, units=0, code=None, by_unit=True):
    """Grows a vector (N, d) to samples (N, *shape), level by level.

    Args:
        x: the vector.
        shape: (*sides, C).
        filters: see `generator`.
        kernel: see `generator`.
        units: see `generator`; 0 for no dense layer.
        code: a vector that joins the input of every layer; None for none.
        by_unit: see `generator`.
    """
    *sides, channels = shape
    check_whole(1, filters=filters)
    if kernel < 2 or kernel % 2:
        raise ValueError(
            f"`kernel` must be a multiple of the stride 2. Received: {kernel}."
        )
    convolution = TRANSPOSED[len(shape)]
    levels = level_count(*sides)
    base = tuple(math.ceil(side / 2**levels) for side in sides)
    depth = filters * 2 ** (levels - 1)
    if units:
        x = layers.Dense(units, **_without_bias())(inputs.join(x, code))
        x = layers.ReLU()(batch_norm()(x))
    x = layers.Dense(math.prod(base) * depth, **_without_bias())(inputs.join(x, code))
    x = batch_norm()(x) if by_unit else x
    x = layers.Reshape((*base, depth))(x)
    x = layers.ReLU()(x if by_unit else batch_norm()(x))
    for level in reversed(range(levels - 1)):
        x = inputs.join(x, code)
        x = convolution(filters * 2**level, kernel, 2, "same", **_without_bias())(x)
        x = layers.ReLU()(batch_norm()(x))
    x = inputs.join(x, code)
    start = inputs.start("normal")
    x = convolution(channels, kernel, 2, "same", kernel_initializer=start)(x)
    x = inputs.crop(x, sides)
    return layers.Activation(inputs.output_activation(value_range))(x)


def shrink(x, filters, kernel, dropout, norm, code=None, spread=None):
    """Shrinks samples (N, *sides, C) to maps of about 4 by 4, level by level.

    Args:
        x: the samples.
        filters: see `discriminator`.
        kernel: see `discriminator`.
        dropout: dropout rate after each level.
        norm: a `norms.Norm`.
        code: a vector that joins the input of every level; None for none.
        spread: a layer before the last level, which then has no normalisation, see
            `inputs.Minibatch`; None for none.
    """
    check_whole(1, filters=filters)
    convolution = CONVOLUTION[len(x.shape) - 1]
    levels = level_count(*x.shape[1:-1])
    for level in range(levels):
        x = inputs.join(x, code)
        spreads = spread is not None and level == levels - 1
        x = spread(x) if spreads else x
        sizes = filters * 2**level, kernel, 2, "same"
        normed = level > 0 and not spreads
        start = inputs.start("normal")
        x = norm.apply(x, convolution, *sizes, normed=normed, kernel_initializer=start)
        x = inputs.activation("leaky_relu")(x)
        x = Dropout(dropout)(x) if dropout else x
    return x


def features(last, units, maps, norm, batch, code=None):
    """The features (N, f) before the logit, from the last maps.

    Args:
        last: maps (N, *sides, C).
        units: see `discriminator`.
        maps: see `discriminator`.
        norm: a `norms.Norm`.
        batch: an `inputs.Minibatch`.
        code: a vector that joins the input of every layer; None for none.
    """
    x = layers.Flatten()(last)
    if units:
        x = _hidden(inputs.join(x, code), units, norm, batch.spread)
    x = batch.last(inputs.join(x, code))
    maps = norm.hides_mean if maps is None else maps
    if maps and units:
        means = MEANS[len(last.shape) - 1]()(MinibatchStdDev()(last))
        x = layers.Concatenate()([means, x])
    return x


def judging(named, x, norm, heads, more=()):
    """The discriminator from its inputs by name and the features before the logit.

    Args:
        named: inputs by name.
        x: features (N, f).
        norm: a `norms.Norm`.
        heads: see `inputs.outputs`.
        more: further parts (N, 1) of the logit.
    """
    dense = layers.Dense(1, kernel_initializer=inputs.start("normal"))
    logits = norm.wrap(dense)(x)
    logits = layers.Add()([logits, *more]) if more else logits
    answers = inputs.outputs(logits, x, norm, heads)
    return keras.Model(named, answers, name="discriminator")


def _hidden(x, units, norm, spread):
    """The dense layer before the logit."""
    x = spread(x) if spread else x
    normed, start = not norm.maps_only and spread is None, inputs.start("normal")
    x = norm.apply(x, layers.Dense, units, normed=normed, kernel_initializer=start)
    return inputs.activation("leaky_relu")(x)


def level_count(*sides: int) -> int:
    """Number of halvings of the shortest side: down to 4, and at least two."""
    return max(2, int(math.log2(min(sides) / 4)))


def sizes(shape, small, filters, units):
    """Returns filters and units; None becomes the default for the size of a sample.

    Args:
        shape: (*sides, C).
        small: both defaults below `LARGE`; from there on, the paper's 64 and none.
        filters: see `generator`.
        units: see `generator`.
    """
    usual = small if max(shape[:-1]) < LARGE else (64, 0)
    values = (filters, units)
    filters, units = (u if g is None else g for g, u in zip(values, usual, strict=True))
    check_whole(0, units=units)
    return filters, units


def _without_bias():
    return {"use_bias": False, "kernel_initializer": inputs.start("normal")}
