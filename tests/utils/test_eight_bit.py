"""Weights in 8 bits."""

import numpy as np
import pytest

from ganzoo.utils.eight_bit import pack, unpack


@pytest.mark.parametrize("shape", [(7, 5), (3, 3, 4, 6)])
def test_rounding_is_at_most_half_a_step_of_each_slice(shape):
    weight = np.random.default_rng(0).normal(size=shape).astype("float32")
    weight *= 10.0 ** np.arange(shape[-1])  # slices of very different sizes
    values, scale = pack(weight)
    assert values.dtype == np.int8 and scale.dtype == np.float32
    largest = np.abs(weight).max(axis=tuple(range(len(shape) - 1)))
    np.testing.assert_allclose(scale, largest / 127, rtol=1e-6)
    assert (np.abs(values).max(axis=tuple(range(len(shape) - 1))) == 127).all()
    error = np.abs(unpack(values, scale) - weight)
    assert (error <= scale * 0.50001).all() and (error.max(0) > scale * 0.1).all()


def test_packing_again_gives_the_same():
    weight = np.random.default_rng(1).normal(size=(50, 40)).astype("float32")
    values, scale = pack(weight)
    again, rescaled = pack(unpack(values, scale))
    np.testing.assert_array_equal(again, values)
    np.testing.assert_allclose(rescaled, scale, rtol=1e-6)


def test_zeros_and_vectors_stay_as_they_are():
    values, scale = pack(np.zeros((3, 2), "float32"))
    np.testing.assert_array_equal(unpack(values, scale), np.zeros((3, 2)))
    vector = np.array([0.1, -3.0], "float32")
    values, scale = pack(vector)
    assert values is vector and scale is None and unpack(values, scale) is vector
