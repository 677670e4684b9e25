"""Pictures of a training run: NumPy in, RGB arrays or files out.

Every picture is a uint8 array (H, W, 3) that can be saved, shown in a notebook or used
as a frame of an animation. Figures use matplotlib's objects without pyplot: no global
state, no display, safe in threads and tests.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo.plots.captions import with_captions
from ganzoo.plots.figures import (
    extent_of,
    histogram_figure,
    points_figure,
    signals_figure,
)
from ganzoo.plots.molecules import molecules_picture
from ganzoo.plots.text import text_picture
from ganzoo.plots.voxels import volumes_picture
from ganzoo.utils import untrusted
from ganzoo.utils.files import replacing

MIN_WIDTH = 400  # a grid of 8x8 digits would be 64 pixels wide
GREY = 128


def save_png(array: np.ndarray, path: str | Path) -> None:
    """Writes a uint8 picture (H, W, 3) to `path`, atomically."""
    with replacing(path) as temporary:
        Image.fromarray(array).save(temporary, format="PNG")


def read_png(path: str | Path) -> np.ndarray:
    """Reads a picture as uint8 (H, W, 3)."""
    with untrusted.open_image(path) as image:
        return np.asarray(image.convert("RGB"))


def image_grid(
    images: np.ndarray,
    columns: int | None = None,
    scale: int | None = None,
    pad: int = 2,
) -> np.ndarray:
    """Lays images out row by row on mid grey.

    Args:
        images: uint8 (n, H, W, C), C = 1, 3 or, with opacity, 4: put on white.
        columns: images per row; by default the grid is about square.
        scale: each pixel becomes `scale` x `scale`; by default just enough for a
            grid that is 400 pixels wide.
        pad: pixels between images and around the grid.

    Returns:
        uint8 (rows * (H * scale + pad) + pad, columns * (W * scale + pad) + pad, 3).

    Raises:
        ValueError: `images` is empty, or not a uint8 batch of grey, RGB or RGBA images.
    """
    fits = images.ndim == 4 and len(images) > 0 and images.shape[-1] in (1, 3, 4)
    if images.dtype != np.uint8 or not fits:
        raise ValueError(
            "`images` must be a batch of grey, RGB or RGBA images. Allowed: uint8 of "
            f"shape (n, H, W, 1), (n, H, W, 3) or (n, H, W, 4), n from 1. Received: "
            f"{images.dtype} of shape {images.shape}."
        )
    if images.shape[-1] == 4:
        opacity = images[..., 3:] / 255
        images = np.rint(images[..., :3] * opacity + 255 * (1 - opacity)).astype(
            "uint8"
        )
    n, height, width, _ = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    room = MIN_WIDTH - pad * (columns + 1)
    scale = scale or max(1, math.ceil(room / (columns * width)))
    tiles = np.full(
        (rows * columns, height * scale + pad, width * scale + pad, 3), GREY, np.uint8
    )
    tiles[:n, pad:, pad:] = images.repeat(scale, axis=1).repeat(scale, axis=2)
    tiles = tiles.reshape(rows, columns, *tiles.shape[1:])
    grid = tiles.swapaxes(1, 2).reshape(rows * tiles.shape[2], -1, 3)
    return np.pad(grid, ((0, pad), (0, pad), (0, 0)), constant_values=GREY)


def samples_picture(
    samples: np.ndarray,
    columns: int | None = None,
    captions: Sequence[str] | None = None,
    codec=None,
) -> np.ndarray:
    """Draws samples: a grid of images or volumes, or two coordinates of vectors.

    For numbers (n, 1), it is a histogram.

    Args:
        samples: (n, H, W, C), (n, D, H, W, C) or one-hot (n, L, V) uint8, or (n, d)
            floats.
        columns: images per row.
        captions: a text next to each row.
        codec: what one-hot samples mean, see `data.codecs`, so that this is drawn;
            without one, their codes are.
    """
    if codec:
        picture = _OF_STRINGS[codec.kind](codec.strings(samples), columns)
    else:
        picture = _OF_SAMPLES[samples.ndim](samples, columns)
    return picture if captions is None else with_captions(picture, captions)


def _of_vectors(samples, columns):
    if samples.shape[1] == 1:
        return histogram_figure(samples[:, 0])
    points = samples[:, :2]
    return points_figure(points[:0], points, extent=extent_of(points))


def _of_sequences(samples, columns):
    """Codes (n, L, V) as grey images, signals (n, L, C) as lines."""
    if samples.dtype == np.uint8:
        return image_grid(samples[..., np.newaxis], columns)
    return signals_figure(samples, columns)


_OF_SAMPLES = {
    2: _of_vectors,
    3: _of_sequences,
    4: image_grid,
    5: volumes_picture,
}
_OF_STRINGS = {"molecules": molecules_picture, "text": text_picture}
