"""Labels: the conditions that a data set declares: a class, tags or numbers."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from ganzoo.data import label_names
from ganzoo.data.batch_spec import UNKNOWN_LABEL, Entry, as_array
from ganzoo.data.dataset import Data
from ganzoo.data.label_names import UNLABELLED, is_whole, listed, nearest, places
from ganzoo.utils.options import check_whole, from_spec


@dataclass(frozen=True)
class Condition(Entry):
    """Labels of samples: the base of `Labels`, `Tags` and `Numbers`.

    A subclass has the `shape` of one label, `allowed`, which names the allowed labels
    in messages, `input`, which describes the network's input in words, and `rows`, the
    rows of a picture.
    """

    @property
    def spec(self) -> dict:
        """The table from which `get` makes the condition."""
        raise NotImplementedError

    @property
    def settled(self) -> "Condition":
        """The condition once a model is trained: its classes keep their names."""
        return self

    def read(self, label) -> np.ndarray:
        """Reads a label, or several, in a form that `sample` takes."""
        return as_array("label", label)

    def expand(self, label, n: int) -> np.ndarray:
        """Returns n labels, as batches hold them.

        Args:
            label: one label for all samples, or n of them; None for `examples`.
            n: number of samples.

        Raises:
            ValueError: a label that the model does not know, with the nearest one.
        """
        if label is None or not n:
            return self.examples(n)
        array = self.read(label)
        if array.shape not in (self.shape, (n, *self.shape)):
            raise ValueError(
                f"`label` must be one label, or {n} of them: {self.allowed}. "
                f"Received: {label!r}."
            )
        return self.checked("label", np.broadcast_to(array, (n, *self.shape)))


@dataclass(frozen=True)
class Labels(Condition):
    """A class of each sample; batches hold its place among the classes.

    A label is the name of a class. A whole number is a name where all names are whole
    numbers, else a place. Rows of one-hot codes are places.

    Attributes:
        count: number of classes.
        lowest: lowest place; -1 if samples may be unlabelled.
        names: name of each class; () until a data set declares them.
    """

    count: int
    lowest: int = 0
    names: tuple[str, ...] = ()
    shape = ()

    @property
    def spec(self) -> dict:
        known = {"names": list(self.names)} if self.names else {"count": self.count}
        return {"name": "classes", **known}

    @property
    def allowed(self) -> str:
        unlabelled = ", -1 for unlabelled" if self.lowest < 0 else ""
        if self._by_place:
            return f"from 0 to {self.count - 1}{unlabelled}"
        return f"one of {listed(self.names)}{unlabelled}"

    @property
    def rows(self) -> int:
        return self.count

    @property
    def input(self) -> str:
        return f"label (n,) int32 below {self.count}"

    @property
    def settled(self):
        return replace(self, names=self.names or places(self.count))

    @property
    def _by_place(self):
        return self.names in ((), places(self.count))

    @cached_property
    def _known(self):
        """The place of each label that is allowed."""
        names = self.names or places(self.count)
        known = {name: place for place, name in enumerate(names)}
        if not all(map(is_whole, names)):
            known = {str(place): place for place in range(self.count)} | known
        return {UNLABELLED: -1, **known} if self.lowest < 0 else known

    def described(self, key):
        allowed = self.allowed.removeprefix("from ")
        return f"a label of each sample ({allowed}), {key!r}: fit(x, y)"

    def dtype(self, received):
        return np.int32

    def needs_all(self, received):
        return received == tf.string and not self.names

    def check_dtype(self, key, array):
        column = array.shape in ((array.size,), (array.size, 1))
        if column and array.dtype.kind in "iubUSO" or self._is_one_hot(array):
            return
        hint = ""
        if array.dtype.kind == "f" and np.isnan(array).any():
            hint = UNKNOWN_LABEL
        elif array.dtype.kind == "f":
            hint = "Numbers need condition='numbers', classes y.astype('int32'). "
        elif not column and label_names.is_binary(array):
            hint = "Several classes at once need the condition 'tags'. "
        raise ValueError(
            f"Unfit labels {key!r}; allowed: whole numbers or strings of shape (N,) or "
            f"(N, 1), or one-hot codes (N, {self.count}). {hint}"
            f"Received: {array.dtype} of shape {array.shape}."
        )

    def check_values(self, key, array):
        """Does nothing: `convert` refuses labels that are not known."""

    def convert(self, key, array):
        if self._is_one_hot(array):
            return array.argmax(axis=1).astype(np.int32)
        labels = label_names.plain(array, repr(key))
        values, rows = np.unique(labels, return_inverse=True)
        indices = [self._place(key, str(value)) for value in values.tolist()]
        return np.array(indices, np.int32)[rows.reshape(-1)]

    def learned(self, array):
        if self.names or not array.size:
            return self
        names = places(self.count)
        if not self._is_one_hot(array):
            received = set(label_names.distinct(label_names.plain(array, "'label'")))
            alone = received == {UNLABELLED}  # then it names no class
            received -= {UNLABELLED} if self.lowest < 0 or alone else set()
            if not received.issubset(names):
                names = label_names.in_order(received)
        return self.named(names)

    def named(self, names):
        if self.names:
            return self
        if len(names) != self.count:
            raise ValueError(
                f"Labels 'label' must be {self.allowed}. Received: {listed(names)}; "
                f"for these {len(names)} classes, build it with "
                f"num_classes={len(names)}."
            )
        return replace(self, names=names)

    def of_columns(self, names, array):
        one_hot = label_names.is_one_hot(array)
        return np.array(names)[array.argmax(axis=1)] if one_hot else array

    def random(self, count, rng):
        return rng.integers(0, self.count, count, "int32")

    def tensor(self, value, dtype):
        return tf.cast(value, tf.int32)

    def code(self, label):
        """The one-hot code of a network's input; -1 gives zeros."""
        return ops.one_hot(label, self.count, dtype=keras.config.floatx())

    def examples(self, n: int) -> np.ndarray:
        """The classes in turn."""
        return np.arange(n, dtype="int32") % self.count

    def warn_of_absent(self, array):
        shown = {*np.unique(array).tolist()} - {-1}
        names = enumerate(self.names or places(self.count))
        absent = [name for place, name in names if place not in shown]
        if absent and shown:
            warnings.warn(
                f"Classes without a sample, which G does not learn: {listed(absent)}. "
                f"Build it with num_classes={len(shown)}, or do not ask for them.",
                stacklevel=3,
            )

    def _is_one_hot(self, array):
        return array.shape[1:] == (self.count,) and label_names.is_one_hot(array)

    def _place(self, key, label):
        if label in self._known:
            return self._known[label]
        more = " Classes of other names need condition=[name, ...]." * self._by_place
        hint = f"{nearest(label, self.names or self._known)}{more}"
        if label == UNLABELLED:
            hint = " It means no label: leave these samples out, or train an sgan."
        raise ValueError(
            f"Labels {key!r} must be {self.allowed}. Received: {label}.{hint}"
        )


