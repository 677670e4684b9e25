"""Holes in images, for in-painting: masks, and the sources that models see."""

import numpy as np


def central_masks(n, sides, size) -> np.ndarray:
    """Masks (n, H, W, 1), uint8: 255 in a square in the middle, 0 elsewhere.

    The central region of Pathak et al. 2016 (arXiv 1604.07379).

    Args:
        n: number of masks.
        sides: (H, W).
        size: side of the hole.

    Raises:
        ValueError: a hole that does not fit.
    """
    height, width = sides
    if not 1 <= size <= min(sides):
        raise ValueError(
            f"`size` must be from 1 to {min(sides)}, so that the hole fits into "
            f"{tuple(sides)}. Received: {size}."
        )
    top, left = (height - size) // 2, (width - size) // 2
    masks = np.zeros((n, height, width, 1), np.uint8)
    masks[:, top : top + size, left : left + size] = 255
    return masks


def stroke_masks(
    n, sides, *, seed=0, strokes=3, points=5, width=(0.06, 0.12), length=(0.1, 0.3)
) -> np.ndarray:
    """Draws masks (n, H, W, 1), uint8: 255 in free-form brush strokes, 0 elsewhere.

    After Yu et al. 2019 (arXiv 1806.03589, algorithm 1): each stroke of a
    round brush starts anywhere and visits some points one after the other, turning back
    and forth. Here the numbers are shares of the shorter side, so that masks of all
    sizes look alike; the paper gives pixels of 256x256 images.

    Args:
        n: number of masks.
        sides: (H, W).
        seed: seed of the strokes, or a generator.
        strokes: the largest number in a mask; at least one.
        points: the largest number of pieces in a stroke; at least one.
        width: smallest and largest width of the brush.
        length: smallest and largest length of a piece.

    Raises:
        ValueError: a range that is not above 0, or reversed.
    """
    for name, (low, high) in {"width": width, "length": length}.items():
        if not 0 < low <= high:
            raise ValueError(
                f"`{name}` must be two shares above 0, the least first. "
                f"Received: {(low, high)}."
            )
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*map(np.arange, sides), indexing="ij"), axis=-1)
    inside = np.zeros((n, *sides), bool)
    for mask in inside:
        for _ in range(rng.integers(1, strokes + 1)):
            radius = rng.uniform(*width) * min(sides) / 2
            for start, end in _walk(rng, sides, points, length):
                mask |= _distance(grid, start, end) <= radius
    return inside[..., None].astype(np.uint8) * 255


def punch(images, masks, *, fill=None, neighbours=()) -> np.ndarray:
    """Makes the sources of in-painting: neighbouring frames, mask, image with its hole.

    Args:
        images: (n, H, W, C), uint8.
        masks: (n, H, W, 1), uint8, 255 in the hole.
        fill: a value of each channel, or one for all, for the hole; by default the
            mean of the images' known pixels, rounded.
        neighbours: frames of the same clip, each (n, H, W, C).

    Returns:
        uint8 (n, H, W, C' + 1 + C), where C' counts the channels of all neighbours.

    Raises:
        ValueError: arrays that do not fit together, or a mask between 0 and 255.
    """
    frames = [np.asarray(array) for array in (*neighbours, images)]
    images, masks = frames[-1], np.asarray(masks)
    alike = {array.shape for array in frames} == {images.shape}
    known = {array.dtype.name for array in (*frames, masks)} == {"uint8"}
    if not alike or not known or masks.shape != (*images.shape[:3], 1):
        raise ValueError(
            "Images and neighbours must be uint8 (n, H, W, C), masks (n, H, W, 1). "
            "Received: "
            + ", ".join(f"{array.dtype} {array.shape}" for array in (*frames, masks))
            + "."
        )
    if not np.isin(masks, (0, 255)).all():
        raise ValueError("Masks must be 255 in the hole and 0 elsewhere.")
    hole = masks == 255
    if fill is None:
        weight = np.broadcast_to(~hole, images.shape).sum(axis=(0, 1, 2))
        total = np.where(hole, 0, images).sum(axis=(0, 1, 2), dtype=np.float64)
        fill = np.rint(total / np.maximum(1, weight))
    filled = np.where(hole, np.asarray(fill, np.uint8), images)
    return np.concatenate([*frames[:-1], masks, filled], axis=-1)


def _walk(rng, sides, points, length):
    """Returns the pieces of a stroke: pairs of points, kept within the image."""
    last = np.asarray(sides) - 1
    start = rng.uniform(0, 1, 2) * last
    angle = rng.uniform(0, 2 * np.pi)
    for i in range(rng.integers(1, points + 1)):
        # Back and forth: every second piece turns round.
        turned = angle + rng.uniform(-np.pi / 6, np.pi / 6) + np.pi * (i % 2)
        step = rng.uniform(*length) * min(sides)
        end = np.clip(
            start + step * np.array([np.sin(turned), np.cos(turned)]), 0, last
        )
        yield start, end
        start = end


def _distance(grid, start, end):
    """Returns the distance of each position (H, W, 2) from a piece of a line."""
    along = end - start
    share = (grid - start) @ along / max(along @ along, 1e-12)
    nearest = start + np.clip(share, 0, 1)[..., None] * along
    return np.linalg.norm(grid - nearest, axis=-1)
