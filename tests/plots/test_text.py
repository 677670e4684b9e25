import numpy as np

from ganzoo.data.symbols import one_hot
from ganzoo.data.text import Text
from ganzoo.plots.pictures import samples_picture
from ganzoo.plots.text import MARGIN, SIZE, WIDTH, text_picture


def test_places_of_strings():
    """Three words in two columns: the fourth place is white."""
    picture = text_picture(["first", "second", "third"], columns=2)
    height = SIZE + 2 * MARGIN
    assert picture.shape == (2 * height, WIDTH, 3) and picture.dtype == np.uint8
    cells = picture.reshape(2, height, 2, -1, 3).swapaxes(1, 2)
    drawn = (cells < 128).any(axis=(2, 3, 4))
    assert drawn.tolist() == [[True, True], [True, False]]


def test_samples_are_drawn_as_what_they_say():
    codec = Text("ab")
    samples = one_hot(codec.symbols(["ab", "b"], 2), 3)
    expected = text_picture(["ab", "b"])
    np.testing.assert_array_equal(samples_picture(samples, codec=codec), expected)


def test_a_long_string_ends_with_its_column():
    alone = text_picture(["", "second"], columns=2)
    beside = text_picture(["w" * 99, "second"], columns=2)
    half = WIDTH // 2
    assert (beside[:, :half] < 128).any()
    np.testing.assert_array_equal(beside[:, half:], alone[:, half:])
