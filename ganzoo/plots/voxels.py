"""Pictures of voxels: NumPy in, RGB arrays out.

Each volume is drawn from above and in front as its visible unit faces, far ones first,
so that near ones cover them. The colour shows the height, the brightness the direction
of a face. Matplotlib's own 3D axes take seconds per volume, this takes hundredths.
"""

import math

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from ganzoo.plots.figures import render

MOST = 16  # volumes per picture: more would be too small to see
PIXELS = 160  # side of a volume in pixels
THRESHOLD = 128  # voxels from this value of 0..255 on are filled
HEIGHTS = colormaps["viridis"]
# The unit vectors x, y, z on the page, z upwards: an isometric view.
_PAGE = np.array([[3**0.5 / 2, -0.5], [-(3**0.5) / 2, -0.5], [0.0, 1.0]])
# The faces that the viewer sees: corners within the unit cube, and brightness.
_CORNERS = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])
_FACES = {0: 0.75, 1: 0.55, 2: 1.0}  # axis of the normal: brightness


def volumes_picture(volumes: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Draws the first volumes, up to 16, in rows.

    Args:
        volumes: uint8 (n, X, Y, Z, 1) in 0..255, z upwards; filled from 128 on.
        columns: volumes per row; by default the picture is about square.

    Returns:
        uint8 (rows * 160, columns * 160, 3).

    Raises:
        ValueError: no volumes, not uint8, or more than one channel.
    """
    fits = volumes.ndim == 5 and volumes.shape[-1] == 1 and volumes.size
    if volumes.dtype != np.uint8 or not fits:
        raise ValueError(
            "`volumes` must be uint8 of shape (n, X, Y, Z, 1). "
            f"Received: {volumes.dtype} of shape {volumes.shape}."
        )
    solid = volumes[:MOST, ..., 0] >= THRESHOLD
    columns = min(columns or math.ceil(math.sqrt(len(solid))), len(solid))
    rows = math.ceil(len(solid) / columns)
    figure = Figure(figsize=(columns, rows), dpi=PIXELS)
    for index, filled in enumerate(solid):
        row, column = divmod(index, columns)
        box = (column / columns, 1 - (row + 1) / rows, 1 / columns, 1 / rows)
        _draw(figure.add_axes(box), filled)
    return render(figure)


def _draw(axes, filled):
    """Draws one volume (X, Y, Z) of booleans."""
    sides = np.array(filled.shape)
    corners = np.stack(np.meshgrid(*([0, s] for s in sides)), axis=-1).reshape(-1, 3)
    low, high = (corners @ _PAGE).min(axis=0), (corners @ _PAGE).max(axis=0)
    (x0, y0), (x1, y1) = low - 1, high + 1
    polygons, colours, nearness = [], [], []
    for axis, brightness in _FACES.items():
        cells, faces = _faces(filled, axis)
        polygons.append(faces @ _PAGE)
        colour = HEIGHTS((cells[:, 2] + 0.5) / sides[2])
        colour[:, :3] *= brightness
        colours.append(colour)
        nearness.append(cells.sum(axis=1))
    order = np.argsort(np.concatenate(nearness), kind="stable")
    axes.add_collection(
        PolyCollection(
            np.concatenate(polygons)[order],
            facecolors=np.concatenate(colours)[order],
            edgecolors="face",
            linewidths=0.2,
        )
    )
    axes.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal")
    axes.axis("off")


def _faces(filled, axis):
    """Returns filled cells (k, 3) whose next cell along `axis` is empty, and the
    corners (k, 4, 3) of the faces between them."""
    after = np.roll(filled, -1, axis)
    np.moveaxis(after, axis, 0)[-1] = False
    cells = np.argwhere(filled & ~after)
    offsets = np.insert(_CORNERS, axis, 1, axis=1)
    return cells, cells[:, None] + offsets
