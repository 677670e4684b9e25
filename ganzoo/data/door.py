"""Door: the one place that checks and converts the data of a model."""

import os
from dataclasses import replace

import numpy as np
import tensorflow as tf

from ganzoo.data.batch_spec import BatchSpec, as_array, as_dict
from ganzoo.data.dataset import Data
from ganzoo.data.label_names import listed
from ganzoo.data.pipeline import stream_of, without_autotune
from ganzoo.data.sources import EMPTY, first_and_all
from ganzoo.data.tables import is_frame
from ganzoo.utils.options import check_whole

ENOUGH = 64  # samples whose values tell their scale


class Door:
    """Checks arrays as a whole, and data sets batch by batch.

    The batches of a data set arrive while TensorFlow runs. It turns the error of a
    refused batch into its own or, with several replicas, takes it for the end of the
    data. As a context manager, a door raises the refusal instead.

    Args:
        spec: batch layout of the model, see `BatchSpec`.
        outer: the door that raises the refusals of this one, by default itself.

    Attributes:
        spec: the layout, with the classes or statistics that the data declared.
        refusal: the error of a refused batch or a source, None if there is none.
    """

    def __init__(self, spec: BatchSpec, outer: "Door | None" = None):
        self.spec = spec
        self.outer = outer or self
        self.refusal = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self.refusal is not None and isinstance(error, tf.errors.OpError):
            raise self.refusal from None

    def refuse(self, error: Exception) -> None:
        """Keeps an error that TensorFlow is about to replace by one of its own."""
        self.outer.refusal = error

    def arrays(self, x, y=None, batch_size=1, jitter=None) -> dict[str, np.ndarray]:
        """Checks the arrays of `fit` and `evaluate`; returns them by batch key.

        Samples of whole numbers become uint8, floats Keras' floatx, and classes int32.

        Args:
            x: samples, a dict of arrays by batch key, (x, y), a `Data`, or a pandas
                frame: of numbers, or of rows of the model's table.
            y: labels, see `data.labels`.
            batch_size: at most the number of samples of the main stream; other streams
                may be shorter, since they are repeated.
            jitter: a `Jitter`, if it cuts images to the model's shape.

        Raises:
            ValueError: invalid data; the message names what is allowed and received.
        """
        check_whole(1, batch_size=batch_size)
        if x is None or isinstance(x, str | os.PathLike):
            raise ValueError(
                "Samples are arrays, batches or a data set; one by its name or path is "
                f"loaded first: ganzoo.data.load_data(...). Received: {x!r}."
            )
        if is_frame(x):
            x = self._of_frame(x)
        if isinstance(x, Data):
            x, y = _with_labels(self._named(x), y), None
        named = as_dict(x if y is None else (x, y))
        if is_frame(named.get("label")):
            named["label"] = self._of_columns(named["label"])
        self.spec.check_keys(named, made_of=named)
        arrays = {
            key: self.spec.entry(key).whole(key, as_array(key, values))
            for key, values in named.items()
        }
        for key, array in arrays.items():
            if not array.ndim:
                raise ValueError(f"{key!r} must hold samples. Received: {array}.")
            self.spec.entry(key).check_dtype(key, array)
        self.spec = self.spec.learned(arrays)
        sizes = {key: len(array) for key, array in arrays.items()}
        for stream in {stream_of(key) for key in sizes}:
            _check_equal({k: n for k, n in sizes.items() if stream_of(k) == stream})
        if sizes["real"] < batch_size:
            raise ValueError(
                "Fewer samples than a batch: at least one full batch is needed, so "
                f"lower batch_size. Received: {sizes['real']} samples, "
                f"batch_size={batch_size}."
            )
        _check_filled(sizes)
        for key, array in (jitter.cut(arrays) if jitter else arrays).items():
            self.spec.entry(key).check_shape(key, array)
        for key, array in arrays.items():
            self.spec.entry(key).check_values(key, array)
            self.spec.entry(key).check_scale(key, array)
        return {k: self.spec.entry(k).convert(k, v) for k, v in arrays.items()}

    def _of_frame(self, frame):
        """The rows of a frame by the model's table; without one, an array of numbers.

        Without one, numbers stay as they are: only `load_data` standardises.
        """
        if self.spec.table:
            return self.spec.table.data(frame)
        others = [n for n in frame if frame[n].dtype.kind not in "biuf"]
        if others:
            raise ValueError(
                "A frame with other columns than numbers is encoded first: "
                "load_data(frame, label_column=...). Received columns without "
                f"numbers: {listed(map(str, others))}."
            )
        return frame

    def _of_columns(self, frame):
        """The labels in a frame, by the names of its columns if it has several."""
        names = tuple(frame)
        if len(names) < 2 or not all(isinstance(name, str) for name in names):
            return frame
        self.spec = self.spec.named(names)
        return self.spec.entry("label").of_columns(names, np.asarray(frame))

    def _named(self, data: Data) -> dict[str, np.ndarray]:
        """The arrays of a set, with classes by name."""
        arrays = dict(data.arrays)
        if self.spec.table not in (None, data.table):
            raise ValueError(
                "This model makes rows of a table of other columns, means or "
                "deviations. Pass the frame itself, or load_data(..., table="
                "ganzoo.data.Table.of(model.table)). "
                f"Received: {data.name!r}."
            )
        self.spec = replace(self.spec, table=data.table)
        if data.class_names:
            self.spec = self.spec.named(data.class_names)
            keys = arrays.keys() & self.spec.entries & {"label", "labeled_label"}
            arrays |= {key: data.named(arrays[key]) for key in keys}
        return arrays

    def full_batches(self, dataset) -> tuple[dict, tf.data.Dataset]:
        """Returns the first batch, and all batches with as many samples.

        A smaller batch repeats its own samples: otherwise, a replica or D step could
        get an empty part, with a mean of NaN. What labels declare is read from the
        whole set first, where it must be.
        """
        with self:
            self._learn(dataset)
            start, dataset = first_and_all(dataset, ENOUGH)
        if not start:
            raise ValueError(EMPTY)
        with self:
            (batch,) = self.dataset(tf.data.Dataset.from_tensors(start[0]))
        for key in batch.keys() & self.spec.entries:
            parts = [np.asarray(as_dict(each)[key]) for each in start]
            alike = [part for part in parts if part.shape[1:] == parts[0].shape[1:]]
            self.spec.entries[key].check_scale(key, np.concatenate(alike))
        return batch, self.dataset(dataset, len(batch["real"]))

    def _learn(self, dataset):
        """Reads what labels declare: all of them at once, or their places."""
        for key, spec in self._specs(dataset).items():
            if not self.spec.entries[key].needs_all(spec.dtype):
                continue
            if dataset.cardinality() < 0:
                raise ValueError(
                    f"Values of {key!r} must be seen as a whole before training, and "
                    "this data set does not tell where it ends. Build the model with "
                    "condition=[name, ...] for classes, or {'name': 'numbers', "
                    "'count': ..., 'mean': [...], 'std': [...], 'low': [...], "
                    "'high': [...]}."
                )
            batches = dataset.map(lambda *batch, key=key: element(batch)[key])
            parts = [*map(np.atleast_1d, batches.as_numpy_iterator())]
            if not parts:
                raise ValueError(EMPTY)
            values = np.concatenate(parts)
            self.spec = self.spec.learned({key: values})

    def dataset(self, dataset: tf.data.Dataset, size=None) -> tf.data.Dataset:
        """Maps a data set to dicts, with each batch checked as arrays are.

        Args:
            dataset: data set of batches x, (x, label), or dicts by batch key.
            size: number of samples for each batch, see `full_batches`; None keeps the
                batches' sizes.

        Raises:
            ValueError: missing keys, or values other than dense tensors.
        """
        specs = self._specs(dataset)
        keys = list(specs)
        entries = {key: self.spec.entries[key] for key in keys}
        dtypes = [entries[key].dtype(specs[key].dtype.as_numpy_dtype) for key in keys]

        def check(*values):
            try:
                return self._checked(dict(zip(keys, values, strict=True)), size)
            except ValueError as error:
                self.refuse(error)
                raise

        def admit(*parts):
            batch = element(parts)
            values = tf.numpy_function(check, [batch[key] for key in keys], dtypes)
            for key, value in zip(keys, values, strict=True):
                value.set_shape(entries[key].static_shape(specs[key].shape))
                batch[key] = value
            if size is None:
                return batch
            rows = tf.range(size) % tf.shape(batch["real"])[0]
            return {key: tf.gather(value, rows) for key, value in batch.items()}

        return without_autotune(dataset.map(admit))

    def _specs(self, dataset):
        """The `tf.TensorSpec` of each key that the model takes."""
        specs = as_dict(dataset.element_spec)
        self.spec.check_keys(specs)
        specs = {k: spec for k, spec in specs.items() if k in self.spec.entries}
        _check_dense(specs)
        return specs

    def _checked(self, batch, size):
        """Checks the arrays of one batch; returns them in the order of its keys."""
        arrays = {
            key: self.spec.entries[key].checked(key, array)
            for key, array in batch.items()
        }
        sizes = {key: len(array) for key, array in arrays.items()}
        _check_equal(sizes)
        _check_filled(sizes)
        if size is not None and sizes["real"] > size:
            raise ValueError(
                f"The first batch had {size} samples; later ones may have fewer, not "
                f"more. Received: {sizes['real']}."
            )
        return list(arrays.values())


def _with_labels(arrays, y):
    if y is not None and "label" in arrays:
        raise ValueError("The labels are a part of these data: leave out y.")
    return arrays if y is None else {**arrays, "label": y}


def element(parts) -> dict:
    """The dict of an element, from the arguments of a function of `Dataset.map`."""
    return as_dict(parts[0] if len(parts) == 1 else parts)


def _check_equal(sizes):
    if len(set(sizes.values())) > 1:
        raise ValueError(
            "Arrays of different lengths; all must have one entry a sample. "
            f"Received: {sizes}."
        )


def _check_filled(sizes):
    empty = [key for key, n in sizes.items() if not n]
    if empty:
        raise ValueError(f"Every array needs a sample. Received none of: {empty}.")


def _check_dense(specs):
    for key, spec in specs.items():
        if not isinstance(spec, tf.TensorSpec):
            raise ValueError(
                f"Values of {key!r} must be dense tensors. "
                f"Received: {type(spec).__name__}."
            )
