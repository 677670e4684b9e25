"""The residual networks of SNGAN (Miyato et al. 2018, arXiv 1802.05957), any size.

At 32x32, the blocks of its CIFAR-10 table: in G three that double the sides from 4x4;
in D two that halve them, two that keep them, ReLU and a sum over positions. At other
sizes, G starts as DCGAN does (the shorter side halved down to 4, at least twice), and D
halves its shorter side down to 8 or less, for last blocks that see all of it. Channels
double with each halving, as in the paper's nets for STL-10 and ImageNet; its CIFAR-10
nets have 256 in every block of G and 128 in D (`doubling=False`). The default of 16
next to the image trains on two cores of a CPU.

Without normalisation, the initialisation decides: `initializer="msr"` and `zero_last`
follow R3GAN (Huang et al. 2024, arXiv 2501.05441), on these blocks.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers, ops

from ganzoo.layers import ConditionalBatchNorm, SelfAttention, batch_norm
from ganzoo.networks import inputs, norms
from ganzoo.networks.dcgan import level_count
from ganzoo.utils.options import check_known, check_whole


def _weighted(x, norm):
    """Sums maps over the positions, with a weight for each of each channel."""
    start = keras.initializers.RandomNormal(stddev=math.prod(x.shape[1:3]) ** -0.5)
    layer = layers.DepthwiseConv2D(
        x.shape[1:3], use_bias=False, depthwise_initializer=start
    )
    return layers.Flatten()(norm.wrap(layer)(x))


POOLS = {
    "sum": lambda x, _: ops.sum(x, axis=(1, 2)),
    "mean": lambda x, _: ops.mean(x, axis=(1, 2)),
    "weighted": _weighted,
}


def generator(
    image_shape,
    *,
    latent_dim,
    filters=16,
    doubling=True,
    normalize=True,
    spectral=False,
    attention=False,
    activation="relu",
    initializer="glorot_uniform",
    zero_last=False,
    bias=False,
    condition=None,
    value_range=(-1.0, 1.0),
):
    """Network from latent [and label (N,)] to samples (N, H, W, C).

    A label acts through conditional batch normalisation in every block; without
    normalisation, it joins the latent.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        filters: channels of the last block.
        doubling: if True, each block before has twice the channels of the next one.
        normalize: batch normalisation before every activation.
        spectral: spectral normalisation of every layer.
        attention: self-attention before the last block, on maps of half the sides.
        activation: see `inputs.activation`.
        initializer: initializer of the kernels, see `inputs.start`; or `msr`, see
            `_Blocks.start`.
        zero_last: if True, the last convolution of each block starts from 0, so the
            block starts as its shortcut alone.
        bias: if True, the sums of the blocks have biases even where batch normalisation
            removes them, as in the authors' code. Their gradient is 0, so Adam moves
            them by rounding alone. Attention sees them, and has them in any case.
    """
    *sides, channels = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, latent_dim=latent_dim, filters=filters)
    levels = level_count(*sides)
    base = tuple(math.ceil(side / 2**levels) for side in sides)
    named, code = inputs.with_label(
        "latent", (latent_dim,), condition, embed=not normalize
    )
    x = named["latent"] if normalize else inputs.join(named["latent"], code)
    blocks = _Blocks(
        norm=norms.get("spectral" if spectral else "none"),
        before=_by_label(code) if normalize else None,
        activation=activation,
        initializer=initializer,
        zero_last=zero_last,
        bias=bias or attention or not normalize,
        count=levels,
    )
    *widths, first = (filters * 2 ** (i * doubling) for i in range(levels + 1))
    dense = layers.Dense(math.prod(base) * first, kernel_initializer=blocks.start())
    x = layers.Reshape((*base, first))(blocks.norm.wrap(dense)(x))
    for level, width in reversed(list(enumerate(widths))):
        x = SelfAttention(spectral=spectral)(x) if attention and level == 0 else x
        x = blocks.up(x, width)
    # The last normalisation does not use the label.
    x = inputs.activation(activation)(batch_norm()(x) if normalize else x)
    x = inputs.crop(blocks.convolve(x, channels), sides)
    x = layers.Activation(inputs.output_activation(value_range))(x)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    filters=16,
    doubling=True,
    last=8,
    d_norm="spectral",
    attention=False,
    activation="relu",
    initializer="glorot_uniform",
    zero_last=False,
    pool="sum",
    minibatch="none",
    condition=None,
    heads=None,
):
    """Network from sample (N, H, W, C) [and label (N,)] to logits (N, 1).

    A label acts by projection (Miyato and Koyama 2018, arXiv 1802.05637): the inner
    product of its embedding and the features joins the logit.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        filters: channels of the first block.
        doubling: if True, each block that halves the sides has twice the channels of
            the one before.
        last: most positions along the shorter side of the last maps: blocks halve the
            sides until then; the first one always does.
        d_norm: a name of `norms.NORMS`, used before every activation except at the
            first block's input.
        attention: self-attention after the first block, on maps of half the sides.
        activation: as in `generator`.
        initializer: as in `generator`.
        zero_last: as in `generator`.
        pool: `sum` or `mean` of the features over the positions; or `weighted`, a sum
            with a weight for each position of each channel, as in R3GAN's D.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, filters=filters, last=last)
    check_known("pool", [pool], POOLS)
    norm, batch = norms.get(d_norm), inputs.minibatch(minibatch)
    halvings = max(1, math.ceil(math.log2(min(shape[:-1]) / last)))
    blocks = _Blocks(
        norm=norm,
        before=norm.after and (lambda x: norm.after()(x)),
        activation=activation,
        initializer=initializer,
        zero_last=zero_last,
        bias=True,
        count=halvings + 2,
    )
    named, code = inputs.with_label("sample", shape, condition, embed=False)
    x = blocks.first(named["sample"], filters)
    x = SelfAttention(spectral=d_norm == "spectral")(x) if attention else x
    for level in range(1, halvings):
        x = blocks.down(x, filters * 2 ** (level * doubling))
    x = blocks.keep(blocks.keep(x), batch.spread)
    features = POOLS[pool](blocks.active(x), norm)
    summary = batch.last(features)
    logit = norm.wrap(layers.Dense(1, kernel_initializer=blocks.start()))(summary)
    if code is not None:
        width = features.shape[-1]
        embedding = norm.wrap(layers.Dense(width, use_bias=False))(code)
        match = ops.sum(layers.Multiply()([embedding, features]), axis=1, keepdims=True)
        logit = layers.Add()([logit, match])
    answers = inputs.outputs(logit, summary, norm, heads)
    return keras.Model(named, answers, name="discriminator")


