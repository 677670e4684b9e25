"""Weights as 8-bit integers, with a scale for each slice of the last axis."""

import numpy as np


def pack(weight: np.ndarray, levels: int = 127) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns int8 values and float32 scales; weights of one axis stay as they are.

    The largest magnitude of a slice becomes `levels`, so that packing what was unpacked
    gives the same integers again.

    Args:
        weight: (..., k).
        levels: at most 127; fewer are coarser, and compress better.

    Returns:
        The integers and the scales (k,), or the weight itself and None.
    """
    if weight.ndim < 2:
        return weight, None
    scale = np.abs(weight).max(axis=tuple(range(weight.ndim - 1))) / levels
    scale = np.where(scale > 0, scale, 1).astype("float32")
    return np.rint(weight / scale).astype("int8"), scale


def unpack(values: np.ndarray, scale: np.ndarray | None) -> np.ndarray:
    """The weight that `pack` rounded, float32 if it has scales."""
    return values if scale is None else values * scale
