"""Code that the families share: inputs, outputs, and checks of sizes."""

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from ganzoo.data import labels
from ganzoo.layers import MinibatchDiscrimination, MinibatchStdDev
from ganzoo.utils.options import check_known, from_spec, span_of

LONGEST = 64  # values of a label's code that joins layers as it is
OUTPUT_ACTIVATIONS = {(-1.0, 1.0): "tanh", (0.0, 1.0): "sigmoid", None: "linear"}


def output_activation(value_range) -> str:
    """The activation whose values span `value_range`: tanh, sigmoid or linear."""
    key = span_of(value_range)
    if key not in OUTPUT_ACTIVATIONS:
        raise ValueError(
            "`value_range` must be (-1, 1), (0, 1) or, for unbounded vectors, None. "
            f"Received: {value_range!r}."
        )
    return OUTPUT_ACTIVATIONS[key]


def check_one_hot(value_range) -> None:
    """Refuses a range other than (0, 1), the range of one-hot symbols."""
    if span_of(value_range) != (0.0, 1.0):
        raise ValueError(
            "Symbols are one-hot, 0 and 1, so `value_range` must be (0, 1). "
            f"Received: {value_range!r}."
        )


def with_label(key, shape, condition, embed=True):
    """Makes inputs by name, `key` and perhaps `label`, and the label's code or None.

    The code is (N, k), see `data.labels.get`. One of more than `LONGEST` values would
    widen every layer that it joins by as many, so it passes a linear layer without
    bias, and the result of `LONGEST` values joins in its place: for classes, a row of a
    table. In Mirza and Osindero 2014 (arXiv 1411.1784, section 4.1), a label also has a
    layer of its own before it joins. The vector of a class starts with a length of
    about 1, the length of its one-hot code.

    Args:
        key: name of the other input.
        shape: shape of the other input.
        condition: a `data.labels.Condition` or what `data.labels.get` takes; None for
            no label.
        embed: if False, the code stays as it is: for networks whose layers have a
            vector for each value of it.
    """
    named, entry = {key: keras.Input(shape, name=key)}, labels.get(condition)
    if entry is None:
        return named, None
    dtype = np.dtype(entry.dtype(None)).name
    label = named["label"] = keras.Input(entry.shape, dtype=dtype, name="label")
    if not embed or entry.count <= LONGEST:
        return named, entry.code(label)
    start = keras.initializers.RandomNormal(stddev=LONGEST**-0.5)
    if entry.shape:
        linear = layers.Dense(LONGEST, use_bias=False, kernel_initializer=start)
    else:
        linear = layers.Embedding(entry.count, LONGEST, start)
    return named, linear(label)


def constant_maps(code, sides):
    """Expands a code (N, k) to k constant maps with the sides."""
    maps = layers.RepeatVector(math.prod(sides))(code)
    return layers.Reshape((*sides, code.shape[-1]))(maps)


def join(x, code):
    """Adds a code (N, k) to x as features at every position; None adds none."""
    if code is None:
        return x
    sides = x.shape[1:-1]
    return layers.Concatenate()([x, constant_maps(code, sides) if sides else code])


def match(seen, asked, units, norm):
    """The fit of features and a code: the inner product (N, 1) of a layer of each.

    It joins D's logit, as in a projection discriminator (Miyato and Koyama 2018, arXiv
    1802.05637), where the features have no layer of their own.

    Args:
        seen: features (N, f).
        asked: a code (N, k).
        units: units of both layers; the product is divided by its square root.
        norm: normalisation of the layers, see `norms.Norm`.
    """
    seen = activation("leaky_relu")(norm.wrap(layers.Dense(units))(seen))
    asked = norm.wrap(layers.Dense(units, use_bias=False))(asked)
    product = layers.Multiply()([seen, asked])
    return ops.sum(product, axis=-1, keepdims=True) / units**0.5


def crop(x, sides):
    """Crops maps to the sides, at the ends: odd sizes are generated too large."""
    if tuple(x.shape[1:-1]) == tuple(sides):
        return x
    return ops.convert_to_tensor(x)[:, *(slice(side) for side in sides)]


