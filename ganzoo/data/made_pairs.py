"""Pairs of source and target, made from any set of images or clips.

A function of `PAIRS` takes uint8 images (N, H, W, C) and a NumPy generator, and
returns two such arrays: the sources, made from them, and the targets. A function of
`OF_CLIPS` also takes clips (N, frames, H, W, C).
"""

import hashlib
import math
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy import ndimage

from ganzoo.data import faces, flood, holes, moving
from ganzoo.data.dataset import Data
from ganzoo.data.decoded_cache import cache_path, collect
from ganzoo.data.reading import Reading

BLOCK = 256  # images at a time, which bounds the memory
HOLE = 127  # grey, for the pixels that are missing
_SEED = 0


def edges(images: np.ndarray) -> np.ndarray:
    """Draws sketches (N, H, W, 1): black where the brightness changes, on white.

    A line is drawn where the gradient (Sobel, after a Gaussian of std 1) exceeds 1.5
    times its root mean square in the image.
    """
    grey = ndimage.gaussian_filter1d(images.mean(axis=-1), 1.0, axis=1)
    grey = ndimage.gaussian_filter1d(grey, 1.0, axis=2)
    square = ndimage.sobel(grey, axis=1) ** 2 + ndimage.sobel(grey, axis=2) ** 2
    lines = square > 2.25 * square.mean(axis=(1, 2), keepdims=True)
    return np.where(lines, 0, 255).astype(np.uint8)[..., np.newaxis]


def downscaled(images: np.ndarray, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Reduces images with a bicubic filter that is as wide as the factor.

    It is the filter of MATLAB's `imresize`, the convention in super-resolution. The
    originals are cropped to a multiple of the factor.
    """
    height, width = (side // factor * factor for side in images.shape[1:3])
    images = images[:, :height, :width]

    def reduced(channel):
        image = Image.fromarray(np.ascontiguousarray(channel))
        size = width // factor, height // factor
        return np.asarray(image.resize(size, Image.Resampling.BICUBIC))

    planes = np.moveaxis(images, -1, 1)
    small = [[reduced(channel) for channel in image] for image in planes]
    return np.moveaxis(np.array(small), 1, -1), images


def hole(images: np.ndarray, rng: np.random.Generator) -> tuple:
    """Removes the central square of half the side (arXiv 1604.07379).

    The source of an image holds, in its channels, the mask and the image whose hole is
    filled with grey. The source of a clip holds the other frames before them; the hole
    is in the middle frame, the target. See `holes.punch`.
    """
    *_, height, width, _ = images.shape
    size = min(height, width) // 2
    return _without(images, holes.central_masks(len(images), (height, width), size))


def free_form(images: np.ndarray, rng: np.random.Generator) -> tuple:
    """Removes free-form brush strokes, otherwise as `hole` (arXiv 1806.03589)."""
    return _without(
        images, holes.stroke_masks(len(images), images.shape[-3:-1], seed=rng)
    )


def _without(images, masks):
    clips = images if images.ndim == 5 else images[:, np.newaxis]
    frames = list(np.moveaxis(clips, 1, 0))
    middle = frames.pop(len(frames) // 2)
    return holes.punch(middle, masks, fill=HOLE, neighbours=frames), middle


def next_frame(clips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Asks for the last frame of each clip, given all frames before it."""
    pairs = moving.pairs(clips, history=clips.shape[1] - 1)
    return pairs["source"], pairs["real"]


def _halves(images):
    middle = images.shape[2] // 2
    return images[:, :, :middle], images[:, :, -middle:]


PAIRS: dict[str, Callable] = {
    "edges": lambda x, rng: (edges(x), x),
    "invert": lambda x, rng: (255 - x, x),
    "rotate": lambda x, rng: (np.rot90(x, axes=(1, 2)), x),
    "halves": lambda x, rng: _halves(x),
    "downscale2": lambda x, rng: downscaled(x, 2),
    "downscale4": lambda x, rng: downscaled(x, 4),
    "hole": hole,
    "free_form": free_form,
    "next_frame": lambda x, rng: next_frame(x),
    "ink": lambda x, rng: (faces.inked(x), x),
    "glasses": faces.glasses_off_on,
    "flood": flood.pairs,
}
"""Name -> function of images and a generator that returns sources and targets."""

OF_CLIPS = {"hole": (4, 5), "free_form": (4, 5), "next_frame": (5,)}
"""Numbers of axes that a function of clips takes."""


def made_pairs(data: Data, pairs: str, reading: Reading) -> Data:
    """Makes pairs from a set of images.

    The training split of an unpaired set has the sources of one half of the images
    and the targets of the other half, drawn once.

    Args:
        data: uint8 images or clips.
        pairs: a name of `PAIRS`.
        reading: with a `source_key`; A is the source that `PAIRS` makes.

    Raises:
        ValueError: samples that are not uint8 images (or clips, where the function
            takes them), or are too small.
    """
    images = data.arrays["real"]
    _check(images, pairs, data.name)
    shapes = [side.shape[1:] for side in _apply(pairs, np.asarray(images[:1]), 0)]

    def blocks(rows):
        for start in range(0, len(rows), BLOCK):
            block = np.asarray(images[rows[start : start + BLOCK]])
            yield start, _apply(pairs, block, start)

    def side_of(side, rows):
        samples = ((x, 0) for _, made in blocks(rows) for x in made[side])
        shape = shapes[side]
        of_rows = hashlib.sha256(rows.tobytes()).hexdigest()
        parts = data.fingerprint, pairs, side, of_rows, shape
        path = cache_path(reading.cache_dir, *parts)
        limit = reading.memory_limit
        return collect(samples, len(rows), shape, path=path, memory_limit=limit)[0]

    def both_sides(rows):
        arrays = [np.empty((len(rows), *shape), np.uint8) for shape in shapes]
        for start, made in blocks(rows):
            for array, side in zip(arrays, made, strict=True):
                array[start : start + BLOCK] = side
        return arrays

    rows = np.arange(len(images))
    source_rows, real_rows = rows, rows
    if reading.source_key == "unpaired" and reading.split != "test":
        shuffled = np.random.default_rng(_SEED).permutation(rows)
        source_rows, real_rows = (np.sort(half) for half in np.array_split(shuffled, 2))
    arrays = {key: x[real_rows] for key, x in data.arrays.items() if key == "label"}
    a, b = reading.directed(0, 1)
    size = len(rows) * sum(math.prod(shape) for shape in shapes)
    if source_rows is real_rows and size <= reading.memory_limit:
        made = both_sides(rows)  # each pair once: faces take long to draw again
        sides = made[a], made[b]
    else:
        sides = side_of(a, source_rows), side_of(b, real_rows)
    arrays |= reading.sides(*sides)
    return Data(
        f"{data.name} {pairs} {reading.direction}",
        arrays,
        data.class_names,
        account=data.account,
    )


def _check(images, pairs, name):
    allowed = OF_CLIPS.get(pairs, (4,))
    kinds = {4: "images (N, H, W, C)", 5: "clips (N, frames, H, W, C) of 2 or more"}
    fits = (
        images.dtype == np.uint8
        and images.ndim in allowed
        and min(images.shape[-3:-1]) >= 4
        and (images.ndim == 4 or images.shape[1] > 1)
    )
    if not fits:
        raise ValueError(
            f"pairs={pairs} needs uint8 {' or '.join(kinds[n] for n in allowed)}, with "
            f"sides of at least 4. Received: {images.dtype} of shape {images.shape} in "
            f"{name!r}."
        )


def _apply(pairs, images, start):
    return PAIRS[pairs](images, np.random.default_rng([_SEED, start]))
