"""Animations, thinned to a length that people watch to the end."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo.utils.files import replacing
from ganzoo.utils.options import evenly_spread

MAX_FRAMES = 60  # a few MB and some ten seconds
MAX_SIDE = 1000  # pixels of the longer side


def thin(items: Sequence, limit: int = MAX_FRAMES) -> list:
    """Returns at most `limit` of `items`, evenly spaced, with first and last."""
    count = min(len(items), limit)
    return [items[i] for i in evenly_spread(len(items), count)]


def animation(frames: Sequence[np.ndarray], path: str | Path, ms: int = 150) -> None:
    """Writes frames as a looping GIF, WebP or APNG, atomically.

    More than 60 frames are thinned out and large ones reduced by a whole factor, so
    that the file stays small; the last frame is shown longer than the others.

    Args:
        frames: uint8 (H, W, 3), all of one shape.
        path: ends in .gif, .webp, .png or .apng.
        ms: milliseconds per frame.

    Raises:
        ValueError: another suffix, no frames, or frames of different shapes.
    """
    formats = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG"}
    suffix = Path(path).suffix.lower()
    if suffix not in formats:
        raise ValueError(
            "An animation cannot be written to this file. "
            f"Allowed: {', '.join(formats)}. Received: {str(path)!r}."
        )
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1:
        raise ValueError(
            "`frames` do not make an animation. Allowed: one or more of one shape. "
            f"Received: {len(frames)} frames of shapes {sorted(shapes)}."
        )
    factor = math.ceil(max(frames[0].shape[:2]) / MAX_SIDE)
    images = [Image.fromarray(frame).reduce(factor) for frame in thin(frames)]
    with replacing(path) as temporary:
        images[0].save(
            temporary,
            format=formats[suffix],
            save_all=True,
            append_images=images[1:],
            duration=[ms] * (len(images) - 1) + [8 * ms],
            loop=0,
        )
