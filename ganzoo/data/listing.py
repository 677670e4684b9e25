"""Listing: the image files of a folder, its splits, and everything that is no image."""

import itertools
import os
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

from ganzoo.data.label_names import in_order
from ganzoo.utils import untrusted
from ganzoo.utils.text import counted

ENDINGS = frozenset(
    ".apng .avif .bmp .gif .icb .j2c .j2k .jfif .jp2 .jpc .jpe .jpeg .jpf .jpg .jpx "
    ".pbm .pgm .png .pnm .ppm .tga .tif .tiff .vda .vst .webp".split()
)
HEIC = frozenset({".heic", ".heif", ".hif"})
HEIC_REMEDY = ".heic (install pillow-heif)"
TRAIN = ("train", "training")
TEST = ("test", "testing", "eval", "evaluation")
VALIDATION = ("val", "valid", "validation", "dev")
OTHER_CLASSES = "of no class of the training images"
SPLITS = (*TRAIN, *TEST, *VALIDATION)
_SPLIT = re.compile(rf"(?<![a-z])({'|'.join(SPLITS)})", re.IGNORECASE)
HIDDEN = ("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN")
"""Folders that systems make: of macOS, of Synology's, and bins."""


@dataclass(frozen=True)
class Listing:
    """Contents of a folder and its subfolders.

    Attributes:
        folder: the folder.
        images: paths of the image files, sorted.
        left_out: paths of everything else, relative to the folder, by kind.
        linked: number of images that are links to files.
    """

    folder: Path
    images: list[Path]
    left_out: dict[str, list[str]] = field(default_factory=dict)
    linked: int = 0

    @property
    def name(self) -> str:
        """The folder's own name, however its path is written."""
        return os.path.basename(os.path.abspath(self.folder))

    def parts(self, path: Path) -> tuple[str, ...]:
        """Parts of an image's path within the folder, each letter as one character."""
        return tuple(map(_composed, path.parts[len(self.folder.parts) :]))


def walk(folder: Path) -> Listing:
    """Lists a folder with its subfolders, in the order of the paths.

    An image is a file with one of `ENDINGS` or, with another ending or none, one that
    begins as an image does. A link to a file counts as that file. Linked and hidden
    folders are not entered.

    Raises:
        OSError: it is not a folder.
    """
    images, left_out = [], defaultdict(list)
    linked, waiting = 0, [""]
    while waiting:
        place = waiting.pop()
        try:
            entries = list(os.scandir(os.path.join(folder, place)))
        except PermissionError:
            left_out["unreadable folder"].append(place or ".")
            continue
        for entry in entries:
            name = os.path.join(place, entry.name)
            if kind := _kind(entry):
                left_out[kind].append(name)
            elif entry.is_dir():
                waiting.append(name)
            else:
                images.append(name)
                linked += entry.is_symlink() and os.path.exists(entry.path)
    images.sort(key=lambda name: name.split(os.sep))
    others = {kind: sorted(names) for kind, names in left_out.items()}
    return Listing(folder, [folder / name for name in images], others, linked)


def only_folder(folder: Path) -> Path | None:
    """The folder that is all that a folder holds; None if there is more, or a link."""
    with os.scandir(folder) as found:
        visible = (entry for entry in found if not _is_hidden(entry))
        entries = list(itertools.islice(visible, 2))
    alone = len(entries) == 1 and entries[0].is_dir(follow_symlinks=False)
    return Path(entries[0].path) if alone else None


def _is_hidden(entry) -> bool:
    return entry.name.startswith(".") or entry.name in HIDDEN


def _composed(name: str) -> str:
    """The form of a name that keyboards type; macOS takes letters and accents apart."""
    return unicodedata.normalize("NFC", name)


def _kind(entry) -> str | None:
    """Returns why an entry is left out; None for images, and folders to enter."""
    if _is_hidden(entry):
        return "hidden folder" if entry.is_dir() else "hidden file"
    if entry.is_dir():
        return "linked folder" if entry.is_symlink() else None
    ending = os.path.splitext(entry.name)[1].lower()
    if ending in ENDINGS or (ending in HEIC and untrusted.heif_formats()):
        return None
    if ending in HEIC:
        return HEIC_REMEDY
    if not entry.is_file():
        return "special file"
    try:
        with open(entry.path, "rb") as file:
            head = file.read(32)
    except OSError:
        return "unreadable file"
    if untrusted.begins_as_image(head):
        return None
    return ending or "without an ending"


@dataclass(frozen=True)
class Split:
    """The images of a folder by split and class.

    Attributes:
        listing: all that the folder holds; images outside of the splits are left out.
        train: training images, each with its class.
        test: test images, likewise; empty if there are none.
        class_names: those of the training images.
        test_from: the folder of the test images.
        remarks: why there are no classes, and the like.
    """

    listing: Listing
    train: dict[Path, int]
    test: dict[Path, int]
    class_names: tuple[str, ...]
    test_from: str
    remarks: tuple[str, ...]

    def take(self, *parts: str) -> dict[Path, int]:
        """The images of "train", "test" or both."""
        images = {"train": self.train, "test": self.test}
        return {path: i for part in parts for path, i in images[part].items()}


