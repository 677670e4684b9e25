"""BatchSpec: the layout of a model's batches, declared once by the model."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import keras
import numpy as np
import tensorflow as tf

from ganzoo.data.dataset import check_finite
from ganzoo.data.pixels import as_pixels
from ganzoo.data.tables import Table

ROUNDING = 1e-6
"""By how much floats may leave the range: scaling in float32 rounds."""
DARK = 16
"""Whole numbers of many images are no pixels up to here: digits of scikit-learn."""
UNKNOWN_LABEL = (
    "A label that is missing is -1 for sgan; for others, leave its sample out. "
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Values under a key of a batch.

    This base class is for keys that no spec names; their values stay as they are.

    Attributes:
        unless: another key that can replace this one in a batch.
        origin: key from which the pipeline makes this one, if arrays lack it.
    """

    unless: str = ""
    origin: str = ""

    @property
    def note(self) -> str:
        """Note on the origin of the values, for messages."""
        return f" (made of {self.origin!r} where arrays are given)" * bool(self.origin)

    def check_dtype(self, key: str, array: np.ndarray) -> None:
        """Refuses a dtype that cannot be converted."""

    def check_shape(self, key: str, array: np.ndarray) -> None:
        """Refuses a shape other than the entry's."""

    def check_values(self, key: str, array: np.ndarray) -> None:
        """Refuses values that are not allowed; the array is not empty."""
        check_finite(array, where=repr(key))

    def whole(self, key: str, array: np.ndarray) -> np.ndarray:
        """Returns an array of all samples as its batches should be, before checks."""
        return array

    def learned(self, array: np.ndarray) -> "Entry":
        """Returns the entry with what the values of a whole data set declare."""
        return self

    def named(self, names: tuple[str, ...]) -> "Entry":
        """Returns the entry with the class names that a data set declares."""
        return self

    def of_columns(self, names: tuple[str, ...], array: np.ndarray) -> np.ndarray:
        """Returns the values of a frame (N, k), whose columns may name classes."""
        return array

    def needs_all(self, received: tf.DType) -> bool:
        """Tells if values of this dtype can be read only when all have been seen."""
        return False

    def check_scale(self, key: str, array: np.ndarray) -> None:
        """Refuses values in another scale, which only many samples together show."""

    def warn_of_absent(self, array: np.ndarray) -> None:
        """Warns of values that the entry allows, and no sample of a training has."""

    def convert(self, key: str, array: np.ndarray) -> np.ndarray:
        """Converts a checked array to the dtype of batches."""
        return array

    def checked(self, key: str, array: np.ndarray) -> np.ndarray:
        """Checks an array, and returns it converted."""
        self.check_dtype(key, array)
        self.check_shape(key, array)
        if array.size:
            self.check_values(key, array)
        return self.convert(key, array)

    def static_shape(self, received):
        """The static shape of batches, from the shape that was received."""
        return received if self.shape is None else tf.TensorShape((None, *self.shape))

    def tensor(self, value, dtype: str) -> tf.Tensor:
        """Converts values to a tensor for the networks, floats in `dtype`."""
        value = tf.convert_to_tensor(value)
        return tf.cast(value, dtype) if value.dtype.is_floating else value


