"""GANs of vectors whose generator is linear, so that its inverse is known."""

from functools import cache

import keras
import numpy as np
from helpers import tiny


@cache
def linear(*rows, bias=0.3, prior="normal"):
    """A GAN whose generator is latent @ rows + bias."""
    kernel = np.array(rows, "float32")
    d, out = kernel.shape
    shape = {"image_shape": (out,), "latent_dim": d}
    model = tiny("vanilla", **shape, prior=prior, ema_decay=0.0)
    given = keras.Input((d,), name="latent")
    dense = keras.layers.Dense(out, name="first")
    network = keras.Model({"latent": given}, dense(given), name="generator")
    dense.set_weights([kernel, np.full(out, bias, "float32")])
    model.generator = network
    return model
