"""A flood on photographs: water up to a height, rendered so that the truth is known.

The houses in the photographs may be real; the water never is. Below a level line, a
pixel shows the mirror image of what is above the line, swayed by ripples. The deeper it
lies, the more muddy water is mixed in. The ripples of a photograph are random.
"""

import numpy as np
from scipy import ndimage

HEIGHTS = 0.1, 0.5  # of the images' height, for training
MUD = np.array([82.0, 92.0, 84.0])  # the colour of the water
CLEAR = 0.7  # share of the mirror image at the line, of mud: 1 - CLEAR
DEPTH = 0.25  # in image heights, by which that share falls to 1 / e
WAVES = 5, 12  # ripples in an image's height
SWAY = 0.05  # of a ripple at most, in image heights, where the water is deepest


def masks(heights: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Masks of the water: uint8 (n, H, W, 1), 255 below the line, 0 above.

    Args:
        heights: (n,), the height of the water as a share of the images' height, from 0
            to 1; the line lies at the nearest row.
        sides: (H, W).

    Raises:
        ValueError: heights outside 0 to 1, or not numbers.
    """
    heights = np.asarray(heights)
    numbers = heights.ndim == 1 and heights.dtype.kind in "iuf"
    bad = heights[~((heights >= 0) & (heights <= 1))] if numbers else ()
    if not numbers or len(bad):
        received = bad[0] if numbers else f"{heights.dtype} of shape {heights.shape}"
        raise ValueError(
            "The height of the water is a share of the image's height, from 0 to 1, "
            f"one for each image. Received: {received}."
        )
    rows = np.arange(sides[0])[:, np.newaxis, np.newaxis]
    wet = rows >= sides[0] - np.rint(heights * sides[0])[:, np.newaxis, None, None]
    return np.repeat(wet, sides[1], axis=2).astype(np.uint8) * 255


def sources(photographs: np.ndarray, heights) -> np.ndarray:
    """Sources of a model that floods: the mask of the water and the dry photograph.

    Args:
        photographs: uint8 (n, H, W, 3).
        heights: (n,), see `masks`, or one for all.

    Returns:
        uint8 (n, H, W, 4).

    Raises:
        ValueError: photographs without three colours, another number of heights, or
            heights as in `masks`.
    """
    photographs, heights = _checked(photographs, heights)
    return np.concatenate(
        [masks(heights, photographs.shape[1:3]), photographs], axis=-1
    )


def rendered(photographs: np.ndarray, heights, seed=0, sway=SWAY) -> np.ndarray:
    """The same photographs under water up to a height, uint8 (n, H, W, 3).

    Args:
        photographs: uint8 (n, H, W, 3).
        heights: (n,), see `masks`, or one for all.
        seed: seed of the ripples, or a generator.
        sway: the largest shift of a reflection, in image heights; 0 for still water.

    Raises:
        ValueError: as in `sources`, or a `sway` that is negative or not finite.
    """
    photographs, heights = _checked(photographs, heights)
    if not 0 <= sway < np.inf:
        raise ValueError(
            f"`sway` must be a share of the image's height from 0. Received: {sway}."
        )
    wet = masks(heights, photographs.shape[1:3]) == 255
    rng = np.random.default_rng(seed)
    water = [_water(*each, rng, sway) for each in zip(photographs, wet, strict=True)]
    water = np.reshape(water, photographs.shape)  # of no photographs, too
    return np.where(wet, water, photographs).astype(np.uint8)


def pairs(photographs: np.ndarray, rng: np.random.Generator) -> tuple:
    """Sources with heights drawn evenly from `HEIGHTS`, and the flooded photographs."""
    heights = rng.uniform(*HEIGHTS, len(photographs))
    return sources(photographs, heights), rendered(photographs, heights, rng)


def _water(photograph, wet, rng, sway):
    """The water of one image, in every row, (H, W, 3)."""
    height, width, _ = photograph.shape
    line = height - int(wet[:, 0].sum())
    rows, columns = np.mgrid[:height, :width].astype(float)
    depth = (rows - line + 0.5) / height
    waves, slant = rng.uniform(*WAVES), rng.uniform(-1, 1)
    phase = 2 * np.pi * (waves * (depth + slant * columns / width) + rng.uniform())
    shift = sway * height * np.sqrt(np.clip(depth, 0, 1)) * np.sin(phase)
    place = [2 * line - 1 - rows + shift, columns + shift]
    mirror = np.stack(
        [
            ndimage.map_coordinates(channel, place, order=1, mode="nearest")
            for channel in np.moveaxis(photograph.astype(float), -1, 0)
        ],
        axis=-1,
    )
    clear = CLEAR * np.exp(-np.clip(depth, 0, 1) / DEPTH)[..., np.newaxis]
    return np.rint(clear * mirror + (1 - clear) * MUD)


def _checked(photographs, heights):
    """Photographs (n, H, W, 3), and a height for each (n,)."""
    photographs, heights = np.asarray(photographs), np.asarray(heights)
    if photographs.dtype != np.uint8 or photographs.shape[3:] != (3,):
        raise ValueError(
            "Photographs to flood are uint8 (n, H, W, 3), in three colours. Received: "
            f"{photographs.dtype} of shape {photographs.shape}."
        )
    if heights.shape not in ((), photographs.shape[:1]):
        raise ValueError(
            "Give one height of the water for all photographs, or one for each. "
            f"Received: heights of shape {heights.shape} for {len(photographs)} "
            "photographs."
        )
    return photographs, np.broadcast_to(heights, len(photographs))
