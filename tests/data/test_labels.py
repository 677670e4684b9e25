"""Classes by name or place, tags and numbers: what is read, learned and refused."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo.data import Data, Door, labels
from ganzoo.data.batch_spec import BatchSpec, Samples
from ganzoo.data.labels import Labels, Numbers, Tags

PETS = Labels(3, names=("cat", "dog", "emu"))
CODES = Labels(2, names=("3", "900"))
TAGS = Tags(3, ("red", "round", "soft"))
NUMBERS = labels.statistics(np.array([[0.0, 10.0], [2.0, 10.0], [4.0, 10.0]]))


def through(entry, y):
    """The labels that the door lets in of arrays, and the entry that it learned."""
    door = Door(BatchSpec({"real": Samples((2,), None), "label": entry}))
    label = door.arrays({"real": np.zeros((len(y), 2), "float32"), "label": y})["label"]
    return label, door.spec.entries["label"]


# --- classes ------------------------------------------------------------------------

SAME = [0, 2, 1, 0]
ALIKE = {
    **{dtype: np.array(SAME, dtype) for dtype in ("uint8", "int8", "uint16", "int64")},
    "column": np.array(SAME)[:, None],
    "one-hot floats": np.eye(3)[SAME],
    "one-hot bool": np.eye(3, dtype=bool)[SAME],
    "from 1": np.array(SAME) + 1,
    "negative": np.array(SAME) - 1,
    "far apart": np.array([3, 900, 20])[[0, 1, 2, 0]],
    "strings": np.array(["a", "c", "b", "a"]),
    "bytes": np.array([b"a", b"c", b"b", b"a"]),
    "objects": np.array(["a", "c", "b", "a"], object),
    "digits": np.array(["9", "11", "10", "9"]),
    "a list": ["a", "c", "b", "a"],
}


@pytest.mark.parametrize("form", ALIKE)
def test_classes_in_any_form_have_the_same_places(form):
    places, entry = through(Labels(3), ALIKE[form])
    assert places.dtype == np.int32
    assert places.tolist() == SAME
    assert len(entry.names) == 3


def test_pandas_columns_are_labels():
    pandas = pytest.importorskip("pandas")
    for dtype in ("object", "string", "category"):
        column = pandas.Series(["a", "c", "b", "a"], dtype=dtype)
        assert through(Labels(3), column)[0].tolist() == SAME
    assert through(Labels(3), pandas.Series(SAME, dtype="Int64"))[0].tolist() == SAME


@pytest.mark.parametrize(
    "y, names",
    [
        ([1, 0, 1], ("0", "1")),
        ([5, 1, 5], ("1", "5")),
        ([True, False, True], ("0", "1")),
        (["dog", "cat", "dog"], ("cat", "dog")),
        (["10", "9", "9"], ("9", "10")),
    ],
)
def test_distinct_labels_are_the_names(y, names):
    assert through(Labels(2), np.array(y))[1].names == names


def test_labels_in_range_leave_out_classes_without_samples():
    places, entry = through(Labels(4), np.array([0, 3, 3]))
    assert places.tolist() == [0, 3, 3]
    assert entry.names == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    "y, message",
    [
        ([3, 900, 3], "from 0 to 9. Received: 3, 900; for these 2 .*num_classes=2"),
        (["cat", "dog", "dog"], "Received: cat, dog; .*num_classes=2"),
        ([[0, 1], [1, 1], [0, 1]], r"one-hot codes \(N, 10\).*'tags'.*int64"),
        ([0.0, 1.0, 2.5], "condition='numbers'.*float64"),
        ([None, "a", "b"], "Python objects.*missing is -1.*NoneType, str"),
        ([0.0, np.nan, 1.0], "missing is -1 for sgan.*float64"),
        ([b"caf\xe9", b"tea"], r"'label'; texts are in UTF-8. Received: b'caf"),
    ],
)
def test_classes_that_do_not_fit_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        through(Labels(10), np.array(y, object if None in y else None))


@pytest.mark.parametrize(
    "entry, label, places",
    [
        (PETS, "dog", [1, 1]),
        (PETS, ["emu", "cat"], [2, 0]),
        (PETS, 2, [2, 2]),
        (PETS, "2", [2, 2]),
        (CODES, 900, [1, 1]),
        (CODES, [900, 3], [1, 0]),
        (CODES, "3", [0, 0]),
        (Labels(4), [3, 0], [3, 0]),
        (Labels(4), "3", [3, 3]),
        (Labels(4), None, [0, 1]),
    ],
)
def test_a_class_is_asked_for_by_name_or_place(entry, label, places):
    assert entry.expand(label, 2).tolist() == places


@pytest.mark.parametrize(
    "entry, label, message",
    [
        (PETS, "dgo", "one of cat, dog, emu. Received: dgo. The nearest is 'dog'"),
        (PETS, 3, "one of cat, dog, emu. Received: 3.$"),
        (CODES, 899, "one of 3, 900. Received: 899. The nearest is '900'"),
        (CODES, 0, "Received: 0. The nearest is '3'"),
        (Labels(4), 4, "from 0 to 3. Received: 4. The nearest is '3'"),
        (Labels(4), 1.5, "whole numbers or strings"),
        (PETS, ["cat"] * 3, "one label, or 2 of them: one of cat, dog, emu"),
    ],
)
def test_a_class_that_was_never_seen_names_the_nearest(entry, label, message):
    with pytest.raises(ValueError, match=message):
        entry.expand(label, 2)


def test_unlabelled_samples_are_no_class():
    partly = Labels(2, lowest=-1)
    places, entry = through(partly, np.array([-1, 7, 4, -1]))
    assert (places.tolist(), entry.names) == ([-1, 1, 0, -1], ("4", "7"))
    places, entry = through(partly, np.array(["b", "-1", "a"]))
    assert (places.tolist(), entry.names) == ([1, -1, 0], ("a", "b"))


def test_names_that_are_known_are_not_learned_again():
    places, entry = through(PETS, np.array(["emu", "emu"]))
    assert (places.tolist(), entry) == ([2, 2], PETS)
    with pytest.raises(ValueError, match="Received: fox"):
        through(PETS, np.array(["emu", "fox", "cat"]))


# --- tags and numbers ---------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int64", "float64"])
def test_tags_of_any_dtype(dtype):
    y = np.array([[1, 1, 0], [0, 0, 0]], dtype)
    label, _ = through(TAGS, y)
    assert label.dtype == np.float32
    np.testing.assert_array_equal(label, y)


def test_tags_are_asked_for_by_name_or_as_0_and_1():
    assert TAGS.expand("red,soft", 2).tolist() == [[1, 0, 1], [1, 0, 1]]
    assert TAGS.expand("red, soft ", 1).tolist() == [[1, 0, 1]]
    assert TAGS.expand(["round", ""], 2).tolist() == [[0, 1, 0], [0, 0, 0]]
    assert TAGS.expand([0, 1, 1], 2).tolist() == [[0, 1, 1], [0, 1, 1]]
    assert TAGS.expand(None, 4).tolist() == np.eye(3)[[0, 1, 2, 0]].tolist()
    with pytest.raises(ValueError, match="Received: sofd. The nearest is 'soft'"):
        TAGS.expand("red,sofd", 1)
    with pytest.raises(ValueError, match="0 or 1 for each of red, round, soft.*2.0"):
        TAGS.expand([0.0, 2.0, 0.0], 1)
    assert TAGS.expand("1,0,1", 1).tolist() == [[1, 0, 1]]
    with pytest.raises(ValueError, match="Received: 1."):
        TAGS.expand("1,0", 1)
    places = labels.Tags(2)  # whose names are 0 and 1
    assert places.expand("1,0", 1).tolist() == [[1, 1]]


def test_a_missing_label_is_no_class_nearby():
    with pytest.raises(ValueError, match="-1. It means no label: leave .* an sgan.$"):
        labels.Labels(2).convert("label", np.array([0, -1, 1]))
    alone = np.full(3, -1)
    with pytest.raises(ValueError, match="-1. It means no label"):
        labels.Labels(2).learned(alone).convert("label", alone)
    signs = np.array([-1, 1, -1])  # the names of two classes
    assert labels.Labels(2).learned(signs).names == ("-1", "1")


def test_statistics_of_numbers_come_together():
    table = {"name": "numbers", "count": 2, "mean": [1.0, 2.0], "std": [1.0, 1.0]}
    with pytest.raises(ValueError, match="none of `mean`, `std`, `low` and `high`"):
        labels.get(table)
    assert labels.get({**table, "low": [0.0, 0.0], "high": [2.0, 4.0]}).count == 2


def test_numbers_are_standardised_for_the_networks():
    assert NUMBERS.mean == (2.0, 10.0)
    assert NUMBERS.std == (np.sqrt(8 / 3), 1.0)  # a constant column is centred alone
    assert (NUMBERS.low, NUMBERS.high) == ((0.0, 10.0), (4.0, 10.0))
    seen = NUMBERS.tensor(np.array([[4, 10]], "float32"), "float64").numpy()
    np.testing.assert_allclose(seen, [[2 / np.sqrt(8 / 3), 0]], rtol=1e-15)


def test_numbers_are_asked_for_and_evenly_spread_by_default():
    assert NUMBERS.expand(None, 3).tolist() == [[0, 10], [2, 10], [4, 10]]
    assert NUMBERS.expand([1.5, 10], 2).tolist() == [[1.5, 10]] * 2
    assert NUMBERS.expand("1.5,10", 1).tolist() == [[1.5, 10]]
    one = labels.statistics(np.array([0.0, 1.0]))
    assert one.expand(0.25, 2).tolist() == [[0.25], [0.25]]
    assert one.expand(["0.25", "1"], 2).tolist() == [[0.25], [1]]
    with pytest.raises(ValueError, match="2 numbers, joined by commas.*'1.5'"):
        NUMBERS.expand("1.5", 1)
    with pytest.raises(ValueError, match="must be a number. Received: 'x'"):
        one.expand("x", 1)


def test_numbers_outside_of_those_in_training_are_said():
    with pytest.warns(UserWarning, match=r"\[5.0\] at \[0\] lies outside"):
        NUMBERS.expand([[1, 10], [5, 10]], 2)


@pytest.mark.parametrize(
    "entry, y, message",
    [
        (TAGS, [[0, 2, 0]], "0 or 1 for each of red.*Received: 0 to 2"),
        (TAGS, [[0, 1]], r"of shape \(N, 3\).*\(1, 2\)"),
        (NUMBERS, [[0.0, np.nan]], "NaN"),
        (NUMBERS, [["a", "b"]], "2 numbers.*U1"),
        (NUMBERS, [0.5], r"of shape \(N, 2\).*\(1,\)"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(entry, y, message):
    with pytest.raises(ValueError, match=message):
        through(entry, np.array(y))


# --- what describes a condition -----------------------------------------------------


@pytest.mark.parametrize(
    "spec, entry",
    [
        (None, None),
        (0, None),
        (3, Labels(3)),
        (["cat", "dog", "emu"], PETS),
        ([3, 900], CODES),
        ({"name": "classes", "count": 3}, Labels(3)),
        ({"name": "tags", "names": ["red", "round", "soft"]}, TAGS),
        ("numbers", Numbers()),
        ({"name": "numbers", "count": 2}, Numbers(2)),
    ],
)
def test_conditions_by_their_description(spec, entry):
    assert labels.get(spec) == entry


@pytest.mark.parametrize("entry", [Labels(3), PETS, CODES, TAGS, Numbers(2), NUMBERS])
def test_a_condition_is_made_again_from_its_table(entry):
    assert labels.get(entry.spec) == entry


@pytest.mark.parametrize(
    "spec, message",
    [
        ("tags", "needs a `count`, or distinct `names`"),
        (["cat", "cat"], "distinct `names`"),
        ({"name": "classes", "names": ["a"], "count": 2}, "count=2, names=.'a'."),
        (3.0, "number of classes, a list of their names.*Received: 3.0"),
        ({"a", "b"}, "a list of their names"),
        ({"name": "number"}, "Did you mean 'numbers'"),
        ({"name": "numbers", "size": 2}, "option of condition 'numbers' 'size'"),
        ({"name": "numbers", "count": 0}, "`count` must be a whole number from 1"),
    ],
)
def test_unfit_descriptions_are_refused(spec, message):
    with pytest.raises(ValueError, match=message):
        labels.get(spec)


def test_a_data_set_declares_its_condition():
    real = np.zeros((3, 2), "float32")
    places = np.array([2, 0, -1], "int32")
    pets = Data("x", {"real": real, "label": places}, PETS.names)
    assert labels.declared(pets) == PETS
    assert pets.named(places).tolist() == ["emu", "cat", "-1"]
    tags = Data("x", {"real": real, "label": np.zeros((3, 3), "uint8")}, TAGS.names)
    assert labels.declared(tags) == TAGS
    numbers = np.array([[0, 10], [2, 10], [4, 10]], "float32")
    assert labels.declared(Data("x", {"real": real, "label": numbers})) == NUMBERS
    assert labels.declared(Data("x", {"real": real})) is None


def test_a_set_of_another_order_is_read_by_its_names():
    real = np.zeros((3, 2), "float32")
    data = Data("x", {"real": real, "label": np.array([0, 1, 1], "int32")}, ("b", "a"))
    spec = BatchSpec({"real": Samples((2,), None), "label": Labels(2)})
    door = Door(spec)
    assert door.arrays(data)["label"].tolist() == [0, 1, 1]
    assert door.spec.entries["label"].names == ("b", "a")
    known = Door(spec.plus(label=Labels(2, names=("a", "b"))))
    assert known.arrays(data)["label"].tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="Received: b, a; .*num_classes=2"):
        Door(spec.plus(label=Labels(3))).arrays(data)


def test_strings_of_a_data_set_are_read_as_a_whole_first():
    points, names = np.zeros((4, 2), "float32"), ["b", "b", "a", "a"]
    data = tf.data.Dataset.from_tensor_slices((points, names)).batch(2)
    door = Door(BatchSpec({"real": Samples((2,), None), "label": Labels(2)}))
    first, _ = door.full_batches(data)
    assert first["label"].numpy().tolist() == [1, 1]
    endless = Door(BatchSpec({"real": Samples((2,), None), "label": Labels(2)}))
    with pytest.raises(ValueError, match="where it ends.*condition=.name"):
        endless.full_batches(data.repeat())