@dataclass(frozen=True)
class Samples(Entry):
    """Samples, uint8 in 0..255 or floats in the model's range.

    Attributes:
        shape: shape of one sample; None for any.
        value_range: (low, high) of floats; None for any.
        option: option of `build` that decides the shape.
    """

    shape: tuple[int, ...] | None
    value_range: tuple[float, float] | None
    option: str = "image_shape"

    def described(self, key):
        shape = f" of shape {tuple(self.shape)}" if self.shape else ""
        form = f": fit({{{key!r}: ..., 'real': ...}})" if key != "real" else ""
        return f"samples {key!r}{shape}{self.note}{form}"

    def dtype(self, received):
        pixels = self.value_range is not None and np.dtype(received).kind in "biu"
        return np.uint8 if pixels or received == np.uint8 else keras.config.floatx()

    def check_dtype(self, key, array):
        if array.dtype.kind not in "biuf":
            raise ValueError(
                f"Unfit dtype of {key!r}; allowed: whole numbers in 0..255, or float "
                f"(x.astype('float32')). Received: {array.dtype}."
            )

    def check_shape(self, key, array):
        if self.shape is None or array.shape[1:] == tuple(self.shape):
            return
        shape, needed = array.shape, tuple(self.shape)
        if shape in (needed, needed[:-1]):
            raise ValueError(
                f"Samples {key!r} come many at once, along a first axis: "
                f"data.batch(64), x[None]. Received one: {shape}."
            )
        remedy = f"build it with {self.option}={shape[1:]}, or reshape them"
        if (*shape[1:], 1) == needed:
            remedy = "add the axis of the channel, x[..., None]"
        elif len(shape) == 4 and (*shape[2:], shape[1]) == needed:
            remedy = "they have their channels first: np.moveaxis(x, 1, -1)"
        elif math.prod(shape[1:]) == math.prod(needed) and len(shape) == 2:
            remedy = f"reshape the rows, x.reshape(-1, {', '.join(map(str, needed))})"
        elif needed[-1] == 3 and shape[1:] == (*needed[:-1], 4):
            remedy = f"leave out the fourth channel, x[..., :3], or {remedy}"
        raise ValueError(
            f"Samples {key!r} must have the model's shape {needed}: {remedy}. "
            f"Received: {shape[1:]}."
        )

    def checked_few(self, key: str, array: np.ndarray) -> np.ndarray:
        """`checked`, for few samples: warns if they seem to be in another scale."""
        array = self.checked(key, array)
        try:
            self.check_scale(key, array)
        except ValueError as error:
            warnings.warn(str(error), stacklevel=4)
        return array

    def check_values(self, key, array):
        super().check_values(key, array)
        if array.dtype in (np.uint8, bool) or self.value_range is None:
            return
        low, high = array.min(), array.max()
        if array.dtype.kind == "f":
            span, allowed = self.value_range, "the model's value_range"
        else:
            span, allowed = (0, 255), "0..255"
        if low < span[0] - ROUNDING or high > span[1] + ROUNDING:
            of_bytes = span == (-1, 1) and 0 <= low <= high <= 255
            formula = ", x / 127.5 - 1," if of_bytes else ""
            raise ValueError(
                f"Values of {key!r} lie outside {allowed}; scale them to "
                f"[{self.value_range[0]:g}, {self.value_range[1]:g}]"
                f"{formula} or pass uint8 in 0..255. "
                f"Received: [{low:.8g}, {high:.8g}]."
            )

    def check_scale(self, key, array):
        if self.value_range is None or not array.size:
            return
        if array.dtype.kind == "f":
            low, high = array.min(), array.max()
            unit = -ROUNDING <= low < high
            centred = abs(low + 0.5) <= ROUNDING and abs(high - 0.5) <= ROUNDING
            if self.value_range == (-1, 1) and (unit or centred):
                ends, scale = ("0, 1", "* 2 - 1") if unit else ("-0.5, 0.5", "* 2")
                raise ValueError(
                    f"Values of {key!r} lie in [{ends}], half of the model's "
                    f"value_range [-1, 1]; scale them, x {scale}, or build the model "
                    f"with value_range=({ends}). Received: [{low:g}, {high:g}]."
                )
        elif array.dtype != bool:
            # The first samples decide, so that most memory maps are not read.
            dark = DARK if array.ndim == 4 and len(array) >= 64 else 1
            high = int(array.max()) if array[:64].max() <= dark else 255
            if 0 < high <= dark:
                raise ValueError(
                    f"Values of {key!r} are 0 to {high}, which are black among 0..255; "
                    f"pass x * {255 // high}{', or bool' * (high == 1)}. "
                    f"Received: {array.dtype}."
                )

    def whole(self, key, array):
        if self.value_range is None:
            return array
        return as_pixels(array, repr(key))

    def convert(self, key, array):
        if array.dtype == bool and self.value_range is not None:
            return array * np.uint8(255)
        return array.astype(self.dtype(array.dtype), copy=False)

    def random(self, count, rng):
        if self.value_range is None:
            return rng.normal(size=(count, *self.shape)).astype("float32")
        return rng.integers(0, 256, (count, *self.shape), "uint8")

    def tensor(self, value, dtype):
        return scaled(value, self.value_range, dtype)


