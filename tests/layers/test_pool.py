"""The pool of past fakes: by hand, and its share of replicas."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import distribute
from ganzoo.layers import Pool


def seed(number):
    return tf.constant([3, number])


def rows(*values):
    return tf.constant([[float(value)] for value in values])


def exchange(pool, *values, number=0):
    return pool.exchange(rows(*values), seed(number)).numpy().ravel().tolist()


def test_it_gives_back_what_comes_until_it_is_full():
    pool = Pool(3, (1,))
    assert exchange(pool, 1, 2) == [1, 2]
    assert pool.kept.numpy().ravel().tolist() == [1, 2, 0]
    assert exchange(pool, 3, 4) == [3, 4]  # 4 finds no place in the step that fills it
    assert pool.kept.numpy().ravel().tolist() == [1, 2, 3]
    assert int(pool.count.numpy()) == 3


def test_places_and_coins_have_seeds_of_their_own(monkeypatch):
    seeds = []

    def recorded(draw):
        def call(value, seed, **options):
            seeds.append(tuple(seed.numpy()))
            return draw(value, seed, **options)

        return call

    for module, name in (
        (tf.random.experimental, "stateless_shuffle"),
        (tf.random, "stateless_uniform"),
    ):
        monkeypatch.setattr(module, name, recorded(getattr(module, name)))
    pool = Pool(2, (1,))
    for step in (0, 1):
        exchange(pool, 1, 2, number=step)
    assert len(set(seeds)) == len(seeds) == 4


def test_then_a_new_one_takes_the_place_of_the_one_that_is_given():
    pool = Pool(4, (1,))
    exchange(pool, 0, 1, 2, 3)
    swapped = 0
    for step in range(200):
        before = pool.kept.numpy().ravel()
        new = [10.0 * (step + 1) + i for i in range(3)]
        given = exchange(pool, *new, number=step)
        after = pool.kept.numpy().ravel()
        # Nothing is lost or doubled: what is kept or given was kept or new.
        assert sorted([*after, *given]) == sorted([*before, *new])
        kept_back = [a == b for a, b in zip(given, new, strict=True)]
        assert all(
            g in before for g, same in zip(given, kept_back, strict=True) if not same
        )
        assert (before != after).sum() == kept_back.count(False)
        swapped += kept_back.count(False)
    assert 0.4 < swapped / 600 < 0.6
    assert int(pool.count.numpy()) == 4


def test_a_batch_larger_than_the_pool_exchanges_no_more_than_it_holds():
    pool = Pool(2, (1,))
    exchange(pool, 1, 2)
    for number in range(20):
        given = exchange(pool, 3, 4, 5, 6, 7, number=number)
        assert given[2:] == [5, 6, 7]


def test_replicas_hold_one_pool_of_the_global_batch(mirrored):
    """They keep and give the samples that one device keeps and gives."""
    values = np.arange(32, dtype="float32").reshape(8, 4, 1)
    alone = Pool(4, (1,))
    expected = [alone.exchange(v, seed(i)).numpy() for i, v in enumerate(values)]
    with mirrored.scope():
        shared = Pool(4, (1,))

    @tf.function
    def step(value, number):
        def replica():
            local = distribute.own_share(value, 2)
            return shared.exchange(local, tf.stack([3, number]))

        return tf.concat(mirrored.experimental_local_results(mirrored.run(replica)), 0)

    for i, value in enumerate(values):
        np.testing.assert_array_equal(step(tf.constant(value), i), expected[i])
    for copy in mirrored.experimental_local_results(shared.kept.value):
        np.testing.assert_array_equal(copy, alone.kept.numpy())


def test_a_pool_of_nothing_is_refused():
    with pytest.raises(ValueError, match="from 1. Received: 0"):
        Pool(0, (1,))
