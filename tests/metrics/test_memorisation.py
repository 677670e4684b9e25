import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from ganzoo.metrics import memorisation, nearest_distances

RNG = np.random.default_rng(0)
REAL = RNG.standard_normal((600, 6))
TRAIN, HELD = REAL[:400], REAL[400:]


def test_parity_with_scikit_learn():
    distances, rows = nearest_distances(HELD, TRAIN)
    expected = NearestNeighbors(n_neighbors=1).fit(TRAIN).kneighbors(HELD)
    np.testing.assert_allclose(distances, expected[0][:, 0])
    np.testing.assert_array_equal(rows, expected[1][:, 0])


def test_copies_are_found():
    images = RNG.integers(0, 256, (50, 64), dtype="uint8")
    distances, rows = nearest_distances(images[[3, 17, 3]], images)
    assert distances.tolist() == [0, 0, 0] and rows.tolist() == [3, 17, 3]


def test_by_hand():
    reference, held = np.array([[0.0], [10.0]]), np.array([[2.0], [7.0]])
    samples = np.array([[0.0], [1.0], [8.0], [13.5]])
    # Distances 0, 1, 2, 3.5 against 2, 3: nearer are 2 + 2 + 1 and a tie, of 8 pairs.
    assert memorisation(samples, held, reference) == {
        "median": 1.5,
        "heldout_median": 2.5,
        "nearer": 5.5 / 8,
        "copies": 0.25,
    }


def test_new_samples_are_as_far_as_held_out_data_and_near_copies_are_not():
    fresh = memorisation(RNG.standard_normal((400, 6)), HELD, TRAIN)
    assert fresh["nearer"] == pytest.approx(0.5, abs=0.08) and fresh["copies"] == 0
    close = memorisation(TRAIN + RNG.normal(0, 0.05, TRAIN.shape), HELD, TRAIN)
    assert close["nearer"] > 0.98 and close["median"] < 0.5 * close["heldout_median"]
    far = memorisation(3 * RNG.standard_normal((400, 6)), HELD, TRAIN)
    assert far["nearer"] < 0.1
