"""Draws a photograph that no training set holds, and the same under rising water.

    python experiments/flooded.py docs/flood.png runs/pix2pix_flood

The photograph comes with scikit-learn: china.jpg by Daniel Buechele, CC BY 2.0. The
training photographs may not be printed.
"""

import sys

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

import ganzoo
from ganzoo.data import flood
from ganzoo.plots.pictures import image_grid, save_png

SIZE = 144, 96  # width and height, which six halvings need not divide
HEIGHTS = 0.2, 0.35, 0.5


def draw(out, run):
    image = Image.fromarray(load_sample_image("china.jpg"))
    photograph = np.asarray(image.resize(SIZE, Image.Resampling.LANCZOS))
    dry = np.stack([photograph] * len(HEIGHTS))
    wet = ganzoo.load(run).translate(flood.sources(dry, HEIGHTS))
    shown = np.concatenate([dry[:1], wet, dry[:1], flood.rendered(dry, HEIGHTS)])
    save_png(image_grid(shown, columns=1 + len(HEIGHTS)), out)


if __name__ == "__main__":
    draw(*sys.argv[1:])
