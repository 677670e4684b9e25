"""HTML for notebooks: its form, and that no text gets out of it."""

import base64
import io

import numpy as np
from comparisons import HOSTILE
from PIL import Image

from ganzoo.utils import html


def test_a_table_has_a_head_and_rows():
    assert html.table([("a", 1)], head=("x", "y")) == (
        "<table><tr><th>x</th><th>y</th></tr><tr><td>a</td><td>1</td></tr></table>"
    )
    assert (
        html.table([("a", None)]) == "<table><tr><td>a</td><td>None</td></tr></table>"
    )


def test_all_text_is_escaped():
    for shown in (html.table([(HOSTILE,)], head=(HOSTILE,)), html.lines(HOSTILE)):
        assert "<img" not in shown and "<script" not in shown
        assert "&lt;script&gt;alert(2)&lt;/script&gt;" in shown


def test_a_picture_is_inside():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    before, data, after = html.picture(pixels).replace('"', ",").split(",", 3)[1:]
    assert before == "data:image/png;base64" and after == ">"
    with Image.open(io.BytesIO(base64.b64decode(data))) as read:
        np.testing.assert_array_equal(np.asarray(read), pixels)