@dataclass(frozen=True)
class Vector(Condition):
    """A vector of numbers of each sample: the base of `Tags` and `Numbers`.

    Attributes:
        count: length of the vector.
    """

    count: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.count,)

    @property
    def rows(self) -> int:
        return self.count

    def described(self, key):
        return f"the labels {key!r} (N, {self.count}) of samples: fit(x, y)"

    def dtype(self, received):
        return keras.config.floatx()

    def check_dtype(self, key, array):
        column = self.count == 1 and array.ndim == 1
        if array.dtype.kind in "biuf" and (column or array.shape[1:] == self.shape):
            return
        raise ValueError(
            f"Unfit labels {key!r}; allowed: {self.allowed}, of shape "
            f"(N, {self.count}). Received: {array.dtype} of shape {array.shape}."
        )

    def convert(self, key, array):
        return array.reshape(-1, self.count).astype(keras.config.floatx())

    def code(self, label):
        """The code of a network's input: itself."""
        return label

    def read(self, label):
        array = super().read(label)
        if array.dtype.kind == "U":
            rows = [self._vector(text) for text in array.reshape(-1).tolist()]
            return np.array(rows).reshape(*array.shape, self.count)
        return array[..., np.newaxis] if self.count == 1 and array.ndim < 2 else array

    def _vector(self, text):
        """Reads the vector of one label from its text."""
        raise NotImplementedError


