"""HTML that notebooks show: tables, lines and pictures, with all text escaped."""

import base64
import html
import io
from collections.abc import Iterable, Sequence

import numpy as np


def table(rows: Iterable[Iterable], head: Sequence = ()) -> str:
    """A table of rows of values, under a row of names if there is a `head`."""
    lines = [_row(head, "th")] if head else []
    lines += [_row(row, "td") for row in rows]
    return f"<table>{''.join(lines)}</table>"


def lines(text: str) -> str:
    """A text that keeps its line ends."""
    return f'<div style="white-space: pre-wrap">{html.escape(text)}</div>'


def picture(pixels: np.ndarray) -> str:
    """A picture, uint8 (H, W, 3), inside as PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img src="data:image/png;base64,{data}">'


def _row(values, tag):
    cells = (f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values)
    return f"<tr>{''.join(cells)}</tr>"
