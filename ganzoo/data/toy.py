"""Small sets that need no file: 2D toy distributions, the 8x8 digits.

The ring and the grid follow PacGAN (Lin et al., 2018) and VEEGAN (Srivastava et al.,
2017); the swiss roll follows WGAN-GP (Gulrajani et al., 2017).
"""

import functools

import numpy as np

from ganzoo.data.dataset import Data, Mixture
from ganzoo.data.images import reshape_images
from ganzoo.data.label_names import places
from ganzoo.data.reading import Reading

POINTS = 100_000
SEEDS = {"train": 0, "test": 1}


def _ring(modes: int) -> np.ndarray:
    # The endpoint is excluded: otherwise the first and the last centre coincide.
    angles = np.linspace(0, 2 * np.pi, modes, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


TICKS = np.arange(-4.0, 5.0, 2.0)
GRID = np.stack(np.meshgrid(TICKS, TICKS, indexing="ij"), axis=-1).reshape(-1, 2)
MIXTURES: dict[str, tuple[np.ndarray, float]] = {
    "ring8": (_ring(8), 0.01),
    "grid25": (GRID, 0.05),
}
"""Gaussian mixtures with equal weights: name -> (centers `(K, 2)`, std)."""


def load_points(name: str, reading: Reading) -> Data:
    """Returns a toy distribution: 100,000 fixed points in each of train and test."""
    draw = functools.partial(_mixture, name) if name in MIXTURES else _swiss_roll
    parts = [draw(SEEDS[part]) for part in reading.parts]
    arrays = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    mixture = Mixture(*MIXTURES[name]) if name in MIXTURES else None
    modes = places(len(mixture.centers) if mixture else 0)
    return Data(name, arrays, modes, mixture)


def _mixture(name: str, seed: int) -> dict[str, np.ndarray]:
    centers, std = MIXTURES[name]
    rng = np.random.default_rng(seed)
    label = rng.integers(len(centers), size=POINTS, dtype=np.int32)
    points = centers[label] + std * rng.standard_normal((POINTS, 2))
    return {"real": points.astype(np.float32), "label": label}


def _swiss_roll(seed: int) -> dict[str, np.ndarray]:
    from sklearn.datasets import make_swiss_roll

    points, _ = make_swiss_roll(POINTS, noise=0.25, random_state=seed)
    return {"real": (points[:, [0, 2]] / 7.5).astype(np.float32)}


def load_digits(name: str, reading: Reading) -> Data:
    """Returns the 8x8 digits: 1,437 to train and 360 to test."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    images, labels = datasets.load_digits(return_X_y=True)
    images = np.rint(images * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    rows = np.arange(len(labels))
    train, test = train_test_split(rows, test_size=360, stratify=labels, random_state=0)
    rows = {"train": train, "test": test, "all": rows}[reading.split]
    real = reshape_images(images[rows], reading.form)
    return Data(
        name, {"real": real, "label": labels[rows].astype(np.int32)}, places(10)
    )