def check_image_shape(image_shape, ranks, smallest=1) -> tuple[int, ...]:
    """Returns the shape as a tuple; refuses shapes that a family does not support.

    Args:
        image_shape: (H, W, C), (D, H, W, C), (L, C) for signals and symbols, or
            (d,) for vectors.
        ranks: lengths of shape that the family supports.
        smallest: smallest size of a spatial side.
    """
    shape = tuple(image_shape)
    whole = all(isinstance(side, int) and side > 0 for side in shape)
    sides = shape[:-1] if len(shape) > 1 else ()
    if not whole or len(shape) not in ranks or min((*sides, smallest)) < smallest:
        kinds = {1: "(d,)", 2: "(L, C)", 3: "(H, W, C)", 4: "(D, H, W, C)"}
        allowed = " or ".join(kinds[rank] for rank in ranks)
        flat = 2 not in ranks and len(shape) < 3
        raise ValueError(
            f"`image_shape` must be {allowed}, with sides of at least {smallest}. "
            f"{'For vectors and signals: network=mlp. ' * flat}"
            f"Received: {image_shape!r}."
        )
    return shape


def start(initializer):
    """Initializer of a kernel: `normal` is N(0, 0.02), a number u is U(-u, u).

    Any other name is passed to Keras.
    """
    # A new one for each layer: a shared one gives layers of one shape equal weights.
    if initializer == "normal":
        return keras.initializers.RandomNormal(stddev=0.02)
    if isinstance(initializer, numbers.Real):
        if not 0 < initializer < math.inf:
            raise ValueError(
                "`initializer` must be a name, or a positive number u for U(-u, u). "
                f"Received: {initializer!r}."
            )
        return keras.initializers.RandomUniform(-initializer, initializer)
    return initializer


def activation(name: str):
    """Layer of an activation, by a name of `ACTIVATIONS`."""
    check_known("activation", [name], ACTIVATIONS)
    return ACTIVATIONS[name]()


ACTIVATIONS = {
    "relu": layers.ReLU,
    "leaky_relu": lambda: layers.LeakyReLU(0.2),
    "tanh": lambda: layers.Activation("tanh"),
    "softplus": lambda: layers.Activation("softplus"),
}
# Gains that keep the mean square of normal values through an activation (He et al.
# 2015).
GAINS = {"relu": math.sqrt(2), "leaky_relu": math.sqrt(2 / (1 + 0.2**2))}


def outputs(logits, features, norm, heads):
    """The outputs of a discriminator: logits alone, or a dict with heads.

    Args:
        logits: logits (N, 1).
        features: features (N, f), the input of the layer before the logits.
        norm: normalisation of the layers, see `norms.Norm`.
        heads: units of further linear outputs on the features, by name; None for
            logits alone.

    Returns:
        The logits, or {"logits", "features", and one output for each head}.
    """
    if heads is None:
        return logits
    further = {
        name: norm.wrap(layers.Dense(units, name=name))(features)
        for name, units in heads.items()
    }
    return {"logits": logits, "features": features, **further}


@dataclass(frozen=True)
class Minibatch:
    """Layers that show D the whole batch.

    Attributes:
        spread: layer that adds one number of the whole batch, before the last layer
            with an activation. That layer has no normalisation: over the batch, it
            would remove a constant. None for none.
        last: layer before the logit's layer.
    """

    spread: Callable | None = None
    last: Callable = lambda x: x


def minibatch(spec) -> Minibatch:
    """Returns the entry of `MINIBATCH` for a name or table."""
    return from_spec("minibatch layer", spec, MINIBATCH)


def check_spread(batch: Minibatch, hidden) -> None:
    """Raises ValueError if a layer for the whole batch has no hidden layer to be in."""
    if batch.spread is not None and not hidden:
        raise ValueError(
            "minibatch='stddev' adds a value to the input of the last hidden layer, so "
            "it needs one. Received: hidden=()."
        )


MINIBATCH = {
    "none": lambda: Minibatch(),
    "discrimination": lambda units=100, dims=5: Minibatch(
        last=MinibatchDiscrimination(units, dims)
    ),
    "stddev": lambda: Minibatch(spread=MinibatchStdDev()),
}
