"""Small sets that need no file: 2D toy distributions, the 8x8 digits, voxel shapes.

The ring and the grid follow PacGAN (Lin et al., 2018) and VEEGAN (Srivastava et al.,
2017); the swiss roll follows WGAN-GP (Gulrajani et al., 2017).
"""

from collections.abc import Callable

import numpy as np

from ganzoo.data.shapes import load_shapes

POINTS = 100_000
_SPLIT_SEEDS = {"train": (0,), "test": (1,), "all": (0, 1)}

Arrays = tuple[dict[str, np.ndarray], tuple[str, ...]]


def _ring(modes: int) -> np.ndarray:
    # The endpoint is excluded: otherwise the first and the last centre coincide.
    angles = np.linspace(0, 2 * np.pi, modes, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _grid(ticks: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)


MIXTURES: dict[str, tuple[np.ndarray, float]] = {
    "ring8": (_ring(8), 0.01),
    "grid25": (_grid(np.arange(-4.0, 5.0, 2.0)), 0.05),
}
"""Gaussian mixtures with equal weights: name -> (centers `(K, 2)`, std)."""


def _mixture(name: str, seed: int) -> dict[str, np.ndarray]:
    centers, std = MIXTURES[name]
    rng = np.random.default_rng(seed)
    label = rng.integers(len(centers), size=POINTS, dtype=np.int32)
    points = centers[label] + std * rng.standard_normal((POINTS, 2))
    return {"real": points.astype(np.float32), "label": label}


def _swiss_roll(name: str, seed: int) -> dict[str, np.ndarray]:
    from sklearn.datasets import make_swiss_roll

    points, _ = make_swiss_roll(POINTS, noise=0.25, random_state=seed)
    return {"real": (points[:, [0, 2]] / 7.5).astype(np.float32)}


def _toy(name: str, split: str) -> Arrays:
    draw = _mixture if name in MIXTURES else _swiss_roll
    parts = [draw(name, seed) for seed in _SPLIT_SEEDS[split]]
    arrays = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    modes = len(MIXTURES[name][0]) if name in MIXTURES else 0
    return arrays, tuple(str(mode) for mode in range(modes))


def _digits(name: str, split: str) -> Arrays:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = np.rint(images * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    rows = np.arange(len(labels))
    train, test = train_test_split(rows, test_size=360, stratify=labels, random_state=0)
    rows = {"train": train, "test": test, "all": rows}[split]
    arrays = {"real": images[rows], "label": labels[rows].astype(np.int32)}
    return arrays, tuple(str(digit) for digit in range(10))


BUILT_IN: dict[str, Callable[[str, str], Arrays]] = {
    "digits": _digits,
    "grid25": _toy,
    "ring8": _toy,
    "swiss_roll": _toy,
    "voxel_shapes": load_shapes,
}
"""Name -> function of (name, split) that returns arrays and class names."""


def load_built_in(name: str, split: str) -> Arrays:
    """Returns the arrays and class names of a built-in set.

    Args:
        name: a key of `BUILT_IN`.
        split: "train", "test" or "all". A toy distribution has 100,000 fixed points
            in each of train and test; digits has 1,437 and 360 images, voxel_shapes
            4,000 and 1,000 volumes.

    Raises:
        ValueError: unknown split.
    """
    if split not in _SPLIT_SEEDS:
        raise ValueError(
            f"Unknown split of {name!r}; allowed: {', '.join(_SPLIT_SEEDS)}. "
            f"Received: {split!r}."
        )
    return BUILT_IN[name](name, split)
