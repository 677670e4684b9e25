"""Images and random weights for parity: no ganzoo, frozen streams."""

import numpy as np
from sklearn.datasets import load_sample_image


def images(count, side=32, seed=0):
    """uint8 images (count, side, side, 3) of coloured squares and some noise."""
    rng = np.random.RandomState(seed)
    coarse = rng.randint(0, 256, (count, 4, 4, 3)).astype(float)
    rows = np.arange(side) * 4 // side
    noisy = coarse[:, rows][:, :, rows] + rng.normal(0, 20, (count, side, side, 3))
    return np.rint(noisy.clip(0, 255)).astype("uint8")


def photographs():
    """Two of scikit-learn, uint8 (2, 224, 224, 3)."""
    files = ("china.jpg", "flower.jpg")
    return np.stack([load_sample_image(x)[100:324, 200:424] for x in files])


def pixelated(batch):
    """The same images of a quarter of the resolution."""
    n, side = batch.shape[:2]
    parts = batch.reshape(n, side // 4, 4, side // 4, 4, 3).mean((2, 4))
    return np.rint(parts).astype("uint8").repeat(4, axis=1).repeat(4, axis=2)


def weights(shapes):
    """Tensors by name, of sizes that keep the activations of deep networks alive."""
    seeds = enumerate(shapes.items())
    return {name: _weight(name, shape, seed) for seed, (name, shape) in seeds}


def _weight(name, shape, seed):
    rng = np.random.RandomState(seed)
    if len(shape) > 1:
        return rng.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape).astype("float32")
    if name.endswith(("running_var", "weight")):
        return rng.uniform(0.5, 1.5, shape).astype("float32")
    return rng.normal(0, 0.1, shape).astype("float32")
