"""Sets for translation: the pairs of pix2pix, and CycleGAN's two sets without pairs."""

import os
from dataclasses import replace
from pathlib import Path

from ganzoo.data import images, listing, tfds
from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.folder import check_found, check_split, read_images

DIRECTIONS = ("AtoB", "BtoA")
WOULD_DO = {
    "source": "a folder of images that hold A and B side by side, a folder with A "
    "and B in it (or trainA and trainB), whose files have equal names, or any set of "
    "images with pairs=, such as pairs=edges",
    "unpaired": "a folder with trainA and trainB in it (testA, testB), the folders "
    "that pairs are read from, a TFDS set cycle_gan/NAME, or any set of images with "
    "pairs=, such as pairs=invert",
}


def load_sides(
    name: str,
    path: Path,
    *,
    split: str,
    wanted: str,
    direction: str,
    data_dir,
    form: images.Form,
    **reading,
) -> Data:
    """Loads sources and targets: side by side in a file, or in two folders.

    Args:
        name: as in `load_data`.
        path: the name as a path.
        split: "train", "test" or "all".
        wanted: `source`, the pairs of a folder; or `unpaired`, sources in their own
            order. A set of pairs is read as an unpaired one, too; its test split
            keeps the pairs as `source`.
        direction: `AtoB`: sources are A, the left image; or `BtoA`.
        data_dir: folder of TFDS sets.
        form: size and channels of all images.
        **reading: `strict`, `cache_dir` and `memory_limit` of `load_data`.

    Raises:
        ValueError: a set without sources, files without a partner, or as `load_folder`.
    """
    if not path.is_dir():
        if wanted == "unpaired" and tfds.is_known(name, data_dir):
            return _of_tfds(name, split, direction, data_dir, form, reading)
        raise ValueError(
            f"The data set {name!r} has no sources to translate from. Allowed: "
            f"{WOULD_DO[wanted]}. Received: pairs=None."
        )
    check_split(path, split)
    files = listing.walk(path)
    sides = _sides(path, files)
    reading = {"form": form, **reading}
    if not sides:
        found = listing.split(files)
        check_found(files, found.train)
        pairs = {p: [(file,) for file in found.take(p)] for p in ("train", "test")}
        return _paired(path, found, pairs, split, wanted, direction, 2, reading)
    missing = [part for part in listing.SPLITS[split] if part not in sides]
    if missing:
        raise NoSuchSplit(f"No {missing[0]} images of A and B in {str(path)!r}.")
    found = _found(files, sides)
    names = [
        [name for part in listing.SPLITS[split] for name, _ in sides[part][side]]
        for side in (0, 1)
    ]
    if names[0] == names[1]:
        pairs = {
            part: [(x, y) for (_, x), (_, y) in zip(a, b, strict=True)]
            for part, (a, b) in sides.items()
            if [name for name, _ in a] == [name for name, _ in b]
        }
        return _paired(path, found, pairs, split, wanted, direction, 1, reading)
    if wanted == "source":
        raise ValueError(_unmatched(path, *names))
    return _unpaired_folder(path, found, sides, split, direction, reading)


def _paired(folder, found, pairs, split, wanted, direction, columns, reading):
    """Reads pairs, each of one file with two columns or of two files."""
    entries = [entry for part in listing.SPLITS[split] for entry in pairs[part]]
    if not entries:
        raise NoSuchSplit(f"No {split} images of A and B in {str(folder)!r}.")
    others = pairs.get("test", []) if split == "train" else []
    pictures = read_images(folder, entries, columns=columns, others=others, **reading)
    real = pictures.real
    width = real.shape[2] // 2
    arrays = paired(real[:, :, :width], real[:, :, width:], split, direction, wanted)
    return Data(
        f"{found.listing.name} {direction}",
        arrays,
        account=pictures.account(
            found.listing, found.test_from, has_others=split == "train"
        ),
    )


def paired(a, b, split, direction, wanted) -> dict:
    """The arrays of pairs; as an unpaired set, its test split keeps them as `source`.

    Args:
        a: images (n, H, W, C).
        b: their counterparts.
        split: split of the data.
        direction: `AtoB` or `BtoA`.
        wanted: `source` or `unpaired`.
    """
    arrays = _directed(a, b, direction, wanted)
    if wanted == "unpaired" and split == "test":
        arrays["source"] = arrays["unpaired"]
    return arrays


def _directed(a, b, direction, wanted):
    source, real = (a, b) if direction == "AtoB" else (b, a)
    return {"real": real, wanted: source}


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
    return sides


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
    """Returns names and paths of the images below a folder, which may be a link."""
    listed = listing.walk(root) if root.is_symlink() else files
    below = f"{root}{os.sep}"
    return [
        (os.path.splitext(str(path)[len(below) :])[0], path)
        for path in listed.images
        if str(path).startswith(below)
    ]


def _found(files, sides):
    """The listing and the place of the test split; other images are left out."""
    used = {path for pair in sides.values() for side in pair for _, path in side}
    outside = ["/".join(files.parts(p)) for p in files.images if p not in used]
    if outside:
        left_out = {**files.left_out, "outside of A and B": outside}
        files = replace(files, left_out=left_out)
    tests = [files.parts(path)[0] for _, path in sides.get("test", ([],))[0][:1]]
    place = "".join(f"{name}/" for name in tests if name not in "AB")
    return listing.Split(files, {}, {}, (), place, ())


def _unpaired_folder(folder, found, sides, split, direction, reading):
    read = []
    for side in (0, 1):
        parts = {
            part: [(path,) for _, path in pair[side]] for part, pair in sides.items()
        }
        entries = [entry for part in listing.SPLITS[split] for entry in parts[part]]
        if not entries:
            raise ValueError(
                f"No image in one of the two sets of {str(folder)!r}. "
                f"Allowed: {WOULD_DO['unpaired']}."
            )
        others = parts.get("test", []) if split == "train" else []
        read.append(read_images(folder, entries, others=others, **reading))
    a, b = read
    of_real, of_sources = (b, a) if direction == "AtoB" else (a, b)
    account = of_real.account(
        replace(
            found.listing,
            left_out={**found.listing.left_out, **of_sources.left_out},
        ),
        found.test_from,
        of_sources.remarks,
        has_others=split == "train",
    )
    arrays = _directed(a.real, b.real, direction, "unpaired")
    return Data(f"{found.listing.name} {direction}", arrays, account=account)


def _of_tfds(name, split, direction, data_dir, form, reading):
    """Loads a CycleGAN set of TFDS, with the splits trainA, trainB, testA and testB."""
    kept = {key: reading[key] for key in ("cache_dir", "memory_limit")}
    try:
        sides = [
            tfds.load_tfds(
                name,
                split="+".join(part + side for part in listing.SPLITS[split]),
                data_dir=data_dir,
                form=form,
                **kept,
            ).arrays["real"]
            for side in "AB"
        ]
    except NoSuchSplit as error:
        raise NoSuchSplit(
            f"The data set {name!r} has no two sets to translate between. Allowed: "
            f"{WOULD_DO['unpaired']}. Received: {error}"
        ) from error
    return Data(f"{name} {direction}", _directed(*sides, direction, "unpaired"))


def _unmatched(folder, a, b):
    alone = sorted({*a} ^ {*b})
    return (
        f"The two folders of {str(folder)!r} hold pairs only if their files have equal "
        f"names; cyclegan takes sets without pairs. Received {len(alone)} without a "
        f"partner: {', '.join(alone[:3])}."
    )
