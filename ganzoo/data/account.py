"""Account: what else a source holds, in one line and as a data card."""

from collections import Counter
from collections.abc import Mapping, Sized
from dataclasses import dataclass, field

import numpy as np

from ganzoo.data import label_names
from ganzoo.utils.text import counted

MOST_CLASSES = 10  # named in a line
MOST_NAMES = 10  # of files, in a card
_NOUNS = {  # others, such as ".txt" and "broken", stay as they are
    "hidden file",
    "hidden folder",
    "linked folder",
    "unreadable file",
    "unreadable folder",
    "special file",
    "folder without images",
}
_KINDS = {2: "vector", 4: "image"}  # others, such as volumes and clips: samples


@dataclass(frozen=True)
class Account:
    """Facts about a source, apart from its samples.

    Attributes:
        test: number of samples of the test split; 0 if there is none, None if the
            source does not tell.
        test_from: where they lie, such as "val/"; empty if the name says it.
        left_out: names of what is not read, by kind: ".txt", "broken", ...
        remarks: decisions that a reader must know, such as a range of values.
    """

    test: int | None = None
    test_from: str = ""
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def line(data) -> str:
    """Describes a training split in one line.

    Args:
        data: a `Data`.
    """
    account, count = data.account, len(data)
    kind = _KINDS.get(data.arrays["real"].ndim, "sample")
    samples = counted(count + (account.test or 0), "row" if data.table else kind)
    size = f"of {data.table.summary}" if data.table else _size(data.sample_shape)
    parts = [f"{samples} {size}{_sources(data)}"]
    if "label" in data.arrays:
        parts.append(_labels(data))
    parts.append(_splits(count, account))
    texts = [", ".join(parts), *_unlabelled(data), *_absent(data), *account.remarks]
    if account.left_out:
        texts.append(f"left out: {listed(account.left_out)}")
    return f"{data.name}: {'; '.join(texts)}"


def card(data) -> dict:
    """Returns the facts of a training split for `data.json`."""
    real, account = data.arrays["real"], data.account
    labels = data.arrays.get("label")
    sizes = Counter()
    if labels is not None and labels.ndim == 1:
        sizes = Counter(labels.tolist())
    elif data.class_names:  # tags
        sizes = Counter(dict(enumerate(labels.astype(int).sum(axis=0).tolist())))
    return {
        "line": line(data),
        "name": data.name,
        "fingerprint": data.fingerprint,
        "arrays": {
            key: {"shape": list(array.shape), "dtype": array.dtype.name}
            for key, array in data.arrays.items()
        },
        "range": [_plain(real.min()), _plain(real.max())],
        "classes": {name: sizes[i] for i, name in enumerate(data.class_names)},
        "unlabelled": sizes[-1],
        "train": len(data),
        "test": account.test,
        "test_from": account.test_from,
        "left_out": {
            kind: {"count": len(names), "names": list(names[:MOST_NAMES])}
            for kind, names in account.left_out.items()
        },
        "remarks": list(account.remarks),
        "table": data.table and data.table.spec,
    }


def _size(shape):
    return "x".join(map(str, shape))


def _sources(data):
    for key, phrase in (("source", "with sources"), ("unpaired", "and {:,} sources")):
        if key in data.arrays:
            sources = data.arrays[key]
            return f" {phrase.format(len(sources))} {_size(sources.shape[1:])}"
    return ""


def _labels(data):
    """Says what the labels of samples are: classes, tags or numbers."""
    labels, names = data.arrays["label"], list(data.class_names)
    if labels.ndim == 1 and not data.num_classes:
        return "no label of any"
    if labels.ndim > 1 and not names:
        return f"labels of {counted(labels[0].size, 'number')}"
    kind = "class" if labels.ndim == 1 else "tag"
    names = names or [str(i) for i in range(data.num_classes)]
    count = len(names)
    if count > MOST_CLASSES:
        names[MOST_CLASSES - 2 : -1] = ["..."]
    return f"{counted(count, kind)} ({', '.join(names)})"


def _unlabelled(data):
    """Says how many samples have no label, where some have one."""
    label = data.arrays.get("label")
    if label is None or label.ndim > 1 or label.max() < 0 or label.min() >= 0:
        return []
    return [f"{(label < 0).sum():,} unlabelled"]


def _absent(data):
    """Says which classes no training sample shows, where any is labelled."""
    label = data.arrays.get("label")
    if label is None or label.ndim > 1 or label.max() < 0:
        return []
    names = [n for i, n in enumerate(data.class_names) if not (label == i).any()]
    return [f"no training sample of: {label_names.listed(names)}"] * bool(names)


def _splits(count, account):
    if account.test is None:
        return "train split"
    if not account.test:
        return "no test split (scores take a fixed third)"
    origin = f" ({account.test_from})" if account.test_from else ""
    return f"{count:,} train / {account.test:,} test{origin}"


def listed(left_out: Mapping[str, Sized]) -> str:
    """Lists kinds with their counts: endings by number, then the rest."""
    kinds = sorted(
        left_out, key=lambda kind: (kind[0] != ".", -len(left_out[kind]), kind)
    )
    return ", ".join(
        counted(len(left_out[kind]), kind)
        if kind in _NOUNS
        else f"{len(left_out[kind]):,} {kind}"
        for kind in kinds
    )


def _plain(value):
    return value.item() if np.isfinite(value) else None