@dataclass(frozen=True)
class Tags(Vector):
    """Several classes at once of each sample: 1 for each of its tags, else 0.

    Attributes:
        names: name of each tag; () for their places.
    """

    names: tuple[str, ...] = ()

    @property
    def spec(self) -> dict:
        return {"name": "tags", "names": list(self.names or places(self.count))}

    @property
    def allowed(self) -> str:
        names = listed(self.names or places(self.count))
        return f"0 or 1 for each of {names}, or their names joined by commas"

    @property
    def input(self) -> str:
        return f"label (n, {self.count}) of 0 and 1"

    def check_values(self, key, array):
        if not label_names.is_binary(array):
            raise ValueError(
                f"Labels {key!r} must be {self.allowed}. "
                f"Received: {array.min()} to {array.max()}."
            )

    def named(self, names):
        if self.names not in ((), names) or len(names) != self.count:
            raise ValueError(
                f"The tags must be {listed(self.names or places(self.count))}, in this "
                f"order. Received: {listed(names)}."
            )
        return replace(self, names=names)

    def random(self, count, rng):
        return rng.integers(0, 2, (count, self.count)).astype(keras.config.floatx())

    def tensor(self, value, dtype):
        return tf.cast(value, dtype)

    def examples(self, n: int) -> np.ndarray:
        """Each tag alone, in turn."""
        return np.eye(self.count, dtype=keras.config.floatx())[
            np.arange(n) % self.count
        ]

    def _vector(self, text):
        names = self.names or places(self.count)
        tags = [tag for tag in map(str.strip, text.split(",")) if tag]
        marks = {"0", "1"}
        if len(tags) == self.count and set(tags) <= marks and not marks & {*names}:
            return [float(tag) for tag in tags]
        for tag in tags:
            if tag not in names:
                raise ValueError(
                    f"Labels 'label' must be {self.allowed}. Received: {tag}."
                    f"{nearest(tag, names)}"
                )
        return [float(name in tags) for name in names]


NUMBERS = ("mean", "std", "low", "high")  # statistics of each column


@dataclass(frozen=True)
class Numbers(Vector):
    """Numbers of each sample, which the networks see standardised.

    This is conditioning on continuous labels as in Ding et al. 2021 (CcGAN, arXiv
    2011.07466), without the vicinal losses of that paper.

    Attributes:
        mean: mean of each column; like the others, () until a data set declares it.
        std: standard deviation of each column, 1 for a constant one.
        low: lowest number of each column.
        high: highest number of each column.
    """

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    rows = 8

    @property
    def spec(self) -> dict:
        names = NUMBERS if self.mean else ()
        known = {name: list(getattr(self, name)) for name in names}
        return {"name": "numbers", "count": self.count, **known}

    @property
    def allowed(self) -> str:
        return "a number" if self.count == 1 else f"{self.count} numbers"

    @property
    def input(self) -> str:
        words = f"label (n, {self.count})"
        if self.mean:
            words += f" as (label - {list(self.mean)}) / {list(self.std)}"
        return words

    def needs_all(self, received):
        return not self.mean

    def learned(self, array):
        return self if self.mean or not array.size else statistics(array)

    def random(self, count, rng):
        return rng.normal(size=(count, self.count)).astype(keras.config.floatx())

    def tensor(self, value, dtype):
        value = tf.cast(value, dtype)
        return (value - self.mean) / self.std if self.mean else value

    def examples(self, n: int) -> np.ndarray:
        """Vectors from the lowest to the highest numbers of the data, evenly spread."""
        low, high = (self.low, self.high) if self.mean else (-1.0, 1.0)
        rows = np.linspace(low, high, n).reshape(n, -1)
        return np.broadcast_to(rows, (n, self.count)).astype(keras.config.floatx())

    def expand(self, label, n):
        labels = super().expand(label, n)
        low, high = (np.array(v, labels.dtype) for v in (self.low, self.high))
        outside = (labels < low) | (labels > high) if self.mean else np.zeros((n, 1))
        if outside.any():
            first = outside.any(axis=1).argmax()
            places = np.flatnonzero(outside[first])
            among = f" at {places.tolist()}" * (self.count > 1)
            label, low, high = (
                [float(f"{x:.6g}") for x in v[places]]
                for v in (labels[first], low, high)
            )
            warnings.warn(
                f"The label {label}{among} lies outside of those in training, "
                f"{low} to {high}.",
                stacklevel=4,
            )
        return labels

    def _vector(self, text):
        try:
            row = [float(number) for number in text.split(",")]
        except ValueError:
            row = []
        if len(row) != self.count:
            raise ValueError(
                f"Labels 'label' must be {self.allowed}"
                f"{', joined by commas' * (self.count > 1)}. Received: {text!r}."
            )
        return row


