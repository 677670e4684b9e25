"""Data: the record that every source returns, valid by construction."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.data.account import Account
from ganzoo.data.label_names import UNLABELLED, listed
from ganzoo.data.symbols import Codec
from ganzoo.utils import html
from ganzoo.utils.options import evenly_spread

if TYPE_CHECKING:
    from ganzoo.data.tables import Table

SHOWN, POINTS = 16, 1000  # samples that a notebook shows; of vectors
NAMED = 20  # classes that a notebook names
_BLOCK = 2**24  # bytes hashed at a time, so that a memory map is never read as a whole


class NoSuchSplit(ValueError):
    """The data set has no split of that name."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Equal-weight Gaussians that points are drawn from: centers (K, d), one std."""

    centers: np.ndarray
    std: float


@dataclass(frozen=True, eq=False)
class Data:
    """A named data set.

    Attributes:
        name: its name in reports.
        arrays: `real` always: uint8 images `(N, H, W, C)` or voxels
            `(N, D, H, W, C)` in 0..255, symbols in one-hot code `(N, L, V)`, 0 and 255;
            or float points `(N, d)`, signals `(N, L, C)`, images or voxels;
            `label` where labelled: int32 `(N,)`, places in `class_names`, -1 for
            "unknown"; or uint8 `(N, k)`, 1 for each of several classes at once; or
            float32 `(N, d)`, numbers; `labeled` and `labeled_label` in the
            semi-supervised case; `source`, the source of each sample in translation,
            or `unpaired`, sources in no order: uint8 images, or several stacked in the
            channels;
            `caption` int32 `(N, T)` where captioned, see `tokenizer.Tokenizer`.
        class_names: one name per class, no two alike; empty where unlabelled.
        mixture: the distribution of the points, where it is known.
        vocabulary: words of the captions; empty where there are none.
        codec: what one-hot samples mean, see `data.codecs`; None for others.
        account: what else the source holds.
        table: what the points are as rows, where they come from a table.

    Raises:
        ValueError: the arrays are empty, of an unsuitable rank or dtype, not finite, or
            their labels do not fit; two classes with the same name.
    """

    name: str
    arrays: dict[str, np.ndarray]
    class_names: tuple[str, ...] = ()
    mixture: Mixture | None = None
    vocabulary: tuple[str, ...] = ()
    codec: Codec | None = None
    account: Account = Account()
    table: "Table | None" = None

    def __post_init__(self):
        check_samples(self.arrays["real"], where=f"data set {self.name!r}")
        for key in self.arrays.keys() & {"source", "unpaired"}:
            where = f"{key!r} of data set {self.name!r}"
            check_samples(self.arrays[key], where, stacks=True)
        if "source" in self.arrays and len(self.arrays["source"]) != len(self):
            raise ValueError(
                f"Data set {self.name!r} needs a source of each of its {len(self)} "
                f"samples. Received: {len(self.arrays['source'])}."
            )
        names = Counter(self.class_names)
        if twice := [name for name, count in names.items() if count > 1]:
            raise ValueError(
                f"Each class of {self.name!r} needs a name of its own. "
                f"Received twice: {listed(twice)}."
            )
        label = self.arrays.get("label")
        if label is not None and label.ndim == 2:
            _check_vectors(label, len(self), self.class_names, self.name)
        elif label is not None:
            check_labels(
                label,
                count=len(self),
                classes=len(self.class_names) or None,
                where=f"data set {self.name!r}",
            )

    def __len__(self) -> int:
        return len(self.arrays["real"])

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.arrays["real"].shape[1:]

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 if unlabelled, or if labels are not one class each."""
        label = self.arrays.get("label")
        if label is not None and label.ndim == 2:
            return 0
        if self.class_names or label is None:
            return len(self.class_names)
        return int(label.max()) + 1

    def named(self, labels: np.ndarray) -> np.ndarray:
        """Returns labels of the set by the names of their classes, others as given."""
        if labels.ndim == 2 or not self.class_names:
            return labels
        return np.array([*self.class_names, UNLABELLED])[labels]

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with any byte, shape or dtype."""
        digest = hashlib.sha256()
        if self.table:
            digest.update(repr(self.table).encode())
        for key, array in sorted(self.arrays.items()):
            digest.update(f"{key} {array.shape} {array.dtype.str};".encode())
            rows = max(1, _BLOCK // max(1, array[:1].nbytes))
            for start in range(0, len(array), rows):
                digest.update(np.ascontiguousarray(array[start : start + rows]).data)
        return digest.hexdigest()[:16]

    def _repr_html_(self):
        """A line, the names of classes, and a picture of real samples."""
        real = self.arrays["real"]
        shape = ", ".join(map(str, self.sample_shape))
        others = ", ".join(sorted(self.arrays.keys() - {"real"}))
        text = f"{self.name}: {len(self):,} samples ({shape}) {real.dtype}"
        text += f", with {others}" if others else ""
        if self.class_names:
            named = ", ".join(map(str, self.class_names[:NAMED]))
            more = ", ..." if len(self.class_names) > NAMED else ""
            text += f"\n{len(self.class_names)} classes: {named}{more}"
        return html.lines(text) + self._picture_html()

    def _picture_html(self):
        """Samples spread over the set; nothing where no picture shows them."""
        # Here, so that matplotlib is loaded when it is needed.
        from ganzoo.plots import figures, pictures

        real = self.arrays["real"]
        flat = real.ndim == 2
        if not (real.shape[1] > 1 if flat else real.dtype == np.uint8):
            return ""
        count = min(len(self), POINTS if flat else SHOWN)
        samples = np.asarray(real[evenly_spread(len(self), count)])
        if flat:
            return html.picture(figures.points_figure(samples[:, :2], samples[:0, :2]))
        try:
            return html.picture(pictures.samples_picture(samples, codec=self.codec))
        except ImportError as error:  # of what draws molecules
            return html.lines(str(error))


def check_samples(real: np.ndarray, where: str, stacks: bool = False) -> None:
    """Raises ValueError unless `real` is a non-empty, finite batch of samples.

    With `stacks` images may have any number of channels: frames, or a mask.
    """
    if real.dtype != np.uint8 and real.dtype.kind != "f":
        raise ValueError(
            f"Unfit dtype of samples in {where}; allowed: uint8 (0..255) or float. "
            f"Received: {real.dtype}."
        )
    if real.ndim == 3 and real.dtype == np.uint8:
        check_one_hot(real, where)
    if real.ndim not in (2, 3, 4, 5):
        raise ValueError(
            f"Unfit rank of samples in {where}; allowed: points (N, d), signals "
            "or symbols (N, L, C), images (N, H, W, C) or voxels (N, D, H, W, C). "
            f"Received shape: {real.shape}."
        )
    if real.ndim == 4 and real.shape[-1] not in (1, 3, 4) and not stacks:
        raise ValueError(
            f"Unfit number of channels in {where}; allowed: 1, 3 or 4, channels last; "
            "voxels are (N, D, H, W, C). "
            f"Received shape: {real.shape}."
        )
    if real.size == 0:
        raise ValueError(
            f"Empty {where}: at least one sample is needed. "
            f"Received shape: {real.shape}."
        )
    check_finite(real, where)


def check_one_hot(real: np.ndarray, where: str) -> None:
    """Raises ValueError unless the rows (N, L, V) are codes of one symbol each."""
    ones = (real == 255).sum(axis=-1) == 1
    if not (ones & (real.sum(axis=-1) == 255)).all():
        raise ValueError(
            f"Samples uint8 (N, L, V) of {where} must be symbols in one-hot code, 255 "
            "once in each row of V and 0 elsewhere; images have channels, (N, H, W, "
            f"C), and signals are floats. Received: {real.dtype} of shape {real.shape}."
        )


def _check_vectors(labels, count, names, where):
    shape = (count, len(names) or labels.shape[1])
    fits = labels.dtype == (np.uint8 if names else np.float32)
    if not fits or labels.shape != shape or names and labels.max(initial=0) > 1:
        raise ValueError(
            f"Labels of {where!r} do not match its samples; needed: float32 of shape "
            f"{shape}, or uint8, 0 or 1, where there are names. "
            f"Received: {labels.dtype} of shape {labels.shape}."
        )
    check_finite(labels, f"labels of {where!r}")


def check_finite(array: np.ndarray, where: str) -> None:
    """Raises ValueError with the count and first index of NaN or infinite values."""
    if array.dtype.kind != "f":
        return
    bad = ~np.isfinite(array)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"NaN or infinite values in {where}; only finite values are allowed. "
            f"Received: {int(bad.sum())} of {array.size}, the first at index {first}."
        )


def check_labels(
    labels: np.ndarray, *, count: int, classes: int | None, where: str
) -> None:
    """Raises ValueError unless `labels` are `count` integers in 0..classes-1, or -1."""
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"Unfit dtype of labels in {where}; allowed: integers. "
            f"Received: {labels.dtype}."
        )
    if labels.shape != (count,):
        raise ValueError(
            f"Labels of {where} do not match its samples; needed: one label for each "
            f"of {count} samples. Received shape: {labels.shape}."
        )
    high = np.iinfo(np.int32).max if classes is None else classes - 1
    bad = np.flatnonzero((labels < -1) | (labels > high))
    if bad.size:
        top = "" if classes is None else f" to {high}"
        raise ValueError(
            f"Labels out of range in {where}; allowed: 0{top}, or -1 for unlabelled. "
            f"Received: {int(labels[bad[0]])} at index {int(bad[0])} "
            f"({bad.size} such labels)."
        )
