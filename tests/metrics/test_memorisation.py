import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from ganzoo.metrics import (
    authenticity,
    data_copying,
    memorisation,
    nearest_distances,
)

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


def test_authenticity_by_hand():
    reference = np.array([[0.0], [1.0], [10.0], [14.0]])
    # Nearest 0, whose neighbour is 1 away: 0.4 is a near copy, -3 is not. Nearest 10,
    # whose neighbour is 4 away: 11.9 is a near copy, and 14 is a copy.
    samples = np.array([[0.4], [-3.0], [11.9], [14.0]])
    assert authenticity(samples, reference) == 0.25


def test_a_training_set_of_doubles_has_no_near_copies_but_exact_ones():
    reference = np.array([[0.0], [0.0], [5.0], [5.0]])
    assert authenticity(np.array([[0.0], [0.1]]), reference) == 0.5


def test_data_copying_of_one_cell_by_hand():
    train = np.zeros((3, 1)) + [[0.0], [0.1], [0.2]]
    held = np.arange(1, 31)[:, None] * 1.0
    samples = np.arange(1, 21)[:, None] - 0.5  # U counts the samples beyond each
    u = sum(float(q > p) for q in samples[:, 0] for p in held[:, 0])
    z = (u - 300) / np.sqrt(600 * 51 / 12)
    assert data_copying(samples, held, train, cells=1) == pytest.approx(z)


def test_data_copying_tells_copies_of_one_cell_from_new_samples():
    centers = np.array([[0.0] * 6, [30.0] * 6])

    def draw(count):
        return centers[np.arange(count) % 2] + RNG.standard_normal((count, 6))

    train, held, fresh = draw(400), draw(200), draw(400)
    assert abs(data_copying(fresh, held, train, cells=2)) < 2.5
    copied = np.where(np.arange(400)[:, None] % 2, fresh, train + 0.01)
    assert data_copying(copied, held, train, cells=2) < -5
    with pytest.raises(ValueError, match="None of 2 cells has 20 of the 10 samples"):
        data_copying(fresh[:10], held, train, cells=2)


def test_cells_count_by_their_held_out_samples():
    """Two cells far apart, with 30 and 90 held-out samples, each as if alone."""
    rng, alone = np.random.default_rng(3), []
    cells = []
    for center, count in ((0.0, 30), (100.0, 90)):
        train, held = (center + rng.standard_normal((n, 2)) for n in (50, count))
        samples = train[:40] + 0.1 * rng.standard_normal((40, 2))
        cells.append((samples, held, train))
        alone.append(data_copying(*cells[-1], cells=1))
    assert abs(alone[0] - alone[1]) > 1
    together = data_copying(*map(np.concatenate, zip(*cells, strict=True)), cells=2)
    assert together == pytest.approx((alone[0] + 3 * alone[1]) / 4)


def test_a_single_training_sample_has_no_neighbour():
    with pytest.raises(ValueError, match="reference: needed are at least 2 samples"):
        authenticity(np.array([[0.4], [1.0]]), np.array([[0.0]]))
