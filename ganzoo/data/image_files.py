"""Image files: what their headers tell, and what they hold."""

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo.data import images, listing
from ganzoo.data.decoded_cache import cache_path, cached_headers, keep_headers, stamp
from ganzoo.utils import untrusted

DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    RuntimeError,  # of AVIF
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""Errors of Pillow's decoders on damaged files."""
MANY = 1000
"""Files from which what is read of them is kept on disk for the next start."""


def survey(
    paths: list[Path], channels: int, cache_dir: Path
) -> tuple[int, tuple[str, ...]]:
    """Returns how `read_parts` should read files: their depth, and remarks on it.

    All deep grey values share the depth, as in a data set; unreadable files have no say
    in it.

    Args:
        paths: the files.
        channels: 1, 3 or 4, which they are read in.
        cache_dir: as in `read_images`.
    """
    headers = list(read_headers(paths, cache_dir).table.values())
    bits = depth_of(headers)
    return bits, remarks_on(headers, bits, "" if channels == 4 else "put on white")


def read_parts(
    path: Path, size, channels: int, columns: int = 1, bits: int = 16
) -> list[np.ndarray]:
    """Returns the images of a file, uint8 `(*size, channels)` each.

    Args:
        path: path of the file.
        size: height and width; None for the file's own.
        channels: 1, 3 or 4.
        columns: number of images side by side in it.
        bits: depth of grey values of more than 8 bits.

    Raises:
        Exception: one of `DAMAGE`.
    """
    with untrusted.open_image(path) as image:
        images.check_range(image)
        if columns == 1:
            size = size or images.upright_size(image)
            return [images.to_array(image, size, channels, bits)]
        return [
            images.to_array(part, size, channels, bits)
            for part in images.columns(image, columns)
        ]


# --- headers ------------------------------------------------------------------------

GREY, ALPHA, DEEP, DEEP_COLOUR, FRAMES = 1, 2, 4, 8, 16


class Headers:
    """Height, width, flags and highest value of more than 8 bits, by file."""

    def __init__(self, table: dict[Path, list[int]], errors: dict[Path, list[str]]):
        self.table = table
        self.errors = errors

    def of(self, paths: Iterable[Path]) -> list[list[int]]:
        """Returns the headers of readable files."""
        return [self.table[path] for path in paths]

    def sides(self, path: Path) -> tuple[int, int]:
        """Returns (height, width); raises `Unreadable` as the file did."""
        if path in self.errors:
            raise Unreadable(*self.errors[path])
        height, width, *_ = self.table[path]
        return height, width


class Unreadable(ValueError):
    """A file that cannot be read: its kind in accounts, and why."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


def read_headers(paths: list[Path], cache_dir: Path) -> Headers:
    """Reads the headers of files, or what is kept of them."""
    table, errors = {}, {}
    place = cache_path(
        cache_dir, "headers 1", untrusted.heif_formats(), [stamp(p) for p in paths]
    )
    if len(paths) > MANY and (cached := cached_headers(place)):
        rows, failed = cached
        table = dict(zip(paths, rows, strict=True))
        return Headers(table, {paths[int(i)]: error for i, error in failed.items()})
    for path in paths:
        try:
            table[path] = _header(path)
        except untrusted.NeedsHeif as error:
            errors[path] = [listing.HEIC_REMEDY, str(error)]
        except DAMAGE as error:
            errors[path] = ["broken", str(error) or type(error).__name__]
    if len(paths) > MANY:
        rows = [table.get(path, [0] * 4) for path in paths]
        failed = {str(i): errors[p] for i, p in enumerate(paths) if p in errors}
        keep_headers(place, rows, failed)
    return Headers(table, errors)


def _header(path: Path) -> list[int]:
    """Returns what `Headers` holds, without decoding 8-bit pixels."""
    with untrusted.open_image(path) as image:
        images.check_range(image)
        height, width = images.upright_size(image)
        deep = images.is_deep(image)
        flags = (
            GREY * images.is_grey(image)
            | ALPHA * image.has_transparency_data
            | DEEP * deep
            | DEEP_COLOUR * images.is_deep_colour(image)
            | FRAMES * images.is_animated(image)
        )
        peak = int(images.deep_values(image).max()) if deep else 0
        return [height, width, flags, peak]


def depth_of(headers):
    """The depth of all deep grey values."""
    return images.depth(max((peak for *_, peak in headers), default=0))


def remarks_on(headers, bits, on_white):
    """Says what was decided about values that the files leave open."""

    def having(flag):
        return sum(bool(flags & flag) for _, _, flags, _ in headers)

    texts = []
    if (count := having(ALPHA)) and on_white:
        texts.append(f"{count:,} with transparency, {on_white}")
    if bits > 8 and (count := having(DEEP)):
        texts.append(f"{count:,} of {bits} bits, 0..{2**bits - 1} scaled to 0..255")
    if count := having(DEEP_COLOUR):
        texts.append(f"{count:,} of 16 bits a colour, read as their upper 8")
    if count := having(FRAMES):
        texts.append(f"{count:,} of several frames, the first read")
    return tuple(texts)
