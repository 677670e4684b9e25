"""Pairs made of any set of images: what is given, and what is wanted.

A function of `PAIRS` takes uint8 images (N, H, W, C) and a NumPy generator, and
returns two such arrays: the sources, made of them, and the targets.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from ganzoo.data.cache import cache_path, collect
from ganzoo.data.record import Data

BLOCK = 256  # images made at once, which bounds the memory
HOLE = 127  # grey, of the pixels that are missing
_SEED = 0


def edges(images: np.ndarray) -> np.ndarray:
    """Sketches (N, H, W, 1): black where the brightness changes, on white.

    A line is where the gradient (Sobel, after a Gaussian of std 1) is above one and a
    half times its root mean square in the image.
    """
    grey = ndimage.gaussian_filter1d(images.mean(axis=-1), 1.0, axis=1)
    grey = ndimage.gaussian_filter1d(grey, 1.0, axis=2)
    square = ndimage.sobel(grey, axis=1) ** 2 + ndimage.sobel(grey, axis=2) ** 2
    lines = square > 2.25 * square.mean(axis=(1, 2), keepdims=True)
    return np.where(lines, 0, 255).astype(np.uint8)[..., np.newaxis]


def downscaled(images: np.ndarray, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Images reduced by a bicubic filter that is as wide as the factor.

    The filter of MATLAB's `imresize`, with which super-resolution is measured. The
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


def hole(images: np.ndarray) -> np.ndarray:
    """Without the square of half the side in the middle (arXiv 1604.07379)."""
    height, width = images.shape[1:3]
    out = images.copy()
    rows = slice(height // 4, height // 4 + height // 2)
    out[:, rows, width // 4 : width // 4 + width // 2] = HOLE
    return out


def free_form(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Without four strokes of random direction, about a fifth of each image."""
    height, width = images.shape[1:3]
    rows, columns = np.mgrid[:height, :width]
    out = images.copy()
    for image in out:
        for _ in range(4):
            y, x, angle = rng.uniform((0, 0, 0), (height, width, np.pi))
            along = (rows - y) * np.sin(angle) + (columns - x) * np.cos(angle)
            across = (rows - y) * np.cos(angle) - (columns - x) * np.sin(angle)
            thick, long = np.array([0.05, 0.3]) * min(height, width)
            image[(abs(across) <= thick) & (abs(along) <= long)] = HOLE
    return out


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
    "hole": lambda x, rng: (hole(x), x),
    "free_form": lambda x, rng: (free_form(x, rng), x),
}
"""Name -> function of images and a generator that returns sources and targets."""


def made_pairs(
    data: Data,
    pairs: str,
    *,
    split: str,
    wanted: str,
    direction: str,
    cache_dir: Path,
    memory_limit: int,
) -> Data:
    """Pairs of a set of images.

    The training split of an unpaired set has the sources of one half of the images
    and the targets of the other, drawn once; its test split keeps the pairs, too, in
    `source`, so that the error of a translation can be measured.

    Args:
        data: uint8 images.
        pairs: a name of `PAIRS`.
        split: of the data.
        wanted: `source` or `unpaired`.
        direction: `AtoB`, from source to target, or `BtoA`.
        cache_dir: where pairs that take more than `memory_limit` bytes go.
        memory_limit: bytes of one side.

    Raises:
        ValueError: no uint8 images, or too small ones.
    """
    images = data.arrays["real"]
    if images.ndim != 4 or images.dtype != np.uint8 or min(images.shape[1:3]) < 4:
        raise ValueError(
            "Pairs are made of uint8 images with sides of at least 4. "
            f"Received: {images.dtype} of shape {images.shape} in {data.name!r}."
        )
    a, b = (0, 1) if direction == "AtoB" else (1, 0)

    def made(side, rows):
        def samples():
            for start in range(0, len(rows), BLOCK):
                block = np.asarray(images[rows[start : start + BLOCK]])
                yield from ((x, 0) for x in _apply(pairs, block, start)[side])

        key = data.fingerprint, pairs, side, len(rows)
        shape = _apply(pairs, np.asarray(images[:1]), 0)[side].shape[1:]
        path = cache_path(cache_dir, *key)
        return collect(
            samples(), len(rows), shape, path=path, memory_limit=memory_limit
        )[0]

    rows = np.arange(len(images))
    given, asked = rows, rows
    if wanted == "unpaired" and split != "test":
        shuffled = np.random.default_rng(_SEED).permutation(rows)
        given, asked = (np.sort(half) for half in np.array_split(shuffled, 2))
    arrays = {key: x[asked] for key, x in data.arrays.items() if key == "label"}
    arrays |= {"real": made(b, asked), wanted: made(a, given)}
    if wanted == "unpaired" and split == "test":
        arrays["source"] = arrays["unpaired"]
    return Data(f"{data.name} {pairs} {direction}", arrays, data.class_names)


def _apply(pairs, images, start):
    return PAIRS[pairs](images, np.random.default_rng([_SEED, start]))
