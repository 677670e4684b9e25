"""Captions next to the rows of a picture."""

import textwrap
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH = 24  # characters per line
SIZE = 13  # pixels per letter
MARGIN = 6
SPACING = 3


def with_captions(picture: np.ndarray, captions: Sequence[str]) -> np.ndarray:
    """Adds captions at the left of a picture, one for each of its rows of equal height.

    Args:
        picture: uint8 (H, W, 3).
        captions: one per row; long ones are wrapped, and cut at the end of the row.

    Returns:
        uint8 (H, W + the captions' width, 3).
    """
    font = ImageFont.load_default(SIZE)
    height = len(picture) // len(captions)
    most = max(1, (height - MARGIN) // (SIZE + SPACING))
    texts = [
        "\n".join(
            textwrap.wrap(caption, WIDTH, max_lines=most, placeholder="...") or [""]
        )
        for caption in captions
    ]
    room = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    boxes = [room.multiline_textbbox((0, 0), t, font, spacing=SPACING) for t in texts]
    width = round(max(box[2] for box in boxes)) + 2 * MARGIN
    column = Image.new("RGB", (width, len(picture)), "white")
    draw = ImageDraw.Draw(column)
    for row, text in enumerate(texts):
        middle = (MARGIN, (row + 0.5) * len(picture) / len(captions))
        draw.multiline_text(
            middle, text, "black", font, anchor="lm", spacing=SPACING, align="left"
        )
    return np.concatenate([np.asarray(column), picture], axis=1)
