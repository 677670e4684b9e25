"""Pixels: images of whole numbers of any range as uint8."""

import warnings

import numpy as np

from ganzoo.data.images import DEPTHS


def as_pixels(array: np.ndarray, where: str, high: float = 0) -> np.ndarray:
    """Returns whole numbers above 255 as uint8, scaled from the range of their bits.

    The range is that of the fewest bits, 10, 12, 14 or 16, that hold the highest
    value. Other arrays stay as they are. A warning names the range.

    Args:
        array: all samples of a set, since they share the range.
        where: what they are, for the warning.
        high: highest value of samples elsewhere that share the range too.
    """
    if array.dtype.kind not in "iu" or array.dtype.itemsize == 1 or not array.size:
        return array
    low, high = int(array.min()), int(max(high, array.max()))
    bits = next((b for b in DEPTHS if high < 2**b), None)
    if low < 0 or high <= 255 or bits is None:
        return array
    warnings.warn(
        f"Values of {where} are whole numbers up to {high}: they are taken for {bits} "
        f"bits, and scaled from 0..{2**bits - 1} to 0..255.",
        stacklevel=2,
    )
    scaled = np.empty(array.shape, np.uint8)
    for row, out in zip(array, scaled, strict=True):  # bounds the memory
        np.rint(row * (255 / (2**bits - 1)), out=out, casting="unsafe")
    return scaled