@dataclass(frozen=True)
class Tokens(Entry):
    """A caption of each sample: places in the vocabulary from 1, 0 for no word.

    Attributes:
        length: number of tokens of a caption.
        words: number of words in the vocabulary.
    """

    length: int
    words: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one caption."""
        return (self.length,)

    def described(self, key):
        return (
            f"captions {key!r}, tokens{self.note}: "
            f"fit({{{key!r}: model.tokens(texts), 'real': ...}})"
        )

    def dtype(self, received):
        return np.int32

    def check_dtype(self, key, array):
        if array.dtype.kind not in "iu" or array.ndim != 2:
            raise ValueError(
                f"Unfit captions {key!r}; allowed: tokens, integers of shape (N, T), "
                f"see `model.tokens`. Received: {array.dtype} of shape {array.shape}."
            )

    def check_shape(self, key, array):
        if array.shape[1:] != self.shape:
            raise ValueError(
                f"Captions are rows of {self.length} tokens, as `tokens` makes them. "
                f"Received shape of {key!r}: {array.shape}."
            )

    def check_values(self, key, array):
        if array.min() < 0 or array.max() > self.words:
            raise ValueError(
                f"Tokens {key!r} must be from 0 (no word) to {self.words}, the words "
                f"of the model's vocabulary. Received: {array.min()} to {array.max()}."
            )

    def convert(self, key, array):
        return array.astype(np.int32, copy=False)

    def random(self, count, rng):
        return rng.integers(0, self.words + 1, (count, self.length), "int32")

    def tensor(self, value, dtype):
        return tf.cast(value, tf.int32)


@dataclass(frozen=True)
class BatchSpec:
    """Layout of every batch of a model, which `data.door` checks.

    Attributes:
        entries: entries by key; other keys are allowed, and stay as they are.
        factors: numbers by name; their product must divide the size of a training
            batch.
        table: schema of the rows that samples stand for, if they do.
    """

    entries: Mapping[str, Entry]
    factors: Mapping[str, int] = field(default_factory=dict)
    table: Table | None = None

    def plus(self, **entries: Entry) -> "BatchSpec":
        """Returns the spec with more entries."""
        return replace(self, entries={**self.entries, **entries})

    def without(self, *keys: str) -> "BatchSpec":
        """Returns the spec without some entries."""
        rest = {key: e for key, e in self.entries.items() if key not in keys}
        return replace(self, entries=rest)

    def learned(self, arrays: Mapping[str, np.ndarray]) -> "BatchSpec":
        """Returns the spec with what whole arrays declare, such as classes."""
        learned = {
            key: entry.learned(arrays[key])
            for key, entry in self.entries.items()
            if key in arrays
        }
        return self.plus(**learned)

    def named(self, names: tuple[str, ...]) -> "BatchSpec":
        """Returns the spec with the class names of a data set."""
        return self.plus(**{key: e.named(names) for key, e in self.entries.items()})

    def times(self, **factors: int) -> "BatchSpec":
        """Returns the spec with more factors of the batch size."""
        return replace(self, factors={**self.factors, **factors})

    @property
    def shapes(self) -> dict[str, tuple[int, ...] | None]:
        """Shape of one sample, label or caption, by key."""
        return {key: entry.shape for key, entry in self.entries.items()}

    def entry(self, key: str) -> Entry:
        """The entry of a key."""
        return self.entries.get(key, Entry())

    def check_keys(self, keys, made_of=()) -> None:
        """Refuses a batch that lacks a key.

        Args:
            keys: keys of the batch.
            made_of: keys from which the pipeline makes others.
        """
        for key, entry in self.entries.items():
            if key in keys or entry.unless in keys or entry.origin in made_of:
                continue
            raise ValueError(
                f"Batches of this model need {entry.described(key)}. "
                f"Received the keys: {', '.join(keys)}."
            )

    def check_size(self, size: int) -> None:
        """Refuses a training batch whose size is not divisible by the factors."""
        unit = math.prod(self.factors.values())
        if size % unit:
            below, above = size - size % unit, size + unit - size % unit
            fitting = f"{below} or {above}" if below else above
            raise ValueError(
                f"The global batch must divide by {' x '.join(self.factors)} = {unit}. "
                f"Received a batch of {size}; {fitting} would do."
            )

    def random(self, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Makes random training arrays for every required key."""
        arrays = {}
        for key, entry in self.entries.items():
            if entry.unless not in arrays and not entry.origin:
                arrays[key] = entry.random(count, rng)
        return arrays

    def tensors(self, batch: Mapping, dtype: str) -> dict[str, tf.Tensor]:
        """Converts a batch for the networks: samples in range, whole numbers int32."""
        return {key: self.entry(key).tensor(v, dtype) for key, v in batch.items()}


