"""Pictures of strings."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = 16  # pixels per letter
MARGIN = 6


def text_picture(strings: Sequence[str], columns: int | None = None) -> np.ndarray:
    """Writes strings row by row in columns of equal width, black on white.

    Args:
        strings: strings of one line.
        columns: strings per row; by default the grid is about square.

    Returns:
        uint8 (H, W, 3).
    """
    font = ImageFont.load_default(SIZE)
    columns = columns or math.ceil(math.sqrt(len(strings)))
    rows = math.ceil(len(strings) / columns)
    width = max(math.ceil(font.getlength(text)) for text in strings) + 2 * MARGIN
    height = SIZE + 2 * MARGIN
    image = Image.new("RGB", (columns * width, rows * height), "white")
    draw = ImageDraw.Draw(image)
    for i, text in enumerate(strings):
        row, column = divmod(i, columns)
        place = (column * width + MARGIN, (row + 0.5) * height)
        draw.text(place, text, "black", font, anchor="lm")
    return np.asarray(image)
