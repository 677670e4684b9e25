"""Sets for translation: the pairs of pix2pix, and CycleGAN's two sets without pairs."""

import os
from dataclasses import replace
from pathlib import Path

from ganzoo.data import listing, tfds
from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.folder import check_found, joined, read_images
from ganzoo.data.reading import Reading

WOULD_DO = {
    "source": "a folder of images that hold A and B side by side, a folder with A "
    "and B in it (or trainA and trainB), whose files have equal names, or any set of "
    "images with pairs=, such as pairs=edges",
    "unpaired": "a folder with trainA and trainB in it (testA, testB), the folders "
    "that pairs are read from, a TFDS set cycle_gan/NAME, or any set of images with "
    "pairs=, such as pairs=invert",
}


def load_sides(name: str, path: Path, reading: Reading) -> Data:
    """Loads sources and targets: side by side in a file, or in two folders.

    Args:
        name: as in `load_data`.
        path: the name as a path.
        reading: with a `source_key`. A set of pairs is also read as an unpaired one.

    Raises:
        ValueError: a set without sources, files without a partner, or as `load_folder`.
    """
    if not path.is_dir():
        if reading.source_key == "unpaired" and tfds.is_known(name, reading.data_dir):
            return _of_tfds(name, reading)
        raise ValueError(
            f"The data set {name!r} has no sources to translate from. Allowed: "
            f"{WOULD_DO[reading.source_key]}. Received: pairs=None."
        )
    files = listing.walk(path)
    sides = _sides(path, files)
    if not sides:
        split = listing.split(files)
        check_found(files, split.train)
        pairs = {p: [(file,) for file in split.take(p)] for p in ("train", "test")}
        return _paired(path, split, pairs, 2, reading)
    missing = [part for part in reading.parts if part not in sides]
    if missing:
        raise NoSuchSplit(f"No {missing[0]} images of A and B in {str(path)!r}.")
    split = _split(files, sides)
    names = [
        [name for part in reading.parts for name, _ in sides[part][side]]
        for side in (0, 1)
    ]
    if names[0] == names[1]:
        twice = sorted({name for name in names[0] if names[0].count(name) > 1})
        if twice:
            raise ValueError(
                f"Each pair of {str(path)!r} needs one file of its name in A and in B. "
                f"Received: {len(twice)} name(s) with several endings, such as "
                f"{twice[0]!r}."
            )
        pairs = {
            part: [(x, y) for (_, x), (_, y) in zip(a, b, strict=True)]
            for part, (a, b) in sides.items()
            if [name for name, _ in a] == [name for name, _ in b]
        }
        return _paired(path, split, pairs, 1, reading)
    if reading.source_key == "source":
        raise ValueError(_unmatched(path, *names))
    if not all(names):
        raise ValueError(
            f"No image in one of the two sets of {str(path)!r}. "
            f"Allowed: {WOULD_DO['unpaired']}."
        )
    return _unpaired_folder(path, split, sides, reading)


def _paired(folder, split, pairs, columns, reading):
    """Reads pairs, each of one file with two columns or of two files."""
    pictures = _read(folder, pairs, reading, columns)
    width = pictures.real.shape[2] // 2
    a, b = pictures.real[:, :, :width], pictures.real[:, :, width:]
    return Data(
        f"{split.listing.name} {reading.direction}",
        reading.sides(*reading.directed(a, b)),
        account=pictures.account(
            split.listing, split.test_from, has_others=reading.split == "train"
        ),
    )


def _read(folder, entries, reading, columns=1):
    """Reads the entries of the chosen parts, out of those by part."""
    chosen = [entry for part in reading.parts for entry in entries[part]]
    if not chosen:
        raise NoSuchSplit(f"No {reading.split} images of A and B in {str(folder)!r}.")
    others = [
        entry
        for part, of_part in entries.items()
        if part not in reading.parts
        for entry in of_part
    ]
    return read_images(folder, chosen, reading, columns=columns, others=others)


