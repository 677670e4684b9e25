"""Names of classes: read from labels in any form, in a fixed order."""

import difflib
import re
from collections.abc import Iterable

import numpy as np

SHOWN = 20  # names in a message
UNLABELLED = "-1"


def plain(labels: np.ndarray, where: str) -> np.ndarray:
    """Returns labels (N,) or (N, 1) as whole numbers or strings (N,).

    Raises:
        ValueError: labels of another kind.
    """
    flat = labels.reshape(-1)
    if flat.dtype.kind in "iuU":
        return flat
    if flat.dtype.kind == "b":
        return flat.astype(np.uint8)
    if flat.dtype.kind in "SO":
        return np.array([_text(label, where) for label in flat.tolist()], str)
    raise ValueError(
        f"Unfit labels in {where}; allowed: whole numbers or strings. "
        f"Received: {labels.dtype}."
    )


def _text(label, where):
    if isinstance(label, bytes):
        try:
            return label.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"Unfit label in {where}; texts are in UTF-8. Received: {label!r}."
            ) from error
    if isinstance(label, str | int | np.integer):
        return str(int(label)) if isinstance(label, bool) else str(label)
    raise ValueError(
        f"Unfit label in {where}; allowed: whole numbers or strings. "
        f"Received: {label!r}, a {type(label).__name__}."
    )


def distinct(labels: np.ndarray) -> tuple[str, ...]:
    """Returns the distinct values of `plain` labels as names, in order.

    Whole numbers are in order of size, other names in alphabetical order.
    """
    return in_order(str(value) for value in np.unique(labels).tolist())


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sorts names by size if all are whole numbers, else by letters."""
    names = set(names)
    return tuple(sorted(names, key=int if all(map(is_whole, names)) else None))


def places(count: int) -> tuple[str, ...]:
    """Names of classes that have no other: their places."""
    return tuple(map(str, range(count)))


def is_whole(label: str | int) -> bool:
    """Tells if a label is a whole number in its usual form."""
    return re.fullmatch(r"0|-?[1-9]\d*", str(label)) is not None


def is_binary(array: np.ndarray) -> bool:
    """Tells if numbers are 0 and 1."""
    return array.dtype.kind in "biuf" and bool(np.isin(array, (0, 1)).all())


def is_one_hot(array: np.ndarray) -> bool:
    """Tells if every row (N, k), k from 2, has one 1 and else 0."""
    wide = array.ndim == 2 and array.shape[1] > 1 and is_binary(array)
    return wide and bool((array.sum(axis=1) == 1).all())


def listed(names: Iterable[str]) -> str:
    """Lists names for a message, the first ones if there are many."""
    names = list(names)
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + f" and {rest} more" * (rest > 0)


def nearest(name: str, names: Iterable[str]) -> str:
    """Names the nearest name for a message, "" if none is near.

    It is the nearest by size if all are whole numbers, else by letters.
    """
    names = list(names)
    if all(map(is_whole, [name, *names])):
        near = sorted(names, key=lambda other: abs(int(other) - int(name)))
    else:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.3)
    return f" The nearest is {near[0]!r}." if near else ""
