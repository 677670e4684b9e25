"""Data sets of arrays in one `.npz`, `.npy` or HDF5 file."""

import warnings
from pathlib import Path

import numpy as np

from ganzoo.data import images, label_names
from ganzoo.data.account import Account
from ganzoo.data.dataset import Data, NoSuchSplit, check_labels, check_samples
from ganzoo.data.label_names import UNLABELLED
from ganzoo.data.pixels import as_pixels
from ganzoo.data.reading import Reading
from ganzoo.data.tables import ENDINGS
from ganzoo.utils import untrusted
from ganzoo.utils.options import did_you_mean

MAX_CLASSES = 65_536
"""More classes are refused."""

_KINDS = {"b": "booleans", "i": "whole numbers", "u": "whole numbers", "f": "floats"}
_KEYS = ("x_train", "y_train", "x_test", "y_test", "class_names")


def load_npz(path: Path, reading: Reading) -> Data:
    """Loads the arrays and class names of an `.npz`, `.npy` or HDF5 file.

    The file holds `x_train` and, as available, `y_train`, `x_test`, `y_test` and
    `class_names`; one array alone is `x_train`. See `samples` and `labels` for the
    forms of both. The distinct labels of both splits are the classes, unless
    `class_names` names them.

    Raises:
        ValueError: a file that is damaged, pickled or not an archive, a missing split,
            or arrays of an unsuitable shape or dtype.
    """
    stored, others = _read(path)
    where, parts = str(path), reading.parts
    marks = {key: _flat(stored[key]) for key in stored if key.startswith("y_")}
    _check_alike({key: a for key, a in stored.items() if key.startswith("x_")}, where)
    _check_alike(marks, where)
    if "y_test" in marks and "x_train" in stored and "x_test" not in stored:
        raise ValueError(
            f"The labels `y_test` in {where!r} need their samples, `x_test`. Received: "
            f"{', '.join(sorted(stored))}."
        )
    # Both splits decide on the range of samples, and on the classes.
    whole = [v for k, v in stored.items() if k[:2] == "x_" and v.dtype.kind in "iu"]
    high = max((v.max(initial=0) for v in whole), default=0)
    real = np.concatenate(_parts(stored, "x", parts, where, others))
    if reading.split == "test" and not len(real):
        raise NoSuchSplit(f"`x_test` in {where!r} is empty.")
    real = samples(real, where, high, reading.form.channels)
    arrays, names = {"real": images.reshape_images(real, reading.form)}, ()
    if any(f"y_{part}" in marks for part in parts):
        arrays["label"], names = labels(
            np.concatenate(_parts(marks, "y", parts, where, others)),
            np.concatenate([*marks.values()]),
            stored.get("class_names", np.array([], str)),
            where,
        )
    remarks = f"arrays that are not read: {label_names.listed(others)}"
    account = Account(
        test=len(stored.get("x_test", ())) if reading.split == "train" else None,
        remarks=(remarks,) if others else (),
    )
    return Data(path.stem, arrays, names, account=account)


def _read(path: Path) -> tuple[dict[str, np.ndarray], list[str]]:
    try:
        return untrusted.read_array_file(path, _KEYS)
    except ValueError as error:
        raise ValueError(
            f"Cannot read {str(path)!r} as .npz, .npy or HDF5; allowed: an undamaged "
            f"file of plain arrays ({', '.join(_KEYS)}), never pickled objects. Other "
            "data sets are folders of images or a zip of one, tables "
            f"({', '.join(ENDINGS)}) and lines of text (.txt). Received: {error}"
        ) from error


def _parts(
    arrays: dict[str, np.ndarray],
    key: str,
    parts: tuple[str, ...],
    where: str,
    others: list[str],
) -> list[np.ndarray]:
    missing = [f"{key}_{part}" for part in parts if f"{key}_{part}" not in arrays]
    if missing:
        raise NoSuchSplit(
            f"No {missing[0]!r} in {where!r}; needed: {key}_ of {', '.join(parts)}."
            f"{did_you_mean(missing[0], others)} "
            f"Received keys: {', '.join([*arrays, *others])}."
        )
    return [np.atleast_1d(arrays[f"{key}_{part}"]) for part in parts]


def _check_alike(arrays, where):
    """Refuses splits whose samples or labels differ in form."""
    forms = {
        key: f"{_KINDS.get(array.dtype.kind, 'texts')} {array.shape[1:]}"
        for key, array in arrays.items()
    }
    if len(set(forms.values())) > 1:
        raise ValueError(
            f"The splits in {where!r} must hold values of one kind and shape. "
            f"Received: {', '.join(f'{key} {form}' for key, form in forms.items())}."
        )


