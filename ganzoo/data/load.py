"""`load_data`: loads every data set, by name or path."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ganzoo.data import (
    archive,
    captions,
    faces,
    folder,
    images,
    listing,
    maps,
    molecules,
    moving,
    npz,
    paired_folders,
    shapes,
    stacked,
    tables,
    text,
    tfds,
    toy,
)
from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.decoded_cache import default_dir
from ganzoo.data.made_pairs import PAIRS, made_pairs
from ganzoo.data.reading import DIRECTIONS, MEMORY_LIMIT, SPLITS, Reading
from ganzoo.utils.options import check_known, check_whole, did_you_mean

if TYPE_CHECKING:
    import pandas


def _of_mnist(make):
    def load(name, reading):
        plain = replace(reading, form=images.Form(), memory_limit=MEMORY_LIMIT)
        try:
            mnist = tfds.load_tfds("mnist", plain)
        except ValueError as error:
            raise ValueError(
                f"{name} is made from MNIST, which is not there. Prepare it with "
                "`tfds build mnist`, or pass the directory of the prepared sets as "
                f"data_dir or TFDS_DATA_DIR. Received: data_dir={reading.data_dir}. "
                f"({error})"
            ) from error
        return make(mnist, reading)

    return load


Loader = Callable[[str, Reading], Data]
OF_MNIST: dict[str, tuple[Loader, str]] = {
    stacked.NAME: (
        _of_mnist(stacked.stack_digits),
        "three MNIST digits as the colours of one image, 1000 classes",
    ),
    moving.NAME: (
        _of_mnist(moving.clips_of_digits),
        "clips of two MNIST digits that move",
    ),
}
BUILT_IN: dict[str, tuple[Loader, str]] = {
    "digits": (toy.load_digits, "grey 8x8 images of handwritten digits, 10 classes"),
    "grid25": (toy.load_points, "points in the plane around 25 centres on a grid"),
    "ring8": (toy.load_points, "points in the plane around 8 centres on a ring"),
    "swiss_roll": (toy.load_points, "points in the plane along a spiral"),
    "voxel_shapes": (
        shapes.load_shapes,
        "32x32x32 volumes of solids and simple furniture, with classes",
    ),
    "faces": (
        faces.load_faces,
        "drawn faces in colour at 32x32 or any multiple of 16, with attributes",
    ),
    "faces_ink": (faces.load_faces, "the same faces as drawings in ink"),
    "faces_captions": (faces.load_faces, "the same faces in colour with captions"),
    "faces_tags": (
        faces.load_faces,
        "the same faces in colour with seven attributes at once as labels",
    ),
    **OF_MNIST,
    maps.NAME: (
        maps.load_maps,
        "patches of the earth, as photograph and as map: the extra `maps`",
    ),
    molecules.NAME: (
        molecules.load_molecules,
        "molecules of up to nine heavy atoms: the extra `molecules`",
    ),
}
"""The sets that ganzoo makes itself: how each is loaded, and a line on it."""

SIDED = (maps.NAME,)
"""Those of them that have two sides to translate between."""


def load_data(
    name: "str | Path | pandas.DataFrame",
    *,
    split: str = "train",
    data_dir: str | Path | None = None,
    label_column: str | Sequence[str] | None = None,
    drop_columns: str | Sequence[str] | None = None,
    table: tables.Table | None = None,
    image_size: int | str | tuple[int, int] | None = None,
    channels: int | None = None,
    patch_stride: int | None = None,
    strict: bool = False,
    labels_per_class: int | None = None,
    class_name: str | None = None,
    source_key: str | None = None,
    pairs: str | None = None,
    direction: str = "AtoB",
    seed: int = 0,
    cache_dir: str | Path | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Data:
    """Loads a data set by name or path, or a pandas frame.

    Args:
        name: a built-in set, a key of `BUILT_IN`, else an existing path (an `.npz`,
            `.npy` or HDF5 file, a table of `tables.ENDINGS`, a `.txt` file with a
            sample of text in each line, or an image folder or a zip of one, with
            captions if it holds `captions.jsonl`), else a TFDS image set such as
            "mnist"; or a pandas frame.
        split: "train", "test" or "all"; a TFDS set takes its own splits and slices.
        data_dir: folder of prepared TFDS sets; by default `TFDS_DATA_DIR`, then TFDS'
            own default.
        label_column: for a table, like the next two: see `tables.load_table`.
        drop_columns: for a table.
        table: for a table: its schema, such as a model's.
        image_size: side, "64x48" (height x width) or (height, width), in pixels: the
            images are resized with an antialiased filter to cover it, and the centre
            is cut out.
        channels: 1 (grey), 3 (RGB) or 4 (RGB and opacity); by default the images' own,
            with transparent ones on white.
        patch_stride: cuts the images of a folder into patches of `image_size`, this
            many pixels apart, instead of resizing them.
        strict: refuse a folder with an unreadable image instead of skipping it.
        labels_per_class: semi-supervised: this many labelled samples of each class go
            to `labeled` and `labeled_label`, and every `label` becomes -1; with 0
            there is no label at all.
        class_name: only the samples of this class, without labels.
        source_key: for translation: `source` for the source of each sample, or
            `unpaired`.
        pairs: a name of `made_pairs.PAIRS`, to make pairs from any set of images; by
            default they are read, see `paired_folders.load_sides`.
        direction: `AtoB` or `BtoA`; A is the left image, or the image that a function
            makes.
        seed: chooses the labelled samples.
        cache_dir: folder for decoded sets above `memory_limit`, and for folders of more
            than 1,000 images; by default GANZOO_CACHE, then ~/.cache/ganzoo.
        memory_limit: bytes of uint8 samples above which a folder or TFDS set is
            memory-mapped from `cache_dir`.

    Raises:
        ValueError: an unknown name, or a set that is empty, broken or not available.
    """
    reading = Reading(
        split=split,
        form=images.Form.of(image_size, channels, patch_stride),
        cache_dir=Path(cache_dir or default_dir()),
        memory_limit=memory_limit,
        strict=strict,
        data_dir=data_dir,
        source_key=source_key,
        direction=direction,
    )
    if tables.is_table(name):
        data = tables.load_table(name, split, label_column, drop_columns, table)
        if source_key or pairs:
            raise ValueError(
                "A table has no images to translate, nor pairs: use a model that "
                f"samples, such as cgan or wgan-gp. Received: {str(name)!r}."
            )
    elif label_column or drop_columns:
        raise ValueError(
            "label_column and drop_columns are for tables: a frame, or a file of "
            f"{', '.join(tables.ENDINGS)}. Received: {str(name)!r}."
        )
    else:
        _check_sides(source_key, pairs, direction)
        data = _of_samples(name, pairs, reading)
    _check_form(data, reading.form)
    if class_name is not None:
        data = _of_class(data, class_name, split)
    if pairs:
        data = made_pairs(data, pairs, reading)
    if labels_per_class is None:
        return data
    return with_few_labels(data, labels_per_class, seed)


def _of_samples(name: str | Path, pairs: str | None, reading: Reading) -> Data:
    """Loads any set but a table, with the sources that its pairs hold."""
    path = _path(name)
    if archive.is_archive(path):
        path = archive.unpacked(path, reading.cache_dir)
    path = _within(path) if str(name) and path.is_dir() else path
    sided = reading.source_key and not pairs
    if reading.form.stride and (sided or not _plain_folder(name, path)):
        raise ValueError(
            "patch_stride is for a folder of images without captions; pairs of patches "
            f"are made with pairs=, such as downscale4. Received: {str(name)!r} with "
            f"patch_stride={reading.form.stride}."
        )
    if not sided:
        alone = replace(reading, source_key=None, direction="AtoB")
        return _plain(name, path, alone)
    if name in SIDED:
        return _plain(name, path, reading)
    _check_split(name, reading)
    return paired_folders.load_sides(str(name), path, reading)


def _within(path: Path) -> Path:
    """The folder of captions or pairs that lies alone in others, as in archives."""
    inner: Path | None = path
    while inner is not None:
        if (inner / captions.FILE).exists() or paired_folders.has_sides(inner):
            return inner
        inner = listing.only_folder(inner)
    return path


def _plain(name: str | Path, path: Path, reading: Reading) -> Data:
    """Loads the set itself, without pairs."""
    load: Callable
    source: Any
    if name in BUILT_IN:
        load, source = BUILT_IN[name][0], name
    elif str(name) and path.is_dir():  # Path("") is the current directory
        plain = _plain_folder(name, path)
        load, source = folder.load_folder if plain else captions.load_captioned, path
    elif path.is_file():
        lines = path.suffix.lower() == text.SUFFIX
        load, source = text.load_text if lines else npz.load_npz, path
    elif tfds.is_known(str(name), reading.data_dir):
        return tfds.load_tfds(str(name), reading)
    else:
        raise ValueError(_unknown(str(name), reading.data_dir))
    if name not in OF_MNIST:  # whose splits are those of TFDS
        _check_split(name, reading)
    return load(source, reading)


def _check_form(data, form):
    """Refuses a size or channels that samples do not have, since they are no images.

    Those that are images, or clips of them, were made in this form.
    """
    shape = data.sample_shape
    *_, height, width, channels = shape if len(shape) > 2 else (0, 0, 0)
    if form.size not in (None, (height, width)) or form.channels not in (
        None,
        channels,
    ):
        raise ValueError(
            "image_size and channels apply to images alone. Received: "
            f"image_size={form.size}, channels={form.channels} for samples of shape "
            f"{shape} in {data.name!r}."
        )


def _check_split(name, reading):
    check_known(f"split of {str(name)!r}", [reading.split], SPLITS)


def _plain_folder(name: str | Path, path: Path) -> bool:
    return bool(str(name)) and path.is_dir() and not (path / captions.FILE).exists()


def _check_sides(source_key, pairs, direction):
    if direction not in DIRECTIONS:
        raise ValueError(
            f"`direction` must be {' or '.join(DIRECTIONS)}. Received: {direction!r}."
        )
    if pairs is None:
        return
    check_known("pairs", [pairs], PAIRS)
    if source_key is None:
        raise ValueError(
            "Pairs are for models that translate, such as pix2pix and cyclegan. "
            f"Received: pairs={pairs!r}."
        )


def _path(name: str | Path) -> Path:
    """Returns the path that `name` stands for, if it is one."""
    try:
        path = Path(name).expanduser()
        path.exists()
    except TypeError as error:
        raise ValueError(
            "A data set is a name, a path or a pandas frame; arrays go to fit(x, y) as "
            f"they are. Received: {type(name).__name__}."
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"The data set {str(name)!r} cannot be: {error}.") from error
    return path


def _unknown(name: str, data_dir: str | Path | None) -> str:
    known = [*BUILT_IN, *tfds.list_names(data_dir)]
    hint = did_you_mean(name.lower(), known)
    return (
        f"Unknown data set, and no such file or folder.{hint} "
        f"Allowed: {', '.join(BUILT_IN)}, the path of an "
        ".npz, .npy or HDF5 file, an image folder or a zip of one that exists, a table "
        f"({', '.join(tables.ENDINGS)}), a .txt file of lines, or the name of a TFDS "
        "image set. "
        f"Received: {name!r}."
    )


def _of_class(data: Data, class_name: str, split: str) -> Data:
    """Returns the samples of one class, unlabelled."""
    if split == "test" and "label" not in data.arrays:
        raise NoSuchSplit(f"The test split of {data.name!r} has no labels.")
    check_known(f"class of {data.name!r}", [class_name], data.class_names)
    label, place = data.arrays["label"], data.class_names.index(class_name)
    rows = label == place if label.ndim == 1 else label[:, place] == 1
    if split == "test" and not rows.any():
        raise NoSuchSplit(f"The test split of {data.name!r} has no {class_name!r}.")
    real = {"real": data.arrays["real"][rows]}
    remarks = tuple(f"{text} (of all classes)" for text in data.account.remarks)
    account = replace(data.account, test=None, remarks=remarks)
    table = data.table and data.table.of_class(class_name)
    return Data(f"{data.name} {class_name}", real, account=account, table=table)


def with_few_labels(data: Data, per_class: int, seed: int) -> Data:
    """Moves `per_class` labelled samples of each class to a stream of their own.

    Args:
        data: a labelled set.
        per_class: labelled samples of each class, from 0; the others lose their label.
        seed: chooses them.

    Raises:
        ValueError: a set without labels, or with fewer samples of a class.
    """
    check_whole(0, labels_per_class=per_class)
    if not data.num_classes:
        raise ValueError(
            f"labels_per_class={per_class} needs a labelled set. Received: "
            f"{data.name!r} with {data.num_classes} classes."
        )
    label = data.arrays["label"]
    hidden = {**data.arrays, "label": np.full_like(label, -1)}
    if not per_class:
        return replace(data, arrays=hidden)
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(data.num_classes):
        members = np.flatnonzero(label == index)
        if len(members) < per_class:
            class_name = data.class_names[index]
            raise ValueError(
                f"Too few samples of class {class_name!r} in {data.name!r}; "
                f"labels_per_class={per_class} allows no class with fewer. "
                f"Received: {len(members)} samples."
            )
        rows.append(rng.choice(members, per_class, replace=False))
    rows = np.concatenate(rows)
    arrays = {
        **hidden,
        "labeled": np.asarray(data.arrays["real"][rows]),
        "labeled_label": label[rows],
    }
    return replace(data, arrays=arrays)
