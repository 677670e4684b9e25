"""`voxel_shapes`: solids and simple furniture as voxels, generated without a file.

Each sample is one object on the floor of a 32^3 grid, centred, of random proportions,
turned by a random multiple of 90 degrees about the vertical axis. Axes are x, y and
z, upwards; a voxel is filled if its centre lies inside.
"""

from collections.abc import Callable

import numpy as np

from ganzoo.data.dataset import Data
from ganzoo.data.reading import Reading

SIDE = 32
COUNTS = {"train": 4000, "test": 1000}
_SEEDS = {"train": 0, "test": 1}
# Voxel centres, in sides of the grid: z from the floor, x and y from the middle.
_Z = ((np.arange(SIDE) + 0.5) / SIDE)[None, None, :]
_X, _Y = (_Z - 0.5).reshape(-1, 1, 1), (_Z - 0.5).reshape(1, -1, 1)


def _block(low, high, x, y):
    """Fills a box from height `low` to `high`, x and y between two values each."""
    return (
        (_Z >= low)
        & (_Z < high)
        & (_X >= x[0])
        & (_X < x[1])
        & (_Y >= y[0])
        & (_Y < y[1])
    )


def _legs(height, half_x, half_y, thick):
    """Fills four square legs below the corners of a plate."""
    solid = np.zeros((SIDE,) * 3, bool)
    for x in (-half_x, half_x - thick):
        for y in (-half_y, half_y - thick):
            solid |= _block(0, height, (x, x + thick), (y, y + thick))
    return solid


def _ball(rng):
    radius = rng.uniform(0.22, 0.45)
    return (_Z - radius) ** 2 + _X**2 + _Y**2 < radius**2


def _box(rng):
    x, y = rng.uniform(0.15, 0.42, 2)
    return _block(0, rng.uniform(0.3, 0.85), (-x, x), (-y, y))


def _cylinder(rng):
    radius, height = rng.uniform(0.18, 0.42), rng.uniform(0.35, 0.85)
    return (_X**2 + _Y**2 < radius**2) & (_Z < height)


def _cone(rng):
    radius, height = rng.uniform(0.28, 0.45), rng.uniform(0.5, 0.9)
    at_height = radius * np.clip(1 - _Z / height, 0, None)
    return _X**2 + _Y**2 < at_height**2


def _ring(rng):
    radius, tube = rng.uniform(0.25, 0.32), rng.uniform(0.08, 0.13)
    from_axis = np.hypot(_X, _Y) - radius
    return from_axis**2 + (_Z - tube) ** 2 < tube**2


def _table(rng):
    height, x, y = rng.uniform((0.4, 0.22, 0.3), (0.6, 0.35, 0.45))
    top = _block(height - 0.07, height, (-x, x), (-y, y))
    return top | _legs(height, x, y, rng.uniform(0.07, 0.1))


def _chair(rng):
    seat, back = rng.uniform(0.35, 0.48), rng.uniform(0.8, 0.97)
    half = rng.uniform(0.22, 0.32)
    thick = rng.uniform(0.07, 0.1)
    plate = _block(seat - 0.08, seat, (-half, half), (-half, half))
    rest = _block(seat, back, (half - thick, half), (-half, half))
    return plate | rest | _legs(seat, half, half, thick)


SHAPES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "ball": _ball,
    "box": _box,
    "chair": _chair,
    "cone": _cone,
    "cylinder": _cylinder,
    "ring": _ring,
    "table": _table,
}
"""Class name -> function of a generator that fills a grid (32, 32, 32)."""


def load_shapes(name: str, reading: Reading) -> Data:
    """Returns `voxel_shapes`: uint8 voxels (N, 32, 32, 32, 1), 0 or 255, with labels.

    4,000 samples to train and 1,000, of another seed, to test; the classes in turn.
    """
    parts = [_draw(part) for part in reading.parts]
    arrays = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return Data(name, arrays, tuple(SHAPES))


def _draw(split):
    rng = np.random.default_rng(_SEEDS[split])
    makers = list(SHAPES.values())
    label = np.arange(COUNTS[split], dtype=np.int32) % len(makers)
    real = np.zeros((len(label), SIDE, SIDE, SIDE, 1), np.uint8)
    for sample, index in zip(real, label, strict=True):
        turned = np.rot90(makers[index](rng), rng.integers(4), axes=(0, 1))
        sample[turned] = 255
    return {"real": real, "label": label}
