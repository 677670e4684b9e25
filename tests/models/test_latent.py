"""Paths in latent space, by hand."""

import numpy as np
import pytest

from ganzoo.models.latent import direction, lerp, slerp

HALF = np.sqrt(0.5)


def test_lerp():
    path = lerp([0.0, 2.0], [4.0, 0.0], 3)
    np.testing.assert_allclose(path, [[0, 2], [2, 1], [4, 0]], atol=1e-12)


def test_slerp_of_a_quarter_circle():
    path = slerp([1.0, 0.0], [0.0, 1.0], 4)
    # At 0, 30, 60 and 90 degrees.
    expected = [[1, 0], [np.sqrt(0.75), 0.5], [0.5, np.sqrt(0.75)], [0, 1]]
    np.testing.assert_allclose(path, expected, atol=1e-12)


def test_slerp_between_norms():
    # Half of sin(45) / sin(90) of each end: 1 x 0.7071, 3 x 0.7071.
    path = slerp([1.0, 0.0], [0.0, 3.0], 3)
    np.testing.assert_allclose(path[1], [HALF, 3 * HALF], atol=1e-12)


@pytest.mark.parametrize("dtype,tolerance", [("float64", 1e-12), ("float32", 1e-5)])
def test_slerp_keeps_the_norm_and_meets_the_ends(dtype, tolerance):
    a, b = np.random.default_rng(0).normal(size=(2, 100)).astype(dtype)
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    path = slerp(a, b, 7)
    assert path.shape == (7, 100)
    norms = np.linalg.norm(path, axis=1) / np.linalg.norm(a)
    np.testing.assert_allclose(norms, 1, atol=tolerance)
    np.testing.assert_allclose(path[[0, -1]], [a, b], atol=tolerance)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], atol=10 * tolerance)
    # The straight line does not keep it.
    assert np.linalg.norm(lerp(a, b, 7)[3]) < 0.8 * np.linalg.norm(a)


@pytest.mark.parametrize(
    "a,b",
    [
        ([1.0, 1.0], [3.0, 3.0]),
        ([1.0, 1.0], [1.0, 1.0]),
        ([1.0, 1.0], [-1.0, -1.0]),
        ([0.0, 0.0], [2.0, 0.0]),
        ([2.0, 0.0], [0.0, 0.0]),
        ([0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_slerp_is_straight_where_there_is_no_circle(a, b):
    np.testing.assert_allclose(slerp(a, b, 5), lerp(a, b, 5), atol=1e-12)


@pytest.mark.parametrize("path", [lerp, slerp])
def test_short_paths(path):
    a, b = [1.0, 0.0], [0.0, 1.0]
    assert path(a, b, 0).shape == (0, 2)
    np.testing.assert_allclose(path(a, b, 1), [a], atol=1e-12)
    np.testing.assert_allclose(path(a, b, 2), [a, b], atol=1e-12)


def test_direction():
    with_it = [[1.0, 4.0], [3.0, 0.0], [2.0, 2.0]]
    without = [[0.0, 1.0], [2.0, 2.0]]
    np.testing.assert_allclose(direction(with_it, without), [1.0, 0.5], atol=1e-12)


@pytest.mark.parametrize(
    "with_it,without,received",
    [
        (np.zeros((0, 2)), [[0.0, 1.0]], r"\(0, 2\) and \(1, 2\)"),
        ([[0.0, 1.0]], np.zeros((0, 2)), r"\(1, 2\) and \(0, 2\)"),
        ([[0.0, 1.0]], [], r"\(1, 2\) and \(0,\)"),
        ([0.0, 1.0], [[0.0, 1.0]], r"\(2,\) and \(1, 2\)"),
        ([[0.0, 1.0]], [[0.0, 1.0, 2.0]], r"\(1, 2\) and \(1, 3\)"),
    ],
)
def test_a_direction_needs_exemplars(with_it, without, received):
    with pytest.raises(ValueError, match=f"at least one of each. Received: {received}"):
        direction(with_it, without)
