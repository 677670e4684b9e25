"""Pictures of strings."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH = 640  # pixels of the picture, the same for all frames of an animation
SIZE = 13  # pixels per letter
MARGIN = 6


def text_picture(strings: Sequence[str], columns: int | None = None) -> np.ndarray:
    """Writes strings row by row in columns of equal width, black on white.

    Args:
        strings: strings of one line; a long one is cut at the end of its column.
        columns: strings per row; by default one.

    Returns:
        uint8 (H, 640, 3).
    """
    font = ImageFont.load_default(SIZE)
    columns = columns or 1
    width, height = WIDTH // columns, SIZE + 2 * MARGIN
    image = Image.new(
        "RGB", (WIDTH, math.ceil(len(strings) / columns) * height), "white"
    )
    for i, text in enumerate(strings):
        row, column = divmod(i, columns)
        cell = Image.new("RGB", (width, height), "white")
        draw = ImageDraw.Draw(cell)
        draw.text((MARGIN, height / 2), text, "black", font, anchor="lm")
        image.paste(cell, (column * width, row * height))
    return np.asarray(image)