@dataclass(frozen=True)
class _Blocks:
    """Residual blocks of one form.

    Attributes:
        norm: normalisation of every layer with a kernel.
        before: layer before an activation, with its own bias; None for none.
        activation: see `inputs.activation`.
        initializer: initializer of the kernels.
        zero_last: if True, the last convolution of a block starts from 0.
        bias: if True, both terms of a block's sum have biases.
        count: number of blocks of the network.
    """

    norm: norms.Norm
    before: Callable | None
    activation: str
    initializer: str
    zero_last: bool
    bias: bool
    count: int

    def __post_init__(self):
        if self.zero_last and self.norm is norms.NORMS["spectral"]:
            raise ValueError(
                "`zero_last` starts kernels from 0, which spectral normalisation would "
                "divide by their norm. Use another normalisation, or zero_last=False."
            )

    def start(self, branch=False):
        """Initializer of a kernel, within a block's branch or outside.

        `msr` is He's normal initializer: the variance is 1 / fan-in; in a branch, it is
        multiplied by the activation's squared gain and divided by the number of blocks.
        This is R3GAN's L^(-1 / (2m - 2)) for L blocks of m = 2 layers.
        """
        if self.initializer != "msr":
            return inputs.start(self.initializer)
        scale = inputs.GAINS[self.activation] ** 2 / self.count if branch else 1.0
        return keras.initializers.VarianceScaling(scale, "fan_in", "untruncated_normal")

    def active(self, x):
        x = self.before(x) if self.before else x
        return inputs.activation(self.activation)(x)

    def convolve(self, x, filters, size=3, bias=True):
        """Applies a convolution outside the branches."""
        options = {"padding": "same", "kernel_initializer": self.start()}
        layer = layers.Conv2D(filters, size, use_bias=bias, **options)
        return self.norm.wrap(layer)(x)

    def shortcut(self, x, filters):
        """Changes the channels of what a branch is added to."""
        return self.convolve(x, filters, size=1, bias=self.bias)

    def branch(self, x, filters, spread=None):
        """Applies two convolutions with an activation between; keeps the sides.

        The addition of `spread` reaches the second convolution without normalisation,
        which would remove it over the batch.
        """
        normed = self.before is not None and spread is None
        start = self.start(branch=True)
        options = {"padding": "same", "kernel_initializer": start}
        layer = layers.Conv2D(filters, 3, use_bias=not normed, **options)
        h = self.norm.wrap(layer)(spread(x) if spread else x)
        h = inputs.activation(self.activation)(self.before(h) if normed else h)
        start = "zeros" if self.zero_last else self.start(branch=True)
        options = {"padding": "same", "kernel_initializer": start}
        layer = layers.Conv2D(filters, 3, use_bias=self.bias, **options)
        return self.norm.wrap(layer)(h)

    def up(self, x, filters):
        """Doubles the sides."""
        h = self.branch(layers.UpSampling2D()(self.active(x)), filters)
        return layers.Add()([h, self.shortcut(layers.UpSampling2D()(x), filters)])

    def first(self, sample, filters):
        """Halves the sides, without an activation before the first convolution."""
        h = _halve(self.branch(sample, filters))
        return layers.Add()([h, self.shortcut(_halve(sample), filters)])

    def down(self, x, filters):
        """Halves the sides."""
        h = _halve(self.branch(self.active(x), filters))
        return layers.Add()([h, _halve(self.shortcut(x, filters))])

    def keep(self, x, spread=None):
        """Keeps the sides; `spread`, a layer, adds to the branch's input."""
        return layers.Add()([x, self.branch(self.active(x), x.shape[-1], spread)])


def _by_label(code):
    """Returns batch normalisation with gain and bias chosen by the label's code."""
    if code is None:
        return lambda x: batch_norm()(x)
    return lambda x: ConditionalBatchNorm()([x, code])


def _halve(x):
    return layers.AveragePooling2D(2, padding="same")(x)
