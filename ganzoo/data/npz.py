"""Data sets of arrays in one `.npz`, `.npy` or HDF5 file."""

from pathlib import Path

import numpy as np

from ganzoo.data.dataset import NoSuchSplit, check_labels, check_samples
from ganzoo.utils import untrusted

MAX_CLASSES = 65_536
"""Labels from here on are refused."""

_KEYS = ("x_train", "y_train", "x_test", "y_test", "class_names")
_SPLITS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}


def load_npz(path: Path, split: str) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Returns the arrays and class names of an `.npz`, `.npy` or HDF5 file.

    The file holds `x_train` and, as available, `y_train`, `x_test`, `y_test` and
    `class_names`; one array alone is `x_train`. Samples are uint8 or float; grey
    images `(N, H, W)` and voxels `(N, D, H, W)` get a channel axis, and voxels of 0 and
    1 become uint8 0 and 255.

    Raises:
        ValueError: a file that is damaged, pickled or not an archive, a missing split,
            or arrays of an unfit shape or dtype.
    """
    if split not in _SPLITS:
        raise ValueError(
            f"Unknown split of {str(path)!r}; allowed: {', '.join(_SPLITS)}. "
            f"Received: {split!r}."
        )
    stored = _read(path)
    where, parts = str(path), _SPLITS[split]
    real = np.concatenate(_parts(stored, "x", parts, where))
    real = _samples(real, where)
    labels = {key: _flat(stored[key]) for key in stored if key.startswith("y_")}
    if not any(f"y_{part}" in labels for part in parts):
        return {"real": real}, ()
    label = np.concatenate(_parts(labels, "y", parts, where))
    check_labels(label, count=len(real), classes=MAX_CLASSES, where=where)
    if "class_names" in stored:
        names = stored["class_names"]
    else:
        # Over both splits, so that train and test agree on the number of classes.
        for other in labels.values():
            check_labels(other, count=len(other), classes=MAX_CLASSES, where=where)
        names = range(1 + int(np.concatenate([*labels.values()]).max()))
    return {"real": real, "label": label.astype(np.int32)}, tuple(
        str(name) for name in names
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        return untrusted.read_array_file(path, _KEYS)
    except ValueError as error:
        raise ValueError(
            f"Cannot read {str(path)!r} as .npz, .npy or HDF5; allowed: an undamaged "
            f"file of plain arrays ({', '.join(_KEYS)}), never pickled objects. "
            f"Received: {error}"
        ) from error


def _parts(
    stored: dict[str, np.ndarray], key: str, parts: tuple[str, ...], where: str
) -> list[np.ndarray]:
    missing = [f"{key}_{part}" for part in parts if f"{key}_{part}" not in stored]
    if missing:
        raise NoSuchSplit(
            f"No {missing[0]!r} in {where!r}; needed: {key}_ of {', '.join(parts)}. "
            f"Received keys: {', '.join(stored)}."
        )
    return [stored[f"{key}_{part}"] for part in parts]


def _samples(real: np.ndarray, where: str) -> np.ndarray:
    """Returns samples with a channel axis; 0/1 voxels and booleans as 0/255."""
    channels_last = real.ndim == 4 and real.shape[-1] in (1, 3)
    voxels = real.ndim == 5 or (real.ndim == 4 and not channels_last)
    if real.ndim == 3 or (real.ndim == 4 and voxels):
        real = real[..., np.newaxis]
    if real.dtype == bool or (
        voxels and real.dtype == np.uint8 and real.max(initial=0) <= 1
    ):
        real = real.astype(np.uint8) * np.uint8(255)
    check_samples(real, where)
    return real


def _flat(labels: np.ndarray) -> np.ndarray:
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
