"""Image folders: any sizes and modes, decoded one image at a time."""

import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo import safety
from ganzoo.data import images
from ganzoo.data.cache import cache_path, collect
from ganzoo.data.record import Data, NoSuchSplit

EXTENSIONS = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
SPLITS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
# What Pillow's decoders raise on damaged files.
_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_DECODE_AHEAD = 256  # images in flight, which bounds the memory


def load_folder(
    folder: Path,
    *,
    split: str,
    form: images.Form,
    strict: bool,
    cache_dir: Path,
    memory_limit: int,
) -> Data:
    """Loads the images under a folder as uint8, in the order of their paths.

    If every image lies in one of several subfolders, these are the classes. A folder
    with `train` or `test` in it is read by split; any other is "train" as a whole.

    Args:
        folder: searched recursively for the usual image extensions.
        split: "train", "test" or "all".
        form: size and channels; without a size all images must have the same.
        strict: refuse an unreadable image instead of skipping it with a warning.
        cache_dir: where a set of more than `memory_limit` bytes is decoded to.
        memory_limit: bytes.

    Raises:
        ValueError: no readable image, sizes that differ without `form.size`, an
            unknown split, or an unreadable image where `strict`.
    """
    files, class_names = _find(folder, split)
    real, labels = read_images(
        folder,
        files,
        form=form,
        strict=strict,
        cache_dir=cache_dir,
        memory_limit=memory_limit,
        key=class_names,
    )
    arrays = {"real": real, "label": labels} if class_names else {"real": real}
    return Data(folder.name, arrays, class_names)


def read_images(
    folder: Path,
    files: dict[Path, int],
    *,
    form: images.Form,
    strict: bool,
    cache_dir: Path,
    memory_limit: int,
    key: object = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Decodes images, in the order of `files`.

    Args:
        folder: that errors and warnings name.
        files: the paths, each with a number that its image carries along.
        form: see `load_folder`, as all that follows but the last.
        key: of what else decides the numbers, for the cache.

    Returns:
        uint8 (n, H, W, C) and int32 (n,): the readable images and their numbers.

    Raises:
        ValueError: as `load_folder`.
    """
    broken = _Broken(folder, strict)
    headers = {}
    for path in files:
        with broken.collected(path):
            headers[path] = _header(path)
    broken.refuse_if_all(files)
    size = form.size or _common_size(folder, {size for size, _ in headers.values()})
    channels = form.channels or (1 if all(g for _, g in headers.values()) else 3)

    def samples() -> Iterator[tuple[np.ndarray, int]]:
        def decode(path):
            with broken.collected(path):
                with Image.open(path) as image:
                    return images.to_array(image, size, channels)

        paths = list(headers)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(paths), _DECODE_AHEAD):
                block = paths[start : start + _DECODE_AHEAD]
                for path, image in zip(block, pool.map(decode, block), strict=True):
                    if image is not None:
                        yield image, files[path]
        broken.refuse_if_all(files)

    stats = [(str(p.resolve()), _changed(p)) for p in headers]
    real, labels = collect(
        samples(),
        len(headers),
        (*size, channels),
        path=cache_path(cache_dir, stats, size, channels, key, strict),
        memory_limit=memory_limit,
    )
    broken.warn()
    return real, labels


class _Broken:
    """Names the unreadable images of a folder."""

    def __init__(self, folder: Path, strict: bool):
        self.folder = folder
        self.strict = strict
        self.messages: list[str] = []

    @contextmanager
    def collected(self, path: Path) -> Iterator[None]:
        """Notes, or refuses where strict, an image that fails inside the block."""
        try:
            yield
        except _DAMAGE as error:
            message = f"{path.relative_to(self.folder)} ({error})"
            if self.strict:
                raise ValueError(
                    f"Unreadable image in {str(self.folder)!r}; repair or remove it, "
                    f"or allow skipping with strict=False. Received: {message}."
                ) from error
            self.messages.append(message)

    def refuse_if_all(self, files: dict[Path, int]) -> None:
        if len(self.messages) == len(files):
            raise ValueError(
                f"No readable image in {str(self.folder)!r}; at least one is needed. "
                f"Received: {', '.join(self.messages[:3])}."
            )

    def warn(self) -> None:
        if self.messages:
            warnings.warn(
                f"Skipped {len(self.messages)} unreadable image(s) in "
                f"{str(self.folder)!r}: {', '.join(sorted(self.messages)[:5])}.",
                stacklevel=4,
            )


def check_split(folder: Path, split: str) -> None:
    """Raises ValueError unless `split` is one of `SPLITS`."""
    if split not in SPLITS:
        raise ValueError(
            f"Unknown split of {str(folder)!r}; allowed: {', '.join(SPLITS)}. "
            f"Received: {split!r}."
        )


def paths(root: Path) -> list[Path]:
    """The images under a folder, by their extensions, sorted."""
    return [
        path
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in EXTENSIONS and not path.name.startswith(".")
    ]


def _find(folder: Path, split: str) -> tuple[dict[Path, int], tuple[str, ...]]:
    """Returns the image paths, each with its class, and the class names."""
    check_split(folder, split)
    has_splits = any((folder / part).is_dir() for part in ("train", "test"))
    if split == "test" and not has_splits:
        raise NoSuchSplit(
            f"No subfolder 'test' in {str(folder)!r}; without one the whole folder is "
            f"split 'train'. Received: {split!r}."
        )
    roots = [folder / part for part in SPLITS[split]] if has_splits else [folder]
    parts = {
        path: path.relative_to(root).parts for root in roots for path in paths(root)
    }
    if not parts:
        raise ValueError(
            f"No image in {' or '.join(repr(str(root)) for root in roots)}; allowed "
            f"extensions: {', '.join(sorted(EXTENSIONS))}. Received: 0 images."
        )
    names = sorted({part[0] for part in parts.values()})
    if len(names) < 2 or any(len(part) == 1 for part in parts.values()):
        return dict.fromkeys(parts, 0), ()
    return {path: names.index(part[0]) for path, part in parts.items()}, tuple(names)


def _header(path: Path) -> tuple[tuple[int, int], bool]:
    """Returns (height, width) and greyness without decoding the pixels."""
    with safety.open_image(path) as image:
        if image.mode in ("F", "I"):
            raise ValueError("32-bit pixels, which have no fixed range")
        return images.upright_size(image), images.is_grey(image)


def _common_size(folder: Path, sizes: set[tuple[int, int]]) -> tuple[int, int]:
    if len(sizes) > 1:
        seen = ", ".join(f"{height}x{width}" for height, width in sorted(sizes)[:5])
        more = ", ..." if len(sizes) > 5 else ""
        raise ValueError(
            f"The images in {str(folder)!r} differ in size; give image_size. Received "
            f"{len(sizes)} sizes (height x width): {seen}{more}."
        )
    return sizes.pop()


def _changed(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
