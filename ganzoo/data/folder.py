"""Image folders: any sizes and modes, decoded one image at a time."""

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganzoo.data import images, listing
from ganzoo.data.account import Account, listed
from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.decoded_cache import cache_path, collect, stamp
from ganzoo.data.image_files import (
    DAMAGE,
    GREY,
    MANY,
    Unreadable,
    depth_of,
    read_headers,
    read_parts,
    remarks_on,
)
from ganzoo.data.reading import Reading
from ganzoo.utils.text import counted

_DECODE_AHEAD = 256  # images in flight, which bounds the memory

Entry = tuple[Path, ...]
"""The file or files of a sample."""


def load_folder(folder: Path, reading: Reading) -> Data:
    """Loads the images under a folder as uint8, in the order of their paths.

    Splits and classes are those of `listing.split`; without splits, all is "train".

    Args:
        folder: searched recursively, see `listing.walk`.
        reading: without a size, all images must have the same one. With a stride, the
            images are cut into patches, each of them a sample.

    Raises:
        ValueError: no readable image, or none of a class; sizes that differ without
            `reading.form.size`; or, with `strict`, an unreadable image.
        NoSuchSplit: no test split.
    """
    files = listing.split(listing.walk(folder))
    check_found(files.listing, files.train)
    if reading.split == "test" and not files.test:
        raise NoSuchSplit(
            f"No subfolder 'test' (or 'val') with images in {str(folder)!r}; without "
            f"one all images are split 'train'. Received: {reading.split!r}."
        )
    chosen = files.take(*reading.parts)
    entries = [(path,) for path in chosen]
    others = [(path,) for path in files.take("train", "test") if path not in chosen]
    pictures = read_images(folder, entries, reading, others=others)
    arrays = {"real": pictures.real}
    if files.class_names:
        arrays["label"] = np.array(list(chosen.values()), np.int32)[pictures.rows]
        if reading.split != "test":
            _check_classes(folder, files.class_names, arrays["label"])
    account = pictures.account(
        files.listing, files.test_from, files.remarks, reading.split == "train"
    )
    return Data(files.listing.name, arrays, files.class_names, account=account)


@dataclass(frozen=True)
class Pictures:
    """Images that `read_images` read, and those that it left out.

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
        linked = (
            (f"{counted(files.linked, 'image')} by a link",) if files.linked else ()
        )
        return Account(
            self.others if has_others else None,
            test_from,
            joined(files.left_out, self.left_out),
            (*remarks, *linked, *self.remarks),
        )


def joined(*tables: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Joins tables of names by kind."""
    kinds = dict.fromkeys(kind for table in tables for kind in table)
    return {
        kind: tuple(name for table in tables for name in table.get(kind, ()))
        for kind in kinds
    }


def read_images(
    folder: Path,
    entries: Sequence[Entry],
    reading: Reading,
    *,
    columns: int = 1,
    others: Sequence[Entry] = (),
) -> Pictures:
    """Reads the images of entries, each from its file or files.

    Images from more than `MANY` files are kept in the cache, by the files' sizes, times
    and numbers in the file system; so are sets above the memory limit.

    Args:
        folder: the folder that messages name.
        entries: the file or files of each sample. The images of several files, or of a
            file with several columns, stand side by side in the sample.
        reading: size and channels of each image, ...; without a size all must be equal.
        columns: number of images side by side in a file: squares, or in the shape of
            `reading.form.size`.
        others: entries of another split, which are counted by their headers. For a test
            split they are the training images, which set the size and channels of all.

    Raises:
        ValueError: as `load_folder`.
    """
    form = reading.form
    files = list(dict.fromkeys(p for entry in (*entries, *others) for p in entry))
    headers = read_headers(files, reading.cache_dir)
    broken, elsewhere = _Broken(folder, reading.strict), _Broken(folder, strict=False)
    counts = _counts(entries, headers, form, columns, broken)
    broken.refuse_if_all(entries)
    counts_of_others = _counts(others, headers, form, columns, elsewhere)
    sound = counts | counts_of_others
    deciding = others if reading.split == "test" else entries
    standard = [entry for entry in deciding if entry in sound]
    sizes = headers.of([path for entry in standard or counts for path in entry])
    size = form.size or _common_size(folder, sizes, columns)
    grey = all(flags & GREY for *_, flags, _ in sizes)
    channels = form.channels or (1 if grey else 3)
    described = headers.of([path for entry in sound for path in entry])
    bits = depth_of(described)

    def decode(entry):
        with broken.collected(entry):
            parts = [
                part
                for path in entry
                for part in read_parts(
                    path, None if form.stride else size, channels, columns, bits
                )
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

    stamps = [(i, *map(stamp, entries[i])) for i in numbers]
    decided = size, channels, bits, columns, form.stride
    height, width = size
    real, rows = collect(
        samples(),
        sum(counts.values()),
        (height, width * columns * len(entries[0]), channels),
        path=cache_path(reading.cache_dir, stamps, *decided),
        memory_limit=reading.memory_limit,
        keep=len(numbers) > MANY,
    )
    present = set(rows.tolist())
    for i in numbers:  # those that the cache lacks, since they were broken already
        if i not in present and entries[i] not in broken.messages:
            with broken.collected(entries[i]):
                raise ValueError("it could not be decoded")
    broken.warn()
    on_white = "" if channels == 4 else "put on white (or --channels=4)"
    return Pictures(
        real,
        rows,
        sum(counts_of_others.values()),
        joined(broken.kinds, elsewhere.kinds),
        remarks_on(described, bits, on_white),
    )


def _counts(entries, headers, form, columns, broken) -> dict[Entry, int]:
    """Returns the number of samples in each entry that fits."""
    counts = {}
    for entry in entries:
        with broken.collected(entry, "unfit"):
            counts[entry] = _count(headers, entry, form, columns)
    return counts


def _count(headers, entry, form, columns):
    """Returns the number of samples in an entry.

    Raises:
        ValueError: an unreadable file, or sides that do not fit.
    """
    sides = [headers.sides(path) for path in entry]
    for height, width in sides if columns > 1 else ():
        images.check_columns(height, width, columns, form.size)
    return images.patch_count(*sides, form.size, form.stride) if form.stride else 1


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
                f"No usable image in {str(self.folder)!r}; at least one is needed. "
                f"Received: {', '.join(list(self.messages.values())[:3])}."
            )

    def warn(self) -> None:
        if self.messages:
            warnings.warn(
                f"Skipped {len(self.messages)} unfit image(s) in {str(self.folder)!r}: "
                f"{', '.join(sorted(self.messages.values())[:5])}.",
                stacklevel=5,
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
        examples = ", ".join(f"{height}x{width}" for height, width in sorted(sizes)[:5])
        more = ", ..." if len(sizes) > 5 else ""
        raise ValueError(
            f"The images in {str(folder)!r} differ in size; give image_size. Received "
            f"{len(sizes)} sizes (height x width): {examples}{more}."
        )
    return sizes.pop()
