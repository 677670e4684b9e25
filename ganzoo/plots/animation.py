"""Animations, thinned to a length that people watch to the end."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo.utils.extras import extra
from ganzoo.utils.files import replacing
from ganzoo.utils.options import evenly_spread

MAX_FRAMES = 60  # a few MB and about ten seconds
MAX_SIDE = 1000  # pixels of the longer side


def thin(items: Sequence, limit: int = MAX_FRAMES) -> list:
    """Returns at most `limit` of `items`, evenly spaced, with first and last."""
    count = min(len(items), limit)
    return [items[i] for i in evenly_spread(len(items), count)]


def animation(frames: Sequence[np.ndarray], path: str | Path, ms: int = 150) -> None:
    """Writes frames as a looping GIF, WebP or APNG, or as an MP4 film, atomically.

    For looping pictures, more than 60 frames are thinned out and large ones reduced by
    a whole factor, so that the file stays small; the last frame is shown longer than
    the others.

    Args:
        frames: uint8 (H, W, 3), all of one shape.
        path: ends in .gif, .webp, .png, .apng or .mp4.
        ms: milliseconds per frame.

    Raises:
        ValueError: another suffix, no frames, or frames of different shapes.
        ImportError: .mp4 without the extra `video`.
    """
    check_suffix(path)
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1:
        raise ValueError(
            "`frames` do not make an animation. Allowed: one or more of one shape. "
            f"Received: {len(frames)} frames of shapes {sorted(shapes)}."
        )
    with replacing(path) as temporary:
        WRITERS[Path(path).suffix.lower()](frames, temporary, ms)


def check_suffix(path: str | Path) -> None:
    """Raises `ValueError` for a file that no animation is written to."""
    if Path(path).suffix.lower() not in WRITERS:
        raise ValueError(
            "An animation cannot be written to this file. "
            f"Allowed: {', '.join(WRITERS)}. Received: {str(path)!r}."
        )


def _write_loop(kind, frames, path, ms):
    factor = math.ceil(max(frames[0].shape[:2]) / MAX_SIDE)
    images = [Image.fromarray(frame).reduce(factor) for frame in thin(frames)]
    images[0].save(
        path,
        format=kind,
        save_all=True,
        append_images=images[1:],
        duration=[ms] * (len(images) - 1) + [8 * ms],
        loop=0,
    )


def _write_film(frames, path, ms):
    instead = "Without it, write .gif or .webp."
    with extra("video", "An MP4 film needs imageio-ffmpeg", instead):
        import imageio_ffmpeg
    # The usual pixel format of films has half the colours along each side.
    height, width, _ = (side + side % 2 for side in frames[0].shape)
    film = imageio_ffmpeg.write_frames(
        str(path), (width, height), fps=1000 / ms, macro_block_size=2
    )
    film.send(None)
    for frame in frames:
        odd = [(0, side % 2) for side in frame.shape[:2]]
        film.send(np.pad(frame, [*odd, (0, 0)], mode="edge").tobytes())
    film.close()


WRITERS = {
    ".gif": partial(_write_loop, "GIF"),
    ".webp": partial(_write_loop, "WEBP"),
    ".png": partial(_write_loop, "PNG"),
    ".apng": partial(_write_loop, "PNG"),
    ".mp4": _write_film,
}
