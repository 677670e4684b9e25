import numpy as np
import pytest

from ganzoo.data.molecules import Molecules, symbols_of
from ganzoo.data.symbols import one_hot
from ganzoo.plots import molecules
from ganzoo.plots.pictures import samples_picture

pytest.importorskip("rdkit", reason="the extra molecules")


def test_places_of_molecules():
    """Benzene, nothing, ethane: drawn, white, drawn, and an empty last place."""
    picture = molecules.molecules_picture(["c1ccccc1", "", "CC"], columns=2)
    width, height = molecules.CELL
    assert picture.shape == (2 * height, 2 * width, 3) and picture.dtype == np.uint8
    cells = picture.reshape(2, height, 2, width, 3).swapaxes(1, 2)
    drawn = (cells < 128).any(axis=(2, 3, 4))
    assert drawn.tolist() == [[True, False], [True, False]]


def test_samples_are_drawn_as_what_they_mean():
    samples = one_hot(np.stack([symbols_of("CCO", 3)] * 4), 5)
    picture = samples_picture(samples, codec=Molecules())
    expected = molecules.molecules_picture(["CCO"] * 4)
    np.testing.assert_array_equal(picture, expected)


def test_symbols_without_a_meaning_are_drawn_as_codes():
    samples = one_hot(np.array([[0, 1]]), 3)
    picture = samples_picture(samples)
    assert picture.shape[2] == 3 and {0, 255} <= set(np.unique(picture))
