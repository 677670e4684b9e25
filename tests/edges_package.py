"""A small stand-in of the package whose VGG16 finds edges."""

import functools
import hashlib

import h5py
import numpy as np
from scipy.signal import correlate

from ganzoo.evaluation import perceptual
from ganzoo.networks import content

WIDTHS = (3, 4, 3, 4, 5)  # channels of the five blocks


def install(folder, monkeypatch) -> dict:
    """Puts it on the path; returns its kernels and biases, by block and number.

    It must not be imported.
    """
    home = folder / content.EDGES_PACKAGE
    (home / "weights").mkdir(parents=True)
    (home / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(folder)
    rng, channels, tensors = np.random.default_rng(0), 3, {}
    path = home / content.EDGES_FILE
    with h5py.File(path, "w") as stored:
        for block, width in enumerate(WIDTHS, 1):
            for i in range(2 if block < 3 else 3):
                kernel = rng.normal(0, 0.3, (3, 3, channels, width)).astype("float32")
                bias = rng.normal(0, 0.1, width).astype("float32")
                name = f"block{block}/layers/conv2d" + (f"_{i}" if i else "")
                for key, array in enumerate((kernel, bias)):
                    stored[f"{name}/vars/{key}"] = array
                tensors[block, i], channels = (kernel, bias), width
        stored["dsn1/vars/0"] = np.zeros((1, 1, 3, 1), "float32")  # not a convolution
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(content, "EDGES_SHA256", digest)
    fresh = functools.cache(perceptual._measure.__wrapped__)
    monkeypatch.setattr(perceptual, "_measure", fresh)
    return tensors


def features(tensors, image) -> list:
    """The five blocks' features of one image (H, W, 3) in 0..255, by SciPy."""
    x, ends = image[:, :, ::-1] - np.array(content.EDGES_MEANS), []
    for (block, i), (kernel, bias) in tensors.items():
        if i == 0 and block > 1:
            ends.append(x)
            odd = [(0, n % 2) for n in x.shape[:2]]
            x = np.pad(x, (*odd, (0, 0)), constant_values=-np.inf)
            x = x.reshape(len(x) // 2, 2, x.shape[1] // 2, 2, -1).max((1, 3))
        padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        maps = [
            correlate(padded, kernel[..., k].astype(float), "valid")[..., 0]
            for k in range(len(bias))
        ]
        x = np.maximum(np.stack(maps, axis=-1) + bias, 0)
    return [*ends, x]


def distance(tensors, a, b) -> float:
    """The definition of `perceptual`, of two images."""
    total = 0.0
    for x, y in zip(features(tensors, a), features(tensors, b), strict=True):
        x, y = (f / (np.linalg.norm(f, axis=-1, keepdims=True) + 1e-10) for f in (x, y))
        total += ((x - y) ** 2).sum(axis=-1).mean()
    return total
