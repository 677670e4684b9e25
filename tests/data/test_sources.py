"""Data sets, generators and PyDatasets: each is started as often as it may be."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.data import BatchSpec, Door
from ganzoo.data.batch_spec import Samples
from ganzoo.data.labels import Labels
from ganzoo.data.sources import as_dataset, first_and_all

X, Y = np.arange(12, dtype="uint8").reshape(6, 2), np.arange(6)
BATCHES = [(X[i : i + 2], Y[i : i + 2]) for i in (0, 2, 4)]
SPEC = BatchSpec({"real": Samples((2,), (-1.0, 1.0)), "label": Labels(6)})


class Pairs(keras.utils.PyDataset):
    """The batches, a number of which is known or not."""

    def __init__(self, length):
        super().__init__()
        self.length = length
        self.ends = 0

    @property
    def num_batches(self):
        return self.length

    def __getitem__(self, index):
        return BATCHES[index % 3]

    def on_epoch_end(self):
        self.ends += 1


def labels_of(dataset):
    return [batch["label"].tolist() for batch in dataset.as_numpy_iterator()]


def test_arrays_are_no_source():
    assert as_dataset(X) is None
    assert as_dataset((X, Y)) is None
    data = tf.data.Dataset.from_tensors(X)
    assert as_dataset(data) is data


def test_a_generator_serves_for_one_pass():
    data = as_dataset(iter(BATCHES), steps_per_epoch=3)
    assert data.element_spec["real"] == tf.TensorSpec((None, 2), tf.uint8)
    first, whole = Door(SPEC).full_batches(data)
    assert first["label"].numpy().tolist() == [0, 1]
    assert labels_of(whole) == [[0, 1], [2, 3], [4, 5]]


def test_a_py_dataset_serves_for_every_epoch():
    pairs = Pairs(3)
    data = as_dataset(pairs, steps_per_epoch=None)
    assert data.cardinality() == 3
    _, whole = Door(SPEC).full_batches(data)
    for _ in range(2):
        assert labels_of(whole) == [[0, 1], [2, 3], [4, 5]]
    assert pairs.ends == 2


@pytest.mark.parametrize(
    "endless",
    [iter(BATCHES), Pairs(None), tf.data.Dataset.from_tensors((X, Y)).repeat()],
)
def test_batches_without_an_end_need_a_number(endless):
    with pytest.raises(ValueError, match="need steps_per_epoch=.*Received none"):
        as_dataset(endless, steps_per_epoch=None)
    assert as_dataset(endless, steps_per_epoch=2) is not None


@pytest.mark.parametrize("source", [iter(BATCHES), Pairs(3)])
def test_labels_next_to_a_source_are_refused(source):
    with pytest.raises(ValueError, match=r"part of the batches, \(x, y\)"):
        as_dataset(source, Y, steps_per_epoch=3)


@pytest.mark.parametrize("empty", [iter([]), Pairs(0)])
def test_an_empty_source_is_refused(empty):
    with pytest.raises(ValueError, match="empty"):
        as_dataset(empty, steps_per_epoch=3)


def test_a_source_of_objects_is_refused():
    with pytest.raises(ValueError, match="'real' are Python objects.*NoneType"):
        as_dataset(iter([np.array([None])]), steps_per_epoch=1)


@pytest.mark.parametrize("known", [True, False])
def test_a_data_set_of_unknown_length_is_started_once_a_pass(known):
    starts = []

    def batches():
        starts.append(1)
        yield from BATCHES

    data = tf.data.Dataset.from_generator(batches, output_types=(tf.uint8, tf.int64))
    if known:
        data = data.apply(tf.data.experimental.assert_cardinality(3))
    _, whole = first_and_all(data)
    for _ in range(2):
        assert [y.tolist() for _, y in whole.as_numpy_iterator()] == [
            [0, 1],
            [2, 3],
            [4, 5],
        ]
    assert len(starts) == (3 if known else 2)


def test_an_iterator_behind_a_data_set_loses_no_batch():
    once = iter(BATCHES)
    data = tf.data.Dataset.from_generator(
        lambda: once, output_types=(tf.uint8, tf.uint8)
    )
    _, whole = Door(SPEC).full_batches(data)
    assert labels_of(whole) == [[0, 1], [2, 3], [4, 5]]


# --- what TensorFlow would replace by an error of its own, or cast ------------------


def taken(*batches):
    """The labels that the door lets in of a generator."""
    with Door(SPEC) as door:
        data = as_dataset(iter(batches), failed=door.refuse, steps_per_epoch=9)
        return labels_of(door.full_batches(data)[1])


FLOATS = np.full((2, 2), 0.5, "float32")


@pytest.mark.parametrize(
    "later, received",
    [
        ((FLOATS, Y[:2]), r"real uint8 \(None, 2\).*Received: real float32 \(2, 2\)"),
        ((X[:2], Y[:2] / 1), "label float64"),
        ((X[:2, :1], Y[:2]), r"Received: real uint8 \(2, 1\)"),
        (X[:2], r"Received: real uint8 \(2, 2\)\."),
    ],
)
def test_a_later_batch_of_another_form_is_refused(later, received):
    with pytest.raises(ValueError, match=f"of the first one.*{received}"):
        taken(BATCHES[0], later)


def test_a_later_batch_may_be_of_another_precision_or_shorter():
    later = (X[2:3].astype("uint8"), Y[2:3].astype("uint8"))
    assert taken(BATCHES[0], later) == [[0, 1], [2, 2]]


def test_samples_one_by_one_are_told_to_come_many_at_once():
    with pytest.raises(ValueError, match=r"many at once.*Received one: \(2,\)"):
        taken((X[0], Y[0]), (X[1], Y[1]))


class Broken(Pairs):
    """Batches whose second one is an error of the user's own."""

    def __getitem__(self, index):
        return {0: BATCHES[0]}[index]


@pytest.mark.parametrize("steps", [None, 2])
def test_an_error_of_a_source_is_raised_as_it_is(steps):
    with pytest.raises(KeyError, match="1"), Door(SPEC) as door:
        data = as_dataset(Broken(2), failed=door.refuse, steps_per_epoch=steps)
        list(door.full_batches(data)[1])
