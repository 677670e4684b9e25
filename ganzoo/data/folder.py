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

from ganzoo.data import images
from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.decoded_cache import cache_path, collect
from ganzoo.utils import untrusted

EXTENSIONS = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
SPLITS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""Errors of Pillow's decoders on damaged files."""
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
    that holds `train` or `test` is read by split; any other is all "train".

    Args:
        folder: searched recursively for the usual image extensions.
        split: "train", "test" or "all".
        form: size and channels; without a size all images must have the same. With a
            stride, the images are cut into patches, each of them a sample.
        strict: refuse an unreadable image instead of skipping it with a warning.
        cache_dir: folder for decoded sets of more than `memory_limit` bytes.
        memory_limit: limit in bytes.

    Raises:
        ValueError: no readable image, sizes that differ without `form.size`, an
            unknown split, or, with `strict`, an unreadable image.
    """
    files, class_names = _find(folder, split)
    real, labels = read_images(
        folder,
        {(path,): label for path, label in files.items()},
        form=form,
        strict=strict,
        cache_dir=cache_dir,
        memory_limit=memory_limit,
    )
    arrays = {"real": real, "label": labels} if class_names else {"real": real}
    return Data(folder.name, arrays, class_names)


def read_images(
    folder: Path,
    files: dict[tuple[Path, ...], int],
    *,
    form: images.Form,
    strict: bool,
    cache_dir: Path,
    memory_limit: int,
    columns: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 images `(n, H, W, C)` and their labels `(n,)`, in order.

    Args:
        folder: the folder that messages name.
        files: the file or files of each sample, by label. The images of several files,
            or of a file with several columns, stand side by side in the sample.
        form: size and channels of each image; without a size all must be equal.
        strict: refuse an unreadable image instead of skipping its entry.
        cache_dir: see `load_folder`.
        memory_limit: limit in bytes.
        columns: number of square images side by side in a file.

    Raises:
        ValueError: as `load_folder`.
    """
    broken = _Broken(folder, strict)
    headers, counts = {}, {}
    for entry in files:
        with broken.collected(entry):
            sides = [_header(path, columns) for path in entry]
            counts[entry] = _count(sides, form)
            headers[entry] = sides
    broken.refuse_if_all(files)
    found = [header for entry in headers.values() for header in entry]
    size = form.size or _common_size(folder, {size for size, _ in found})
    channels = form.channels or (1 if all(grey for _, grey in found) else 3)
    decoded = None if form.stride else size

    def decode(entry):
        with broken.collected(entry):
            parts = [
                part
                for path in entry
                for part in read_parts(path, decoded, channels, columns)
            ]
            return _cut(np.concatenate(parts, axis=1), form)

    def samples() -> Iterator[tuple[np.ndarray, int]]:
        entries = list(headers)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(entries), _DECODE_AHEAD):
                block = entries[start : start + _DECODE_AHEAD]
                for entry, cut in zip(block, pool.map(decode, block), strict=True):
                    yield from ((image, files[entry]) for image in cut or ())
        broken.refuse_if_all(files)

    stats = [(str(p.resolve()), _changed(p)) for entry in headers for p in entry]
    labels = list(files.values())
    height, width = size
    real, labels = collect(
        samples(),
        sum(counts.values()),
        (height, width * columns * len(next(iter(files))), channels),
        path=cache_path(
            cache_dir, stats, size, channels, labels, strict, columns, form.stride
        ),
        memory_limit=memory_limit,
    )
    broken.warn()
    return real, labels


def read_parts(path: Path, size, channels: int, columns: int = 1) -> list[np.ndarray]:
    """Returns the images of a file, uint8 `(*size, channels)` each.

    Args:
        path: path of the file.
        size: height and width; None for the file's own.
        channels: 1 or 3.
        columns: number of images side by side in it.

    Raises:
        Exception: one of `DAMAGE`.
    """
    with untrusted.open_image(path) as image:
        images.check_range(image)
        if columns == 1:
            size = size or images.upright_size(image)
            return [images.to_array(image, size, channels)]
        return [
            images.to_array(part, size, channels)
            for part in images.columns(image, columns)
        ]


def _count(headers, form):
    """Returns the number of samples in an entry."""
    if not form.stride:
        return 1
    ((sides, _),) = headers
    return images.patch_count(sides, form.size, form.stride)


def _cut(image, form):
    """Cuts an entry's image into its samples."""
    if not form.stride:
        return [image]
    return list(images.patches(image, form.size, form.stride))


class _Broken:
    """Names the unreadable images of a folder."""

    def __init__(self, folder: Path, strict: bool):
        self.folder = folder
        self.strict = strict
        self.messages: list[str] = []

    @contextmanager
    def collected(self, entry: tuple[Path, ...]) -> Iterator[None]:
        """Notes a file that fails inside the block; with `strict`, refuses it."""
        try:
            yield
        except DAMAGE as error:
            names = " and ".join(str(path.relative_to(self.folder)) for path in entry)
            message = f"{names} ({error})"
            if self.strict:
                raise ValueError(
                    f"Unreadable image in {str(self.folder)!r}; repair or remove it, "
                    f"or allow skipping with strict=False. Received: {message}."
                ) from error
            self.messages.append(message)

    def refuse_if_all(self, files: dict) -> None:
        if len(self.messages) == len(files):
            raise ValueError(
                f"No readable image in {str(self.folder)!r}; at least one is needed. "
                f"Received: {', '.join(self.messages[:3])}."
            )

    def warn(self) -> None:
        if self.messages:
            warnings.warn(
                f"Skipped {len(self.messages)} unfit image(s) in "
                f"{str(self.folder)!r}: {', '.join(sorted(self.messages)[:5])}.",
                stacklevel=5,
            )


def check_split(folder: Path, split: str) -> None:
    """Raises ValueError unless `split` is one of `SPLITS`."""
    if split not in SPLITS:
        raise ValueError(
            f"Unknown split of {str(folder)!r}; allowed: {', '.join(SPLITS)}. "
            f"Received: {split!r}."
        )


def paths(root: Path) -> list[Path]:
    """Returns the images under a folder, found by their extensions, sorted."""
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


def _header(path: Path, columns: int) -> tuple[tuple[int, int], bool]:
    """Returns (height, width) and greyness without decoding the pixels."""
    with untrusted.open_image(path) as image:
        images.check_range(image)
        height, width = images.upright_size(image)
        if columns > 1 and width != columns * height:
            raise ValueError(
                f"{height}x{width} pixels, but {columns} square images side by side "
                f"would be {height}x{columns * height}"
            )
        return (height, width // columns), images.is_grey(image)


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
