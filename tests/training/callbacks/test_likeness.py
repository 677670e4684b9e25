"""Likeness, on samples whose differences are known by hand."""

import numpy as np
import pytest

from ganzoo.training.callbacks.likeness import Likeness

RNG = np.random.default_rng(0)
ROW = np.arange(24.0)[:, np.newaxis]  # real samples a step apart


def test_repeats_is_the_distance_to_the_nearest_other_sample():
    likeness = Likeness(ROW)
    assert likeness.of(ROW + 100)["repeats"] == 1
    assert likeness.of(ROW / 4)["repeats"] == 0.25
    assert likeness.of(np.repeat(ROW[:12], 2, axis=0))["repeats"] == 0


def test_repeats_of_data_with_copies_counts_different_samples():
    copies = np.repeat(RNG.normal(size=(24, 7)), 5, axis=0)  # rounding is not distance
    likeness = Likeness(copies)
    assert likeness.of(copies)["repeats"] == 1
    one = np.full((120, 7), 0.1)
    assert likeness.of(one)["repeats"] == pytest.approx(1 / 24, abs=5e-4)


def test_missed_is_the_share_of_the_data_without_samples():
    """Three clusters: 36 samples make three bins of 12."""
    centers = np.repeat([0.0, 100.0, 200.0], 12)[:, np.newaxis]
    real = centers + np.tile(np.linspace(-1, 1, 12), 3)[:, np.newaxis]
    likeness = Likeness(real)
    assert likeness.of(real)["missed"] == 0
    assert likeness.of(real[:24])["missed"] == pytest.approx(1 / 3, abs=5e-4)
    assert likeness.of(real[12:24])["missed"] == pytest.approx(2 / 3, abs=5e-4)
    # A bin is missed if it has less than a fifth of its third: 2 of 36, not 3.
    stray = np.concatenate([real[:24], real[:10], real[24:26]])
    few = np.concatenate([real[:24], real[:9], real[24:27]])
    assert likeness.of(stray)["missed"] > 0.3
    assert likeness.of(few)["missed"] == 0


def test_distance_by_hand():
    """Energy distance over the mean distance between real samples, their scale."""
    real = np.repeat([[0.0], [1.0]], 12, axis=0)
    fake = np.repeat([[10.0], [13.0]], 12, axis=0)
    pairs = 144 / 276  # of 24 samples, those from different halves
    value = (2 * 11 - 3 * pairs - 1 * pairs) / pairs
    assert Likeness(real).of(fake)["distance"] == pytest.approx(value, abs=5e-4)


def test_samples_are_near_as_long_as_real_ones_are():
    likeness = Likeness(ROW)  # reach: twice a step, or a quarter of 25/3
    assert likeness.of(ROW)["near"]
    assert likeness.of(np.full((24, 1), 23 + 2.0))["near"]
    assert not likeness.of(np.full((24, 1), 23 + 2.2))["near"]


def test_what_components_leave_counts():
    """Real samples lie in a plane of 100 axes; noise off the plane is far from them."""
    real = np.zeros((64, 100))
    real[:, :2] = RNG.normal(size=(64, 2))
    off = real.copy()
    off[:, 99] = 30.0
    likeness = Likeness(real)
    assert likeness.of(real)["distance"] == pytest.approx(0, abs=0.04)
    # Every sample is 30 off the plane, and real ones are a scale of about 1.8 apart.
    expected = 2 * np.sqrt(900 + 1.8**2) / likeness.scale - 2
    assert likeness.of(off)["distance"] == pytest.approx(expected, rel=0.02)
    assert not likeness.of(off)["near"]


CLUSTERS = 10.0 * np.repeat(np.arange(4), 64)[:, np.newaxis]
LABELS = np.repeat(np.arange(4), 64)
SPREAD = CLUSTERS + RNG.normal(size=CLUSTERS.shape)


@pytest.mark.parametrize(
    "shown,lost",
    [([0, 1, 2, 3], ""), ([0, 1, 3], "c"), ([2], "a, b, d")],
)
def test_lost_classes_have_names(shown, lost):
    likeness = Likeness(SPREAD, LABELS, ("a", "b", "c", "d"))
    fake = np.tile(SPREAD[np.isin(LABELS, shown)], (4, 1))[:256]
    assert likeness.of(RNG.permutation(fake))["lost"] == lost
    assert Likeness(SPREAD, LABELS).of(SPREAD)["lost"] == ""


def test_a_stray_sample_shows_no_class():
    """A class is lost below a quarter of its 64 of 256 samples."""
    likeness = Likeness(SPREAD, LABELS)
    others = SPREAD[LABELS != 3]
    for count, lost in ((15, "3"), (16, "")):
        fake = np.concatenate(
            [others, SPREAD[LABELS == 3][:count], others[: 64 - count]]
        )
        assert likeness.of(fake)["lost"] == lost


def test_a_class_that_neighbours_cannot_tell_is_never_lost():
    """Labels at random: what a sample shows says nothing of its class."""
    likeness = Likeness(SPREAD, RNG.permutation(LABELS))
    assert likeness.of(SPREAD[:64])["lost"] == ""


def test_tags_are_lost_like_classes():
    tags = np.stack([LABELS < 2, LABELS % 2 == 0], axis=1).astype("uint8")
    likeness = Likeness(SPREAD, tags, ("left", "even"))
    assert likeness.of(SPREAD[LABELS >= 2])["lost"] == "left"


def test_unlabelled_samples_show_no_class():
    labels = np.where(np.arange(256) % 2, LABELS, -1)
    likeness = Likeness(SPREAD, labels)
    assert likeness.of(SPREAD)["lost"] == ""
    assert likeness.of(SPREAD[LABELS != 1])["lost"] == "1"


def test_equal_real_samples_say_nothing_of_repeats():
    likeness = Likeness(np.zeros((24, 2)))
    values = {"repeats": 1.0, "missed": 0.0, "distance": 0.0, "near": True}
    assert likeness.of(np.zeros((24, 2))) == values


def test_large_samples_are_thinned_and_read_in_blocks():
    """No block is larger than 100 samples, whatever their size."""
    sizes = []

    def as_samples(values):
        sizes.append(len(values))
        return values

    real = RNG.integers(0, 256, (250, 64, 65, 1), dtype="uint8")
    likeness = Likeness(real, as_samples=as_samples)
    assert sizes == [100, 100, 50]
    assert likeness.mean.shape == (64 * 65 / 2,)
    assert likeness.of(real)["distance"] == pytest.approx(0, abs=0.01)


def test_the_same_samples_have_the_same_values():
    one, two = (Likeness(SPREAD, LABELS) for _ in range(2))
    assert one.of(SPREAD[::2]) == two.of(SPREAD[::2])
