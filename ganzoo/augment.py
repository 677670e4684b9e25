"""DiffAugment: differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738).

Applied to real and fake samples, in both players' steps. Every sample draws its own
change from the seed alone, so the number of replicas makes no difference.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf

from ganzoo import distribute
from ganzoo.utils.options import from_spec

OPAQUE = 4  # channels of images with opacity
AXES = {"noise": 1, "color": 3}  # of a sample, at least; 2 for the others


def get(spec, sample_shape, value_range=(-1.0, 1.0)) -> Callable:
    """Makes `augment(samples, seed, step=0) -> samples`, of equal shape and dtype.

    The transforms see the samples as if `value_range` were (-1, 1); pixels that
    translation or cutout leave empty are 0, its middle. Nothing is clipped, so values
    may leave the range. Random numbers are float32 for samples of any dtype.

    Args:
        spec: names of `TRANSFORMS` in the order of use, as a list or joined by
            commas; a table gives options, such as {"name": "cutout", "ratio": 0.25}.
            None or empty: no augmentation.
        sample_shape: shape of one sample: (H, W, C), (D, H, W, C), or (d,) for `noise`.
        value_range: (low, high) of the samples; None takes them as they are.

    Raises:
        ValueError: an unknown name or option, with the nearest one; an option out of
            bounds; vectors, which have no positions, or `color` of other samples
            without colours, such as signals and text.
    """
    tables = _tables(spec)
    transforms = [from_spec("transform", table, TRANSFORMS) for table in tables]
    for table in tables:
        if len(sample_shape) < AXES.get(table["name"], 2):
            raise ValueError(
                f"The transform {table['name']!r} is for images and volumes; "
                f"vectors take `noise`. Received samples of {tuple(sample_shape)}."
            )
    low, high = value_range or (-1.0, 1.0)
    middle, half = (low + high) / 2, (high - low) / 2

    def augment(samples, seed, step=0):
        x = (samples - middle) / half
        for i, transform in enumerate(transforms):
            x = transform(x, distribute.fold(seed, i), step)
        return x * half + middle

    return augment if transforms else lambda samples, seed, step=0: samples


def color():
    """Brightness + U(-0.5, 0.5), saturation x U(0, 2), contrast x U(0.5, 1.5).

    A fourth channel, opacity, stays as it is.
    """

    def transform(x, seed, step):
        if x.shape[-1] == OPAQUE:
            colours = changed(x[..., :-1], seed)
            return tf.concat([colours, x[..., -1:]], axis=-1)
        return changed(x, seed)

    def changed(x, seed):
        x = x + _like(x, _uniform(x, seed, 0) - 0.5)
        grey = tf.reduce_mean(x, axis=-1, keepdims=True)
        x = grey + (x - grey) * _like(x, 2 * _uniform(x, seed, 1))
        mean = tf.reduce_mean(x, axis=list(range(1, x.shape.rank)), keepdims=True)
        return mean + (x - mean) * _like(x, _uniform(x, seed, 2) + 0.5)

    return transform


def translation(ratio=0.125):
    """Shifts by up to `ratio` of each side, in whole pixels; the rest is empty.

    Args:
        ratio: share of a side, from 0 to 1.
    """
    _check_ratio(ratio)

    def transform(x, seed, step):
        count, channels = distribute.local_count(x), x.shape[-1]
        place, inside = tf.range(count), tf.ones((), x.dtype)
        place = tf.reshape(place, (-1, *(1 for _ in x.shape[1:-1])))
        for axis, side in _sides(x):
            most = int(side * ratio + 0.5)
            shift = _whole(2 * most + 1, x, seed, axis) - most
            source = tf.range(side) - shift[:, None]
            inside *= _along(axis, (source >= 0) & (source < side), x)
            place = place * side + _along(axis, source % side, place)
        # One gather: its gradient has no permutation, which XLA would have to know, and
        # cannot within the branch of a lazy penalty.
        pixels = tf.reshape(x, (-1, channels))
        return tf.gather_nd(pixels, place[..., None]) * inside

    return transform


def cutout(ratio=0.5):
    """Empties a box of `ratio` of each side; it may reach beyond the border.

    Args:
        ratio: share of a side, from 0 to 1.
    """
    _check_ratio(ratio)

    def transform(x, seed, step):
        box = tf.ones((), x.dtype)
        for axis, side in _sides(x):
            size = int(side * ratio + 0.5)
            # The middle of the box lies anywhere, for an even size between pixels.
            first = _whole(side + 1 - size % 2, x, seed, axis) - size // 2
            place = tf.range(side) - first[:, None]
            box *= _along(axis, (place >= 0) & (place < size), x)
        return x * (1 - box)

    return transform


def noise(stddev=0.1, steps=None):
    """Instance noise N(0, stddev), which falls to 0 within `steps` G updates, if set.

    Sonderby et al. 2017, arXiv 1610.04490; Arjovsky and Bottou 2017, 1701.04862.

    Args:
        stddev: standard deviation at the start, where samples span (-1, 1); half of it
            in a range (0, 1).
        steps: G updates after which there is no noise; None keeps it constant.
    """
    if not stddev >= 0 or not (steps is None or steps >= 1):
        raise ValueError(
            "The noise needs a `stddev` from 0, and None or a number from 1 as "
            f"`steps`. Received: {stddev}, {steps}."
        )

    def transform(x, seed, step):
        done = 0.0 if steps is None else tf.cast(step, "float32") / steps
        left = tf.maximum(1 - done, 0.0)
        draw = distribute.global_normal(
            (distribute.local_count(x), *x.shape[1:]), seed, "float32"
        )
        return x + tf.cast(stddev * left * draw, x.dtype)

    return transform


TRANSFORMS = {
    "color": color,
    "translation": translation,
    "cutout": cutout,
    "noise": noise,
}


def _tables(spec):
    """Returns the transforms of a spec, each as a table with a name."""
    if isinstance(spec, str):
        spec = [name.strip() for name in spec.split(",")] if spec else []
    listed = [spec] if isinstance(spec, Mapping) else spec or []
    return [part if isinstance(part, Mapping) else {"name": part} for part in listed]


def _check_ratio(ratio):
    if not 0 <= ratio <= 1:
        raise ValueError(f"`ratio` must be from 0 to 1. Received: {ratio}.")


def _sides(x):
    return enumerate(x.shape[1:-1], start=1)


def _uniform(x, seed, number):
    """U(0, 1) for each sample, float32 (N,)."""
    seed = distribute.fold(seed, number)
    return distribute.global_uniform((distribute.local_count(x),), seed, "float32")


def _whole(count, x, seed, number):
    """A whole number below `count` for each sample, int32 (N,)."""
    return tf.cast(_uniform(x, seed, number) * count, tf.int32)


def _like(x, values):
    """Values (N,) for the samples x (N, ...), of x's dtype."""
    return tf.cast(tf.reshape(values, (-1, *(1 for _ in x.shape[1:]))), x.dtype)


def _along(axis, values, x):
    """Values (N, side) for the axis of x, of x's dtype."""
    shape = [-1] + [values.shape[1] if i == axis else 1 for i in range(1, x.shape.rank)]
    return tf.cast(tf.reshape(values, shape), x.dtype)
