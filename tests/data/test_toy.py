import numpy as np
import pytest

from ganzoo.data import load_data
from ganzoo.data.toy import MIXTURES


def test_ring_has_eight_distinct_centres_on_the_unit_circle():
    centers, std = MIXTURES["ring8"]
    assert std == 0.01
    np.testing.assert_allclose(np.hypot(*centers.T), 1)
    # Neighbours on a regular octagon; a repeated endpoint would leave seven modes.
    gaps = np.linalg.norm(centers - np.roll(centers, 1, axis=0), axis=1)
    np.testing.assert_allclose(gaps, 2 * np.sin(np.pi / 8))


def test_grid_has_the_25_published_centres():
    centers, std = MIXTURES["grid25"]
    assert std == 0.05
    assert {tuple(c) for c in centers} == {
        (x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)
    }


@pytest.mark.parametrize("name", ["ring8", "grid25"])
def test_mixture_points_spread_around_the_centre_that_labels_them(name):
    centers, std = MIXTURES[name]
    data = load_data(name)
    points, label = data.arrays["real"], data.arrays["label"]
    assert points.shape == (100_000, 2)
    assert points.dtype == np.float32
    assert label.dtype == np.int32
    assert data.num_classes == len(centers)
    residual = points - centers[label]
    assert residual.std() == pytest.approx(std, rel=0.01)
    assert abs(residual.mean()) < std / 100
    counts = np.bincount(label, minlength=len(centers))
    assert np.abs(counts / (100_000 / len(centers)) - 1).max() < 0.06


def test_swiss_roll_is_two_dimensional_and_unlabelled():
    data = load_data("swiss_roll")
    assert data.arrays["real"].shape == (100_000, 2)
    assert data.arrays["real"].dtype == np.float32
    assert data.num_classes == 0
    # The roll's radius ends at 4.5 pi; the noise of 0.25 reaches a little further.
    radius = np.hypot(*data.arrays["real"].T) * 7.5
    assert 4.5 * np.pi < radius.max() < 4.5 * np.pi + 6 * 0.25


def test_toy_points_are_fixed_and_differ_between_splits():
    train, again = load_data("ring8"), load_data("ring8")
    test, both = load_data("ring8", split="test"), load_data("ring8", split="all")
    assert train.fingerprint == again.fingerprint != test.fingerprint
    assert len(both) == len(train) + len(test)


def test_digits_are_scaled_images_in_a_fixed_stratified_split():
    train, test = load_data("digits"), load_data("digits", split="test")
    both = load_data("digits", split="all")
    assert train.arrays["real"].shape == (1437, 8, 8, 1)
    assert test.arrays["real"].shape == (360, 8, 8, 1)
    assert train.arrays["real"].dtype == np.uint8
    assert train.arrays["real"].max() == 255
    # Sixteen grey levels and black: 8 of 16 becomes 127.5, rounded to even.
    assert len(np.unique(both.arrays["real"])) == 17
    assert 128 in both.arrays["real"]
    assert train.num_classes == test.num_classes == 10
    assert np.bincount(test.arrays["label"]).min() >= 34
    rows = {image.tobytes() for image in train.arrays["real"]}
    assert not rows & {image.tobytes() for image in test.arrays["real"]}
    assert len(both) == 1797


def test_unknown_split_is_refused():
    with pytest.raises(ValueError, match="'validation'.*train, test, all"):
        load_data("digits", split="validation")
