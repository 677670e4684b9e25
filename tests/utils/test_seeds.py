"""The seed of a build fixes the first weights, and touches nothing else.

In every process: `tests/test_fresh_process.py`.
"""

import random

import keras
import numpy as np
import pytest
from helpers import tiny, weights

import ganzoo
from ganzoo.utils.seeds import first_weights


@pytest.mark.parametrize("name", ["vanilla", "pix2pix"])
def test_a_seed_fixes_the_weights_and_none_follows_keras(name):
    def made(global_seed, **options):
        keras.utils.set_random_seed(global_seed)
        return list(weights(tiny(name, **options)).values())

    def same(one, other):
        return all(np.array_equal(*pair) for pair in zip(one, other, strict=True))

    assert same(made(1, seed=3), made(2, seed=3))
    assert not same(made(1, seed=3), made(1, seed=4))
    assert same(made(1), made(1)) and not same(made(1), made(2))
    assert same(made(3), made(1, seed=3))  # as `ganzoo train --seed=3` always did


def test_pythons_own_random_numbers_go_on():
    random.seed(5)
    expected = [random.random() for _ in range(2)]
    random.seed(5)
    found = [random.random()]
    with first_weights(3):
        random.random()
    found.append(random.random())
    assert found == expected


def test_describe_says_so():
    assert "same in every process" in ganzoo.build.__doc__
