import numpy as np

from ganzoo.plots.captions import with_captions
from ganzoo.plots.pictures import samples_picture


def test_each_row_has_its_caption_in_its_height():
    picture = np.full((120, 50, 3), 7, "uint8")
    made = with_captions(picture, ["red apple", "", "a very " + "long " * 40])
    assert made.dtype == np.uint8 and made.shape[0] == 120
    np.testing.assert_array_equal(made[:, -50:], picture)
    dark = (made[:, :-50] < 128).any(axis=(1, 2)).reshape(3, 40)
    assert dark.any(axis=1).tolist() == [True, False, True]
    assert not dark[0, :8].any() and not dark[0, -8:].any()  # in the middle


def test_captions_change_the_text_and_not_the_samples():
    samples = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), "uint8")
    plain = samples_picture(samples, 2)
    one, two = (samples_picture(samples, 2, [t, "x"]) for t in ("on", "no"))
    assert one.shape == two.shape
    assert (one != two).any()
    for made in (one, two):
        np.testing.assert_array_equal(made[:, -plain.shape[1] :], plain)
