"""Checks of the inputs of metrics, and distances in blocks of bounded size."""

from collections.abc import Iterator

import numpy as np

ROWS = 512  # a block of distances holds at most ROWS x COLUMNS float64: 32 MiB
COLUMNS = 8192


def check_features(**arrays) -> list[np.ndarray]:
    """Returns the named sets of samples as arrays `(N, d)`, checked.

    Raises:
        ValueError: a set that is not a numeric matrix, is empty, holds NaN or infinite
            values, or is constant (a blank image, a dead generator); sets of
            different widths; uint8 next to floats, whose ranges cannot both be right.
    """
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.ndim != 2 or not array.size or array.dtype.kind not in "iuf":
            raise ValueError(
                f"{name}: needed is a numeric matrix (N, d), one sample a row; flatten "
                f"images first. Received: {array.dtype} of shape {array.shape}."
            )
        check_finite(name, array)
        if array.size > 1 and array.min() == array.max():
            raise ValueError(
                f"{name}: every value of the {len(array)} samples is "
                f"{array.flat[0]}; a constant set has no score."
            )
    check_alike(arrays)
    return list(arrays.values())


def check_alike(arrays: dict[str, np.ndarray]) -> None:
    """Raises `ValueError` for different shapes, or uint8 next to floats."""
    shapes = ", ".join(f"{k} {a.dtype} {a.shape}" for k, a in arrays.items())
    if len({array.shape[1:] for array in arrays.values()}) > 1:
        raise ValueError(f"Samples must have one shape. Received: {shapes}.")
    if len({array.dtype == np.uint8 for array in arrays.values()}) > 1:
        raise ValueError(
            "Samples must share one range; uint8 means 0..255, and floats are "
            f"another. Received: {shapes}."
        )


def check_finite(name: str, array: np.ndarray) -> None:
    """Raises `ValueError` for NaN or infinite values, with the first such row."""
    # min and max see NaN and infinity without a mask as large as the array.
    if not np.isfinite([array.min(), array.max()]).all():
        bad = ~np.isfinite(array.reshape(len(array), -1)).all(axis=1)
        raise ValueError(
            f"{name}: {bad.sum()} of {len(array)} samples hold NaN or infinite values, "
            f"the first is number {bad.argmax()}."
        )


def check_count(what: str, value: int, least: int, most: int) -> None:
    """Raises `ValueError` unless `value` is a whole number from `least` to `most`."""
    if not isinstance(value, int | np.integer) or not least <= value <= most:
        raise ValueError(
            f"{what} must be a whole number from {least} to {most}. Received: {value}."
        )


def slices(count: int, size: int) -> Iterator[slice]:
    """Cuts range(count) into slices of at most `size`."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def squared_distances(
    rows: np.ndarray, columns: np.ndarray
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Yields (row slice, column slice, squared Euclidean distances), block by block.

    In float64, as |x|^2 + |y|^2 - 2xy of samples centred on a median, which loses fewer
    digits. Values below the rounding error of that sum become 0, so that copies are at
    distance 0, and tie, on every machine. Distances of whole numbers are exact.
    """
    # A mean would follow an outlier, and its fractions would break ties. Of large sets
    # some rows are enough.
    center = np.median(rows[:: -(-len(rows) // ROWS)].astype(np.float64), axis=0)
    for c in slices(len(columns), COLUMNS):
        y = columns[c] - center
        y_norms = (y**2).sum(axis=1)
        for r in slices(len(rows), ROWS):
            x = rows[r] - center
            x_norms = (x**2).sum(axis=1)
            block = (-2 * x) @ y.T
            block += x_norms[:, None]
            block += y_norms
            block[block < 1e-13 * (x_norms[:, None] + y_norms)] = 0
            yield r, c, block


def nearest(
    rows: np.ndarray, columns: np.ndarray, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the squared distance of each row to its nearest column, and its index.

    Where rows are columns themselves, `own` are their indices, which do not count.
    """
    least = np.full(len(rows), np.inf)
    index = np.zeros(len(rows), int)
    for r, c, block in squared_distances(rows, columns):
        if own is not None:
            block[own[r, None] == np.arange(len(columns))[c]] = np.inf
        best = block.argmin(axis=1)
        value = np.take_along_axis(block, best[:, None], axis=1)[:, 0]
        closer = value < least[r]
        least[r][closer] = value[closer]
        index[r][closer] = best[closer] + c.start
    return least, index


def kth_nearest(samples: np.ndarray, k: int) -> np.ndarray:
    """Returns the squared distance of each sample to its kth nearest other sample."""
    smallest = np.full((len(samples), k + 1), np.inf)  # the sample itself is included
    for r, _, block in squared_distances(samples, samples):
        merged = np.concatenate([smallest[r], block], axis=1)
        merged.partition(k, axis=1)
        smallest[r] = merged[:, : k + 1]
    return smallest[:, k]