def roots(listing: Listing, images) -> dict[str, list[str]] | None:
    """Finds the split folders among those that hold the images.

    Args:
        listing: of the folder.
        images: parts of the images' paths below the folder that may hold the splits.

    Returns:
        {"train", "test"}: their folders; None unless every folder with images has the
        name of a split. Those of `VALIDATION` are the test split if there is none of
        `TEST`, or if it lacks the classes of the training images.

    Raises:
        ValueError: a test split without a training split.
    """
    names = sorted({parts[0] for parts in images if len(parts) > 1})
    of = {
        key: [name for name in names if name.lower() in known]
        for key, known in (("train", TRAIN), ("test", TEST), ("val", VALIDATION))
    }
    if not names or sum(map(len, of.values())) < len(names):
        return None
    if not of["train"]:
        raise ValueError(
            f"{str(listing.folder)!r} holds no 'train', but {', '.join(names)}. Add "
            "the training images, or give one of these folders by itself."
        )
    classes = {name: {p[1] for p in images if p[0] == name and p[2:]} for name in names}
    known = set().union(*(classes[name] for name in of["train"]))
    labelled = [n for n in of["test"] if not known or known & classes[n]]
    return {"train": of["train"], "test": labelled or of["val"] or of["test"]}


def split(listing: Listing) -> Split:
    """Finds the splits and the classes of a folder's images.

    A folder that holds only one folder stands for that one. `train` and `test` (or
    `val`) are splits only where no other folder holds images. If every training image
    lies in one of several subfolders, these are the classes.

    Raises:
        ValueError: a test split without a training split.
    """
    every = {path: listing.parts(path) for path in listing.images}
    left_out = dict(listing.left_out)

    def leave_out(kind, paths):
        if paths:
            names = ["/".join(every[path]) for path in paths]
            left_out[kind] = [*left_out.get(kind, ()), *names]

    (train, _), test = _descended(every, stop=SPLITS), {}
    named = roots(listing, train.values())
    if named:
        below = {path: part for path, part in train.items() if len(part) > 1}
        train, test = (
            {path: part[1:] for path, part in below.items() if part[0] in named[key]}
            for key in ("train", "test")
        )
        inside = train.keys() | test.keys()
        leave_out("outside of train and test", [p for p in every if p not in inside])
        train, inner = _descended(train)
        depth = len(inner)
        strange = [path for path, part in test.items() if part[:depth] != inner]
        if len(strange) < len(test):
            leave_out(OTHER_CLASSES, strange)
            test = {path: part for path, part in test.items() if part[:depth] == inner}
        test = {
            path: part[depth:] if part[:depth] == inner else part
            for path, part in test.items()
        }
    names = in_order(part[0] for part in train.values() if len(part) > 1)
    loose = [path for path, part in train.items() if len(part) == 1]
    numbers, remarks = {name: i for i, name in enumerate(names)}, ()
    if len(names) > 1 and loose:
        remarks = (
            f"no classes: {counted(len(loose), 'image')} outside of the {len(names)} "
            f"subfolders, such as {'/'.join(every[loose[0]])}",
        )
    folders = {name for part in train.values() for name in part[:-1]}
    alike = {name: m[1] for name in sorted(folders) if (m := _SPLIT.search(name))}
    if {name.lower().startswith(TRAIN) for name in alike.values()} == {True, False}:
        remarks += (
            f"{', '.join(alike)} are no splits, which stand alone and are called train "
            "and test",
        )
    if len(names) < 2 or loose:
        numbers = {}
    else:
        unknown = [path for path, part in test.items() if part[0] not in numbers]
        leave_out(OTHER_CLASSES, unknown)
        test = {path: part for path, part in test.items() if part[0] in numbers}
        empty = _without_images(train, names)
        if empty:
            left_out["folder without images"] = empty
    return Split(
        replace(listing, left_out=left_out),
        {path: numbers.get(part[0], 0) for path, part in train.items()},
        {path: numbers.get(part[0], 0) for path, part in test.items()},
        tuple(numbers),
        ", ".join(f"{name}/" for name in named["test"]) if test else "",
        remarks,
    )


def _descended(parts, stop=()):
    """Removes folders that hold only one folder from all paths; returns both."""
    inner = ()
    while parts:
        tops = {part[0] for part in parts.values()}
        single = len(tops) == 1 and all(len(part) > 1 for part in parts.values())
        if not single or next(iter(tops)).lower() in stop:
            break
        inner += (*tops,)
        parts = {path: part[1:] for path, part in parts.items()}
    return parts, inner


def _without_images(train, names):
    """Returns the folders next to the classes' that hold no image."""
    path, part = next(iter(train.items()))
    place = path.parents[len(part) - 1]
    return sorted(
        entry.name
        for entry in os.scandir(place)
        if entry.is_dir(follow_symlinks=False)
        and not _is_hidden(entry)
        and _composed(entry.name) not in names
    )
