"""Priors: what latents are drawn from."""

import math
from collections.abc import Callable
from typing import NamedTuple

from ganzoo import distribute


class Prior(NamedTuple):
    """A distribution of latents.

    Attributes:
        draw: (shape, seed, dtype) to numbers of the global batch.
        low: the least number.
        high: the largest number.
    """

    draw: Callable
    low: float
    high: float


PRIORS = {
    "normal": Prior(distribute.global_normal, -math.inf, math.inf),
    "uniform": Prior(lambda *args: 2 * distribute.global_uniform(*args) - 1, -1.0, 1.0),
    "unit_uniform": Prior(distribute.global_uniform, 0.0, 1.0),
}