def scaled(value, value_range, dtype) -> tf.Tensor:
    """Scales uint8 samples to `value_range`; keeps the values of floats."""
    value = tf.convert_to_tensor(value)
    if value.dtype != tf.uint8 or value_range is None:
        return tf.cast(value, dtype)
    low, high = value_range
    return tf.cast(value, dtype) * ((high - low) / 255) + low


def as_array(key: str, values) -> np.ndarray:
    """Returns values as an array of numbers or strings.

    Raises:
        ValueError: values that are neither, or differ in shape.
    """
    try:
        array = np.asanyarray(values)
    except ValueError as error:
        raise ValueError(
            f"Values of {key!r} make no array ({error}). Samples must have one shape: "
            "resize them first."
        ) from error
    if np.ma.is_masked(array):
        raise ValueError(
            f"Values of {key!r} are masked, which networks cannot see: leave these "
            "samples out, or fill them, x.filled(...). "
            f"Received: {np.ma.count_masked(array)} masked of {array.size}."
        )
    if array.dtype.kind == "O":
        kinds = {type(value).__name__ for value in array.reshape(-1)[:1000].tolist()}
        if not kinds <= {"str", "bytes", "int", "bool"}:
            raise ValueError(
                f"Values of {key!r} are Python objects; allowed: arrays of numbers of "
                "one shape (np.stack, x.astype('float32')), strings as labels; batches "
                "come from a data set or a generator, iter(loader). "
                f"{UNKNOWN_LABEL * ('str' in kinds)}"
                f"Received: {', '.join(sorted(kinds))}."
            )
    return array


def as_dict(data) -> dict:
    """Converts an element of a data set to a dict: a dict, x, (x,) or (x, label)."""
    if isinstance(data, Mapping):
        if "real" not in data:
            raise ValueError(
                "A batch needs the key 'real', the samples that D should accept; x "
                "alone and (x, label) need no keys. "
                f"Received the keys: {', '.join(map(str, data))}."
            )
        return dict(data)
    # Keras' generators yield lists too; a longer list holds samples.
    pair = isinstance(data, tuple) or (isinstance(data, list) and len(data) <= 2)
    parts = data if pair else (data,)
    if len(parts) > 2:
        raise ValueError(
            "A batch is x, (x, label) or a dict. "
            f"Received a tuple of {len(parts)} (sample weights are not supported)."
        )
    return dict(zip(("real", "label"), parts, strict=False))