def _flat(labels: np.ndarray) -> np.ndarray:
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def samples(
    real: np.ndarray, where: str, high: float = 0, channels: int | None = None
) -> np.ndarray:
    """Returns samples with their channels last, as uint8 or float.

    Grey images (N, H, W) and cubes of voxels (N, D, D, D) get a channel axis; other
    voxels need one of their own. Images with channels first, (N, 1, H, W) or
    (N, 3, H, W), are turned; those with transparency, (N, H, W, 4), are put on white
    unless four channels are asked for; both with a warning. Booleans, and voxels of 0
    and 1, become 0 and 255; whole numbers above 255 are scaled, see `pixels.as_pixels`;
    those of points become float32.

    Floats (N, H, W) are grey images if they are square, or if one channel is asked for:
    otherwise they might be signals (N, L, C), and are refused.

    Args:
        real: the samples of a split.
        where: the file, for messages.
        high: highest number of all splits.
        channels: those that are asked for; None for the samples' own.

    Raises:
        ValueError: an unsuitable shape or dtype, or floats whose form is unknown.
    """
    _check_signals(real, where, channels)
    cubes = real.ndim == 4 and len(set(real.shape[1:])) == 1 and real.shape[1] > 3
    first = real.ndim == 4 and real.shape[1] in (1, 3, channels)
    if real.ndim == 3 or cubes:
        real = real[..., np.newaxis]
    elif first and real.shape[-1] not in (1, 3, 4):
        real = np.moveaxis(real, 1, -1)
        warnings.warn(
            f"The images of {where!r} have their channels first: they are taken for "
            f"{real.shape[1:]}, (height, width, channels).",
            stacklevel=2,
        )
    if real.dtype == bool or (
        real.ndim == 5 and real.dtype.kind in "iu" and set(np.unique(real)) <= {0, 1}
    ):
        real = real.astype(np.uint8) * np.uint8(255)
    if real.dtype.kind in "iu" and real.dtype != np.uint8:
        real = _whole(real, where, high)
    four = real.ndim == 4 and real.shape[-1] == 4 and real.dtype == np.uint8
    if four and channels != 4:
        warnings.warn(
            f"The images of {where!r} have four channels: they are taken for RGB with "
            "transparency, and laid on white (or --channels=4).",
            stacklevel=2,
        )
        size = real.shape[1:3]
        real = np.stack([images.to_array(images.from_array(x), size, 3) for x in real])
    check_samples(real, where)
    return real


def _check_signals(real, where, channels):
    if real.ndim != 3 or real.dtype.kind != "f" or channels is not None:
        return
    _, height, width = real.shape
    if height != width:
        raise ValueError(
            f"Floats {real.shape} of {where!r} are either grey images of {height}x"
            f"{width} pixels, which channels=1 (--channels=1) says, or signals of "
            f"length {height} with {width} channels, which a file cannot hold: pass "
            "their array to fit(x), to a model with "
            f"image_shape=({height}, {width})."
        )


def _whole(real, where, high):
    """Whole numbers as points of floats, or as pixels."""
    if real.ndim == 2:
        return real.astype(np.float32)
    real = as_pixels(real, repr(where), high)
    if real.dtype != np.uint8 and 0 <= real.min(initial=0) <= real.max(initial=0) < 256:
        return real.astype(np.uint8)
    return real


def labels(
    label: np.ndarray, every: np.ndarray, class_names: np.ndarray, where: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns labels as `Data` holds them, and the names of the classes.

    Whole numbers and strings (N,) or (N, 1), and one-hot codes (N, k), are classes; -1
    is unlabelled. Other rows of 0 and 1 are several classes at once; floats, and other
    rows, are numbers.

    Args:
        label: labels of a split.
        every: labels of all splits.
        class_names: names of classes, which numbers then count from 0; or none.
        where: the file, for messages.

    Raises:
        ValueError: labels of another kind or rank, or without a name.
    """
    if every.ndim > 2:
        raise ValueError(
            f"Unfit labels in {where!r}; allowed: one label a sample, (N,), or a row "
            f"of them, (N, k). Received shape: {every.shape}."
        )
    names = tuple(label_names.plain(class_names, where).astype(str).tolist())
    if every.ndim == 2 and every.shape[1] > 1:
        if label_names.is_one_hot(every):
            label, every = label.argmax(axis=1), np.arange(every.shape[1])
        elif label_names.is_binary(every):
            tags = names or label_names.places(every.shape[1])
            return label.astype(np.uint8), tags
        else:
            return label.astype(np.float32), ()
    elif every.dtype.kind == "f":
        return label.reshape(len(label), -1).astype(np.float32), ()
    label, every = (label_names.plain(array, where) for array in (label, every))
    if names and every.dtype.kind in "iu":
        check_labels(label, count=len(label), classes=len(names), where=where)
        return label.astype(np.int32), names
    distinct = [name for name in label_names.distinct(every) if name != UNLABELLED]
    names = names or tuple(distinct)
    strange = [name for name in distinct if name not in names]
    below = [name for name in distinct if label_names.is_whole(name) and int(name) < -1]
    if strange or below or len(names) > MAX_CLASSES:
        raise ValueError(
            f"Unfit labels in {where!r}; allowed: up to {MAX_CLASSES} classes, "
            f"{'with a name in class_names, ' * bool(strange)}and -1 for unlabelled. "
            f"Received: {label_names.listed(strange or below or distinct)}."
        )
    place = {UNLABELLED: -1} | {name: i for i, name in enumerate(names)}
    values, rows = np.unique(label, return_inverse=True)
    places = np.array([place[str(value)] for value in values.tolist()], np.int32)
    return places[rows.reshape(-1)], names