def _sides(folder, files):
    """Returns names and files of A and of B, for the splits that have both folders."""
    sides = {}
    for part, names in {
        "train": ("train", ""),
        "test": ("test", *listing.VALIDATION),
    }.items():
        places = [place for name in names for place in _places(folder, name)]
        pair = next((x for x in places if all(side.is_dir() for side in x)), None)
        if pair:
            sides[part] = [_below(root, files) for root in pair]
    if "train" in sides:  # A and B may hold A/test and B/test
        tests = {path for side in sides.get("test", ()) for _, path in side}
        sides["train"] = [
            [(name, path) for name, path in side if path not in tests]
            for side in sides["train"]
        ]
    return sides


def has_sides(folder: Path) -> bool:
    """True if a folder holds those of A and B, of any split."""
    parts = ("", "train", "test", *listing.VALIDATION)
    places = [place for part in parts for place in _places(folder, part)]
    return any(all(side.is_dir() for side in place) for place in places)


def _places(folder, part):
    """Returns where the folders of A and B of a part may be."""
    if not part:
        return [(folder / "A", folder / "B")]
    return [
        (folder / f"{part}A", folder / f"{part}B"),
        (folder / part / "A", folder / part / "B"),
        (folder / "A" / part, folder / "B" / part),
    ]


def _below(root, files):
    """Returns names and paths of the images below a folder, which may be a link.

    Sorted by name without ending: with it, `a.k.png` would come before `a.png`.
    """
    listed = listing.walk(root) if root.is_symlink() else files
    below = f"{root}{os.sep}"
    return sorted(
        (os.path.splitext(str(path)[len(below) :])[0], path)
        for path in listed.images
        if str(path).startswith(below)
    )


def _split(files, sides):
    """The listing and the place of the test split; other images are left out."""
    used = {path for pair in sides.values() for side in pair for _, path in side}
    outside = ["/".join(files.parts(p)) for p in files.images if p not in used]
    if outside:
        left_out = {**files.left_out, "outside of A and B": outside}
        files = replace(files, left_out=left_out)
    tests = [files.parts(path)[0] for _, path in sides.get("test", ([],))[0][:1]]
    place = "".join(f"{name}/" for name in tests if name not in "AB")
    return listing.Split(files, {}, {}, (), place, ())


def _unpaired_folder(folder, split, sides, reading):
    entries = (
        {part: [(path,) for _, path in pair[side]] for part, pair in sides.items()}
        for side in (0, 1)
    )
    sources, real = reading.directed(*(_read(folder, e, reading) for e in entries))
    left_out = joined(split.listing.left_out, sources.left_out)
    account = real.account(
        replace(split.listing, left_out=left_out),
        split.test_from,
        sources.remarks,
        has_others=reading.split == "train",
    )
    arrays = {"real": real.real, "unpaired": sources.real}
    return Data(f"{split.listing.name} {reading.direction}", arrays, account=account)


def _of_tfds(name, reading):
    """Loads a CycleGAN set of TFDS, with the splits trainA, trainB, testA and testB."""
    splits = ("+".join(part + side for part in reading.parts) for side in "AB")
    try:
        a, b = (tfds.load_tfds(name, replace(reading, split=x)) for x in splits)
    except NoSuchSplit as error:
        raise NoSuchSplit(
            f"The data set {name!r} has no two sets to translate between. Allowed: "
            f"{WOULD_DO['unpaired']}. Received: {error}"
        ) from error
    sources, real = reading.directed(a.arrays["real"], b.arrays["real"])
    return Data(f"{name} {reading.direction}", {"real": real, "unpaired": sources})


def _unmatched(folder, a, b):
    alone = sorted({*a} ^ {*b})
    return (
        f"The two folders of {str(folder)!r} hold pairs only if their files have equal "
        f"names; cyclegan takes sets without pairs. Received {len(alone)} without a "
        f"partner: {', '.join(alone[:3])}."
    )