def declared(data: Data) -> Condition | None:
    """Returns the condition of a data set's labels, None if it has none."""
    label = data.arrays.get("label")
    if label is None or not (data.num_classes or label.ndim == 2):
        return None
    if label.ndim == 1:
        return Labels(data.num_classes, names=data.class_names)
    if data.class_names:
        return Tags(len(data.class_names), data.class_names)
    return statistics(label)


def statistics(labels: np.ndarray) -> Numbers:
    """Returns the condition of numbers (N,) or (N, d), with their statistics."""
    rows = labels.reshape(len(labels), -1).astype("float64")
    std = rows.std(axis=0)
    std[std == 0] = 1.0
    columns = rows.mean(axis=0), std, rows.min(axis=0), rows.max(axis=0)
    return Numbers(rows.shape[1], *(tuple(column.tolist()) for column in columns))


def get(spec: int | Sequence | str | Mapping | Condition | None) -> Condition | None:
    """Returns the condition that `spec` describes.

    Args:
        spec: a number of classes; the names of classes; `"numbers"`; or a table:
            {"name": "classes", "names": [...]},
            {"name": "tags", "names": [...]}, {"name": "numbers", "count": 2}. None
            or 0 for none.

    Raises:
        ValueError: an unknown kind or option, no count, or a name twice.
    """
    if not spec or isinstance(spec, Condition):
        return spec or None
    if isinstance(spec, int):
        return _classes(count=spec)
    if isinstance(spec, list | tuple):
        return _classes(names=spec)
    if not isinstance(spec, str | Mapping):
        raise ValueError(
            "A condition is a number of classes, a list of their names, 'numbers', or "
            f"a table. Received: {spec!r}."
        )
    return from_spec("condition", spec, KINDS)


def _classes(names=(), count=None):
    return Labels(_count(names, count), names=tuple(map(str, names)))


def _tags(names=(), count=None):
    return Tags(_count(names, count), tuple(map(str, names)))


def _numbers(count=1, mean=(), std=(), low=(), high=()):
    check_whole(1, count=count)
    columns = [*map(tuple, (mean, std, low, high))]
    if {*map(len, columns)} not in ({0}, {count}):
        raise ValueError(
            "A condition of numbers has none of `mean`, `std`, `low` and `high`, or a "
            f"value of each for every one of its columns (`count`, here {count}). "
            f"Received: {dict(zip(NUMBERS, columns, strict=True))}."
        )
    return Numbers(count, *columns)


def _count(names, count):
    count = count or len(names)
    if not count or len(set(map(str, names))) not in (0, count):
        raise ValueError(
            "A condition of classes or tags needs a `count`, or distinct `names`. "
            f"Received: count={count}, names={list(names)}."
        )
    check_whole(1, count=count)
    return count


KINDS = {"classes": _classes, "tags": _tags, "numbers": _numbers}
