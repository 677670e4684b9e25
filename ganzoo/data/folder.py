"""Image folders: any sizes and modes, decoded one image at a time."""

import os
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo.data import images, listing
from ganzoo.data.account import Account, counted, listed
from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.decoded_cache import cache_path, collect, keep_headers, kept_headers
from ganzoo.utils import untrusted

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
MANY = 1000
"""Files from which what is read of them is kept on disk for the next start."""
_DECODE_AHEAD = 256  # images in flight, which bounds the memory

Entry = tuple[Path, ...]
"""The file or files of a sample."""


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

    Splits and classes are those of `listing.split`; without splits all is "train".

    Args:
        folder: searched recursively, see `listing.walk`.
        split: "train", "test" or "all".
        form: size and channels; without a size all images must have the same. With a
            stride, the images are cut into patches, each of them a sample.
        strict: refuse an unreadable image instead of skipping it with a warning.
        cache_dir: folder for decoded sets, see `read_images`.
        memory_limit: limit in bytes.

    Raises:
        ValueError: no readable image, or none of a class; sizes that differ without
            `form.size`; an unknown split; or, with `strict`, an unreadable image.
        NoSuchSplit: no test split.
    """
    check_split(folder, split)
    found = listing.split(listing.walk(folder))
    check_found(found.listing, found.train)
    if split == "test" and not found.test:
        raise NoSuchSplit(
            f"No subfolder 'test' (or 'val') with images in {str(folder)!r}; without "
            f"one all images are split 'train'. Received: {split!r}."
        )
    chosen = found.take(split)
    entries = [(path,) for path in chosen]
    others = [(path,) for path in found.take("all") if path not in chosen]
    pictures = read_images(
        folder,
        entries,
        form=form,
        strict=strict,
        cache_dir=cache_dir,
        memory_limit=memory_limit,
        others=others,
        deciding=others if split == "test" else entries,
    )
    arrays = {"real": pictures.real}
    if found.class_names:
        arrays["label"] = np.array(list(chosen.values()), np.int32)[pictures.rows]
        if split != "test":
            _check_classes(folder, found.class_names, arrays["label"])
    return Data(
        found.listing.name,
        arrays,
        found.class_names,
        account=pictures.account(
            found.listing, found.test_from, found.remarks, split == "train"
        ),
    )


@dataclass(frozen=True)
class Pictures:
    """What `read_images` read.

    Attributes:
        real: uint8 images (n, H, W, C), in the order of the entries.
        rows: int (n,), the entry of each image.
        others: number of images that the other entries would give.
        left_out: names of the files that are not among them, by kind.
        remarks: how the values were made, where the files leave it open.
    """

    real: np.ndarray
    rows: np.ndarray
    others: int
    left_out: dict[str, tuple[str, ...]]
    remarks: tuple[str, ...]

    def account(self, files, test_from="", remarks=(), has_others=True) -> Account:
        """The account of a set that holds these images.

        Args:
            files: the `Listing` of the folder.
            test_from: see `Account`.
            remarks: remarks that come first.
            has_others: True if the other entries are the test split.
        """
        left_out = {kind: tuple(names) for kind, names in files.left_out.items()}
        for kind, names in self.left_out.items():
            left_out[kind] = (*left_out.get(kind, ()), *names)
        linked = (
            (f"{counted(files.linked, 'image')} by a link",) if files.linked else ()
        )
        return Account(
            self.others if has_others else None,
            test_from,
            left_out,
            (*remarks, *linked, *self.remarks),
        )


def read_images(
    folder: Path,
    entries: Sequence[Entry],
    *,
    form: images.Form,
    strict: bool,
    cache_dir: Path,
    memory_limit: int,
    columns: int = 1,
    others: Sequence[Entry] = (),
    deciding: Sequence[Entry] | None = None,
) -> Pictures:
    """Reads the images of entries, each from its file or files.

    What was read of more than `MANY` files is kept in `cache_dir`, by their sizes,
    times and numbers in the file system, and so are sets above the memory limit.

    Args:
        folder: the folder that messages name.
        entries: the file or files of each sample. The images of several files, or of a
            file with several columns, stand side by side in the sample.
        form: size and channels of each image; without a size all must be equal.
        strict: refuse an unreadable image instead of skipping its entry.
        cache_dir: see above.
        memory_limit: bytes of samples above which they are memory-mapped.
        columns: number of images side by side in a file: squares, or in the shape of
            `form.size`.
        others: entries of another split, which are counted by their headers.
        deciding: the entries whose size and channels all get; by default `entries`.

    Raises:
        ValueError: as `load_folder`.
    """
    every = list(dict.fromkeys(p for entry in (*entries, *others) for p in entry))
    headers = _read_headers(every, cache_dir)
    broken = _Broken(folder, strict)
    elsewhere = _Broken(folder, strict=False)
    counts = {}
    for entry in entries:
        with broken.collected(entry, "unfit"):
            counts[entry] = _count(headers, entry, form, columns)
    broken.refuse_if_all(entries)
    counts_of_others = {}
    for entry in others:
        with elsewhere.collected(entry, "unfit"):
            counts_of_others[entry] = _count(headers, entry, form, columns)
    sound = counts | counts_of_others
    standard = [e for e in (entries if deciding is None else deciding) if e in sound]
    found = headers.of([path for entry in standard or counts for path in entry])
    size = form.size or _common_size(folder, found, columns)
    grey = all(flags & GREY for *_, flags, _ in found)
    channels = form.channels or (1 if grey else 3)
    seen = headers.of([path for entry in sound for path in entry])
    bits = _bits(seen)
    decoded = None if form.stride else size

    def decode(entry):
        with broken.collected(entry):
            parts = [
                part
                for path in entry
                for part in read_parts(path, decoded, channels, columns, bits)
            ]
            return _cut(np.concatenate(parts, axis=1), form)

    numbers = [i for i, entry in enumerate(entries) if entry in counts]

    def samples() -> Iterator[tuple[np.ndarray, int]]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(numbers), _DECODE_AHEAD):
                block = numbers[start : start + _DECODE_AHEAD]
                cuts = pool.map(decode, [entries[i] for i in block])
                for i, cut in zip(block, cuts, strict=True):
                    yield from ((image, i) for image in cut or ())
        broken.refuse_if_all(entries)

    stamps = [(i, *map(_stamp, entries[i])) for i in numbers]
    height, width = size
    real, rows = collect(
        samples(),
        sum(counts.values()),
        (height, width * columns * len(entries[0]), channels),
        path=cache_path(cache_dir, stamps, size, channels, bits, columns, form.stride),
        memory_limit=memory_limit,
        keep=len(numbers) > MANY,
    )
    present = set(rows.tolist())
    for i in numbers:  # those that the cache lacks, since they were broken already
        if i not in present and entries[i] not in broken.messages:
            with broken.collected(entries[i]):
                raise ValueError("it could not be decoded")
    broken.warn()
    left_out: dict[str, tuple[str, ...]] = {}
    for kind, names in (*broken.kinds.items(), *elsewhere.kinds.items()):
        left_out[kind] = (*left_out.get(kind, ()), *names)
    on_white = "" if channels == 4 else "put on white (or --channels=4)"
    remarks = _remarks(seen, bits, on_white)
    others_count = sum(counts_of_others.values())
    return Pictures(real, rows, others_count, left_out, remarks)


def survey(
    paths: list[Path], channels: int, cache_dir: Path
) -> tuple[int, tuple[str, ...]]:
    """Returns how `read_parts` should read files: their depth, and what to say of it.

    The depth is shared by all deep grey values, as in a data set; unreadable files have
    no say in it.

    Args:
        paths: the files.
        channels: 1, 3 or 4, which they are read in.
        cache_dir: as in `read_images`.
    """
    headers = list(_read_headers(paths, cache_dir).table.values())
    bits = _bits(headers)
    return bits, _remarks(headers, bits, "" if channels == 4 else "put on white")


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


class _Headers:
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


def _read_headers(paths: list[Path], cache_dir: Path) -> _Headers:
    """Reads the headers of files, or what is kept of them."""
    table, errors = {}, {}
    place = cache_path(
        cache_dir, "headers 1", untrusted.heif_formats(), [_stamp(p) for p in paths]
    )
    if len(paths) > MANY and (kept := kept_headers(place)):
        rows, failed = kept
        table = dict(zip(paths, rows, strict=True))
        return _Headers(table, {paths[int(i)]: error for i, error in failed.items()})
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
    return _Headers(table, errors)


def _header(path: Path) -> list[int]:
    """Returns what `_Headers` holds, without decoding 8-bit pixels."""
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


def _count(headers, entry, form, columns):
    """Returns the number of samples in an entry.

    Raises:
        ValueError: an unreadable file, or sides that do not fit.
    """
    sides = [headers.sides(path) for path in entry]
    for height, width in sides if columns > 1 else ():
        images.check_columns(height, width, columns, form.size)
    return images.patch_count(*sides, form.size, form.stride) if form.stride else 1


def _bits(headers):
    """The depth of all deep grey values."""
    return images.depth(max((peak for *_, peak in headers), default=0))


def _remarks(headers, bits, on_white):
    """Says what was decided about values that the files leave open."""

    def having(flag):
        return sum(bool(flags & flag) for _, _, flags, _ in headers)

    texts = []
    if (count := having(ALPHA)) and on_white:
        texts.append(f"{count:,} with transparency, {on_white}")
    if count := having(DEEP):
        texts.append(f"{count:,} of {bits} bits, 0..{2**bits - 1} scaled to 0..255")
    if count := having(DEEP_COLOUR):
        texts.append(f"{count:,} of 16 bits a colour, read as their upper 8")
    if count := having(FRAMES):
        texts.append(f"{count:,} of several frames, the first read")
    return tuple(texts)


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
        self.messages: dict[Entry, str] = {}
        self.kinds: dict[str, list[str]] = {}

    @contextmanager
    def collected(self, entry: Entry, kind: str = "broken") -> Iterator[None]:
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
            self.messages[entry] = message
            kind = error.kind if isinstance(error, Unreadable) else kind
            self.kinds.setdefault(kind, []).append(names)

    def refuse_if_all(self, entries: Sequence[Entry]) -> None:
        if len(self.messages) == len(entries):
            raise ValueError(
                f"No readable image in {str(self.folder)!r}; at least one is needed. "
                f"Received: {', '.join(list(self.messages.values())[:3])}."
            )

    def warn(self) -> None:
        if self.messages:
            warnings.warn(
                f"Skipped {len(self.messages)} unfit image(s) in {str(self.folder)!r}: "
                f"{', '.join(sorted(self.messages.values())[:5])}.",
                stacklevel=5,
            )


def check_split(folder: Path, split: str) -> None:
    """Raises ValueError unless `split` is one of `listing.SPLITS`."""
    if split not in listing.SPLITS:
        raise ValueError(
            f"Unknown split of {str(folder)!r}; allowed: {', '.join(listing.SPLITS)}. "
            f"Received: {split!r}."
        )


def check_found(files: listing.Listing, chosen) -> None:
    """Raises ValueError, with what there is instead, if no image is chosen."""
    if not chosen:
        raise ValueError(
            f"No image in {str(files.folder)!r}; allowed endings: "
            f"{', '.join(sorted(listing.ENDINGS))}. "
            f"Received: {listed(files.left_out) or '0 files'}."
        )


def _check_classes(folder, names, labels):
    missing = sorted({*range(len(names))} - {*np.unique(labels).tolist()})
    if missing:
        raise ValueError(
            f"Class {names[missing[0]]!r} of {str(folder)!r} has no readable image; "
            f"repair its images, or remove its folder ({len(missing)} such classes)."
        )


def _common_size(folder: Path, headers, columns) -> tuple[int, int]:
    sizes = {(height, width // columns) for height, width, *_ in headers}
    if len(sizes) > 1:
        seen = ", ".join(f"{height}x{width}" for height, width in sorted(sizes)[:5])
        more = ", ..." if len(sizes) > 5 else ""
        raise ValueError(
            f"The images in {str(folder)!r} differ in size; give image_size. Received "
            f"{len(sizes)} sizes (height x width): {seen}{more}."
        )
    return sizes.pop()


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes with the content of a file; a folder that moves keeps it."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
