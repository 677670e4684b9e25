"""Sets for translation: the pairs of pix2pix, and CycleGAN's two sets without pairs."""

from pathlib import Path

from ganzoo.data import images, tfds
from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.folder import SPLITS, check_split, paths, read_images

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
    sides = [_sides(path, part) for part in SPLITS[split]]
    if any(_sides(path, part) for part in ("train", "test")):
        if not all(sides):
            raise NoSuchSplit(f"No {split} images of A and B in {str(path)!r}.")
        a, b = (
            [(root, file) for pair in sides for root, file in _listed(pair[i])]
            for i in (0, 1)
        )
        names = [
            [str(f.relative_to(root).with_suffix("")) for root, f in x] for x in (a, b)
        ]
        if names[0] != names[1]:
            if wanted == "source":
                raise ValueError(_unmatched(path, *names))
            return _unpaired_folder(path, a, b, direction, form, reading)
        entries = {(x, y): 0 for (_, x), (_, y) in zip(a, b, strict=True)}
        real, _ = read_images(path, entries, form=form, **reading)
    else:
        entries = {(file,): 0 for file in _flat(path, split)}
        real, _ = read_images(path, entries, form=form, columns=2, **reading)
    width = real.shape[2] // 2
    arrays = _directed(real[:, :, :width], real[:, :, width:], direction, wanted)
    if wanted == "unpaired" and split == "test":
        arrays["source"] = arrays["unpaired"]
    return Data(f"{path.name} {direction}", arrays)


def _directed(a, b, direction, wanted):
    source, real = (a, b) if direction == "AtoB" else (b, a)
    return {"real": real, wanted: source}


def _sides(folder, part):
    """Returns the folders of A and B of a part, None if there are none."""
    places = [
        (folder / f"{part}A", folder / f"{part}B"),
        (folder / part / "A", folder / part / "B"),
        (folder / "A" / part, folder / "B" / part),
    ]
    if part == "train":
        places.append((folder / "A", folder / "B"))
    return next((pair for pair in places if all(x.is_dir() for x in pair)), None)


def _listed(root):
    return [(root, file) for file in paths(root)]


def _flat(folder, split):
    """Returns the files of a folder without A and B, by split as in `load_folder`."""
    roots = [folder / part for part in SPLITS[split]]
    if not any((folder / part).is_dir() for part in ("train", "test")):
        if split == "test":
            raise NoSuchSplit(f"No subfolder 'test' in {str(folder)!r}.")
        roots = [folder]
    files = [file for root in roots for file in paths(root)]
    if not files:
        raise ValueError(
            f"No image in {', '.join(map(str, roots))}. Allowed: {WOULD_DO['source']}."
        )
    return files


def _unpaired_folder(folder, a, b, direction, form, reading):
    sides = []
    for files in (a, b):
        if not files:
            raise ValueError(
                f"No image in one of the two sets of {str(folder)!r}. "
                f"Allowed: {WOULD_DO['unpaired']}."
            )
        entries = {(file,): 0 for _, file in files}
        sides.append(read_images(folder, entries, form=form, **reading)[0])
    return Data(f"{folder.name} {direction}", _directed(*sides, direction, "unpaired"))


def _of_tfds(name, split, direction, data_dir, form, reading):
    """Loads a CycleGAN set of TFDS, with the splits trainA, trainB, testA and testB."""
    kept = {key: reading[key] for key in ("cache_dir", "memory_limit")}
    try:
        sides = [
            tfds.load_tfds(
                name,
                split="+".join(part + side for part in SPLITS[split]),
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
