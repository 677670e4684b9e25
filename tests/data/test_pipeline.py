import itertools

import numpy as np
import pytest
import tensorflow as tf

from ganzoo.data import batches, pipeline


def take(arrays, count, batch_size=4, seed=1, start=0):
    stream = batches(arrays, batch_size, seed=seed, start=start)
    return list(itertools.islice(stream.as_numpy_iterator(), count))


def numbers(n):
    return {"real": np.arange(n, dtype=np.float32)[:, None]}


def column(elements, key="real"):
    return np.concatenate([element[key].reshape(-1) for element in elements])


def test_batches_are_dicts_of_static_shape():
    arrays = {"real": np.zeros((10, 2, 2, 1), np.uint8), "label": np.arange(10)}
    stream = batches(arrays, 4, seed=0)
    assert stream.element_spec == {
        "real": tf.TensorSpec((4, 2, 2, 1), tf.uint8),
        "label": tf.TensorSpec((4,), tf.int64),
    }
    assert stream.cardinality() == tf.data.INFINITE_CARDINALITY


def test_every_epoch_is_a_new_permutation():
    stream = column(take(numbers(10), 15)).astype(int)  # six epochs of 10
    epochs = stream.reshape(6, 10)
    assert np.sort(epochs).tolist() == [list(range(10))] * 6
    assert len({tuple(epoch) for epoch in epochs}) == 6


def test_the_order_is_index_shuffle_of_the_stream_position():
    got = column(take(numbers(10), 5, seed=7)).astype(int)
    expected = [
        int(tf.random.experimental.index_shuffle(i % 10, [7, i // 10], 9))
        for i in range(20)
    ]
    assert got.tolist() == expected


@pytest.mark.parametrize("start", [1, 2, 7, 10**12])
def test_resuming_continues_the_same_stream(start):
    first = take(numbers(10), 5, start=start)
    np.testing.assert_array_equal(
        column(first[2:]), column(take(numbers(10), 3, start=start + 2))
    )


def test_a_resumed_stream_equals_the_whole_one():
    whole = take(numbers(10), 9)
    np.testing.assert_array_equal(
        column(whole[6:]), column(take(numbers(10), 3, start=6))
    )


def test_the_seed_decides_the_order():
    a, again, b = (column(take(numbers(50), 5, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, again)
    assert not np.array_equal(a, b)


def test_arrays_stay_aligned():
    arrays = {**numbers(10), "label": np.arange(10, dtype=np.int32)}
    for element in take(arrays, 6):
        np.testing.assert_array_equal(element["real"][:, 0], element["label"])


def test_the_labelled_stream_has_its_own_length_and_order():
    arrays = {
        **numbers(6),
        "labeled": np.arange(6, dtype=np.float32)[:, None],
        "labeled_label": np.arange(6, dtype=np.int32),
    }
    elements = take(arrays, 6)
    np.testing.assert_array_equal(
        column(elements, "labeled"), column(elements, "labeled_label")
    )
    assert not np.array_equal(column(elements), column(elements, "labeled"))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_labelled_set_smaller_than_a_batch_is_repeated_evenly(n):
    arrays = {
        **numbers(10),
        "labeled": np.arange(n, dtype=np.float32)[:, None],
        "labeled_label": np.arange(n, dtype=np.int32),
    }
    stream = column(take(arrays, 3, batch_size=8), "labeled_label")
    epochs = stream[: 24 // n * n].reshape(-1, n)
    assert np.sort(epochs).tolist() == [list(range(n))] * (24 // n)


def test_a_memory_map_gives_the_same_batches(tmp_path):
    real = np.random.default_rng(0).integers(0, 255, (10, 3, 3, 1), np.uint8)
    np.save(tmp_path / "x.npy", real)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    stream = batches({"real": mapped}, 4, seed=1)
    assert stream.element_spec["real"] == tf.TensorSpec((4, 3, 3, 1), tf.uint8)
    np.testing.assert_array_equal(
        column(take({"real": mapped}, 6)), column(take({"real": real}, 6))
    )


def test_options():
    options = batches(numbers(4), 2, seed=0).options()
    assert options.autotune.enabled is False
    assert options.deterministic is True
    policy = options.experimental_distribute.auto_shard_policy
    assert policy == tf.data.experimental.AutoShardPolicy.DATA


def test_a_pass_over_a_memory_map_reads_its_rows_alone(tmp_path, monkeypatch):
    array = np.random.default_rng(0).integers(0, 256, (10, 3), "uint8")
    np.save(tmp_path / "x.npy", array)
    arrays = {"real": np.load(tmp_path / "x.npy", mmap_mode="r"), "label": np.arange(4)}
    monkeypatch.setattr(tf.data.Dataset, "from_tensor_slices", None)
    batches = list(pipeline.finite(arrays, 4).as_numpy_iterator())
    assert [len(batch["real"]) for batch in batches] == [4, 4, 2]
    whole = {k: np.concatenate([b[k] for b in batches]) for k in arrays}
    np.testing.assert_array_equal(whole["real"], array)
    np.testing.assert_array_equal(whole["label"], np.arange(10) % 4)
