import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ganzoo import metrics
from ganzoo.metrics import arrays

RNG = np.random.default_rng(0)
GOOD = RNG.standard_normal((20, 3))


def _with(value):
    bad = GOOD.copy()
    bad[7, 1] = value
    return bad


METRICS = {
    "frechet_distance": metrics.frechet_distance,
    "kernel_distance": lambda a, b: metrics.kernel_distance(a, b, subset_size=10),
    "precision_recall": metrics.precision_recall,
    "sliced_wasserstein": metrics.sliced_wasserstein,
    "two_sample_accuracy": metrics.two_sample_accuracy,
    "nearest_distances": metrics.nearest_distances,
    "parzen_log_likelihood": lambda a, b: metrics.parzen_log_likelihood(a, b, 0.5),
    "parzen_sigma": metrics.parzen_sigma,
}
BAD = {
    "NaN": (_with(np.nan), "1 of 20 samples hold NaN.*first is number 7"),
    "infinite": (_with(np.inf), "infinite"),
    "constant": (np.full((20, 3), 0.5), "every value of the 20 samples is 0.5"),
    "empty": (np.zeros((0, 3)), "needed is a numeric matrix"),
    "images": (RNG.random((20, 3, 1, 1)), "flatten images first"),
    "text": (np.full((20, 3), "a"), "needed is a numeric matrix"),
    "another width": (GOOD[:, :2], r"one shape.*\(20, 3\).*\(20, 2\)"),
    "another range": (RNG.integers(0, 256, (20, 3), "uint8"), "one range.*uint8"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", METRICS)
def test_every_metric_refuses_bad_samples(name, bad):
    samples, message = BAD[bad]
    METRICS[name](GOOD, GOOD[::-1] + 0.1)
    with pytest.raises(ValueError, match=message):
        METRICS[name](GOOD, samples)
    with pytest.raises(ValueError):
        METRICS[name](samples, GOOD)


def test_one_repeated_sample_is_a_set_not_a_fault():
    repeated = np.tile(GOOD[0] + 0.01, (20, 1))
    assert metrics.frechet_distance(GOOD, repeated) > 1
    assert metrics.precision_recall(GOOD, repeated)["recall"] == 0
    assert metrics.two_sample_accuracies(GOOD, repeated)["fake"] == 1


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(arrays, "ROWS", 7)
    monkeypatch.setattr(arrays, "COLUMNS", 5)


@pytest.mark.parametrize("offset", [0, 1000])
def test_distances_in_blocks(small_blocks, offset):
    x, y = RNG.standard_normal((23, 4)) + offset, RNG.standard_normal((18, 4)) + offset
    whole = np.full((23, 18), np.nan)
    for rows, columns, block in arrays.squared_distances(x, y):
        assert np.isnan(whole[rows, columns]).all()
        whole[rows, columns] = block
    np.testing.assert_allclose(whole, cdist(x, y) ** 2, rtol=1e-10)


def test_copies_are_at_distance_zero_and_nothing_else_is(small_blocks):
    x = RNG.random((40, 784)).astype("float32") + 10
    for rows, columns, block in arrays.squared_distances(x, x):
        equal = np.arange(40)[rows, None] == np.arange(40)[columns]
        np.testing.assert_array_equal(block == 0, equal)
    distances, index = arrays.nearest(np.tile(x[3], (9, 1)), x)
    assert (distances == 0).all() and (index == 3).all()


@pytest.mark.parametrize("outlier", [1e3, 1e6, 1e9])
def test_an_outlier_leaves_the_other_distances_alone(outlier):
    x, y = RNG.standard_normal((2, 40, 4))
    y[0] = outlier
    for a, b in ((x, y), (y, x)):
        ((_, _, block),) = arrays.squared_distances(a, b)
        np.testing.assert_allclose(block, cdist(a, b) ** 2, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_distances_of_whole_numbers_tie_exactly(small_blocks, dtype):
    x, y = np.eye(10, dtype=dtype)[RNG.integers(10, size=(2, 60, 8))].reshape(2, 60, 80)
    for rows, columns, block in arrays.squared_distances(x, y):
        assert (block == cdist(x[rows], y[columns], "cityblock")).all()


def test_nearest_and_kth_nearest_across_blocks(small_blocks):
    x, y = RNG.standard_normal((23, 4)), RNG.standard_normal((18, 4))
    distances, index = arrays.nearest(x, y)
    np.testing.assert_array_equal(index, cdist(x, y).argmin(axis=1))
    np.testing.assert_allclose(distances, (cdist(x, y) ** 2).min(axis=1))
    for k in (1, 3, 22):
        expected = np.sort(cdist(x, x), axis=1)[:, k] ** 2
        np.testing.assert_allclose(arrays.kth_nearest(x, k), expected)
