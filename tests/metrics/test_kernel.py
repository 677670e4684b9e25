import json
from pathlib import Path

import numpy as np
import pytest
from feature_sets import feature_sets, kid_rows

from ganzoo.metrics import (
    kernel_distance,
    kernel_distance_left_out,
    kernel_distances,
    kernel_subsets,
)

RECORDED = json.loads((Path(__file__).parent / "torch_fidelity.json").read_text())
SETS = feature_sets()
RNG = np.random.default_rng(0)


def _by_pairs(x, y):
    """The definition: a mean over pairs of different samples, one kernel at a time."""

    def kernel(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3

    n, m = len(x), len(y)
    within = [
        sum(kernel(s[i], s[j]) for i in range(c) for j in range(c) if i != j)
        / (c * (c - 1))
        for s, c in ((x.tolist(), n), (y.tolist(), m))
    ]
    cross = sum(kernel(a, b) for a in x.tolist() for b in y.tolist()) / (n * m)
    return sum(within) - 2 * cross


@pytest.mark.parametrize("name", SETS)
def test_parity_with_torch_fidelity_on_its_subsets(name):
    real, fake = SETS[name]
    values = kernel_distances(real, fake, *kid_rows(len(real), len(fake)))
    expected = RECORDED["sets"][name]
    assert values.mean() == pytest.approx(expected["kernel_distance"], rel=1e-9)
    assert values.std() == pytest.approx(expected["kernel_spread"], rel=1e-9)


@pytest.mark.parametrize("name", SETS)
def test_parity_with_the_definition(name):
    real, fake = SETS[name]
    rows = kernel_subsets(len(real), len(fake), subsets=2, subset_size=12)
    values = kernel_distances(real, fake, *rows)
    for value, r, f in zip(values, *rows, strict=True):
        assert value == pytest.approx(_by_pairs(real[r], fake[f]), rel=1e-9)


def test_expectation_in_one_dimension():
    """Of (xy + 1)^3: the differences of three moments, weighted 3, 3 and 1."""
    m = 0.5
    x = RNG.standard_normal((6000, 1))
    expected = 3 * m**2 + 3 * m**4 + (m**3 + 3 * m) ** 2
    rows = kernel_subsets(6000, 6000, subsets=30, subset_size=1000)
    values = kernel_distances(x, RNG.standard_normal((6000, 1)) + m, *rows)
    assert values.mean() == pytest.approx(expected, abs=0.2)


def test_unbiased_for_equal_distributions():
    x, y = RNG.standard_normal((2, 3000, 8))
    rows = kernel_subsets(3000, 3000, subsets=60, subset_size=50)
    values = kernel_distances(x, y, *rows)
    assert values.min() < 0 < values.max()
    # A biased estimate would be near E k(x, x) / 50 = 2 E (|x|^2 / 8 + 1)^3 / 50 = 0.4.
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(60) < 0.1


def test_subsets_are_drawn_without_replacement_and_by_seed():
    real, fake = kernel_subsets(30, 20, subsets=5, subset_size=20, seed=3)
    assert real.shape == fake.shape == (5, 20)
    assert all(len(set(rows)) == 20 for rows in [*real, *fake])
    assert real.max() > 19 and fake.max() == 19
    again = kernel_subsets(30, 20, subsets=5, subset_size=20, seed=3)
    np.testing.assert_array_equal(real, again[0])
    other = kernel_subsets(30, 20, subsets=5, subset_size=20, seed=4)
    assert (real != other[0]).any()


def test_distance_is_the_mean_over_subsets():
    real, fake = SETS["few"]
    rows = kernel_subsets(60, 80, subsets=4, subset_size=30, seed=5)
    expected = kernel_distances(real, fake, *rows).mean()
    found = kernel_distance(real, fake, subsets=4, subset_size=30, seed=5)
    assert isinstance(found, float) and found == expected


def test_float32_features_are_scored_in_float64():
    real, fake = (x.astype("float32") for x in SETS["few"])
    exact = kernel_distance(real.astype(float), fake.astype(float), subset_size=40)
    assert kernel_distance(real, fake, subset_size=40) == exact


@pytest.mark.parametrize("name", SETS)
def test_left_out_groups_are_as_absent_samples(name):
    real, fake = (samples[:40] for samples in SETS[name])
    group = RNG.integers(0, 3, len(fake))
    found = kernel_distance_left_out(real, fake, group)
    expected = [_by_pairs(real, fake[group != g]) for g in range(3)]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_one_sample_outside_a_group_is_refused():
    with pytest.raises(ValueError, match="samples outside a group.* from 2"):
        kernel_distance_left_out(
            RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2)), np.array([0, 0, 0, 1])
        )


def test_refuses_subsets_larger_than_the_set():
    real, fake = SETS["few"]
    with pytest.raises(ValueError, match="subset_size.* from 2 to 60. Received: 1000"):
        kernel_distance(real, fake)
    with pytest.raises(ValueError, match="subsets must be"):
        kernel_distance(real, fake, subsets=0, subset_size=10)
