"""Decoded samples: in memory, or in a memory-mapped file if there are too many."""

import contextlib
import hashlib
import math
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ganzoo.utils.files import locked, read_arrays, replacing, write_arrays

Samples = Iterable[tuple[np.ndarray, int]]


def default_dir() -> Path:
    """Returns the user's cache: the directory in GANZOO_CACHE, or ~/.cache/ganzoo."""
    return Path(os.environ.get("GANZOO_CACHE") or "~/.cache/ganzoo").expanduser()


def cache_path(cache_dir: Path, *parts: object) -> Path:
    """Returns the file for `parts`: sources, sizes, times, settings."""
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
    return cache_dir / f"{key}.npy"


def stamp(path: Path) -> tuple[int, ...]:
    """Facts that change with a file's content, but not when its folder moves."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def collect(
    samples: Samples,
    count: int,
    shape: tuple[int, ...],
    *,
    path: Path,
    memory_limit: int,
    keep: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 samples `(n, *shape)` and int32 labels `(n,)`, n <= `count`.

    Args:
        samples: yields up to `count` pairs of sample and label, read once.
        count: the largest possible number of samples.
        shape: shape of one sample.
        path: the file of the memory map, used if `count` samples take more than
            `memory_limit` bytes.
        memory_limit: limit in bytes.
        keep: if True, the file is written and used for fewer samples too, since they
            take long to decode.

    Raises:
        OSError: the file is needed, and cannot be written.
    """
    if count * math.prod(shape) > memory_limit:
        return _to_disk(samples, path, shape)
    if not keep:
        return _to_memory(samples, count, shape)
    if path.exists():
        return np.load(path), np.load(_labels_path(path))
    real, labels = _to_memory(samples, count, shape)
    with _optional(path):
        for place, array in ((_labels_path(path), labels), (path, real)):
            with replacing(place) as temporary:
                np.save(temporary, array)
    return real, labels


def keep_headers(path: Path, rows: list[list[int]], failed: dict) -> None:
    """Keeps the headers of files, and the errors of those that have none.

    Args:
        path: a path of `cache_path`.
        rows: numbers of each file.
        failed: by number of the file, as text.
    """
    with _optional(path):
        arrays = {"rows": np.array(rows, np.int64)}
        write_arrays(path.with_suffix(".npz"), arrays, failed=failed)


def cached_headers(path: Path) -> tuple[list[list[int]], dict] | None:
    """Returns what `keep_headers` keeps, None if there is nothing."""
    path = path.with_suffix(".npz")
    if not path.exists():
        return None
    record = read_arrays(path, otherwise="the files are read again")
    return record and (record[0]["rows"].tolist(), record[1]["failed"])


@contextlib.contextmanager
def _optional(path):
    """Warns of a cache that cannot be written."""
    try:
        yield
    except OSError as error:
        warnings.warn(
            f"{error.strerror or error}: nothing can be kept in {path.parent}, so that "
            "the next start reads all files again. GANZOO_CACHE names another folder.",
            stacklevel=6,
        )


def _to_memory(
    samples: Samples, count: int, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    real = np.empty((count, *shape), np.uint8)
    labels = np.empty(count, np.int32)
    n = 0
    for sample, label in samples:
        real[n], labels[n] = sample, label
        n += 1
    return real[:n], labels[:n]


def _to_disk(
    samples: Samples, path: Path, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    # The file is renamed once it is complete, so a killed run leaves no partial cache.
    if not path.exists():
        with _lock(path):
            if not path.exists():  # no other process made it meanwhile
                _decode(samples, path, shape)
    return np.load(path, mmap_mode="r"), np.load(_labels_path(path))


def _decode(samples, path, shape):
    labels = []
    with replacing(path) as temporary, open(temporary, "xb") as file:
        _write_header(file, 0, shape)
        for sample, label in samples:
            file.write(np.ascontiguousarray(sample, np.uint8))
            labels.append(label)
        # NumPy pads the header so that the first axis can grow in place.
        file.seek(0)
        _write_header(file, len(labels), shape)
        with replacing(_labels_path(path)) as labels_temporary:
            np.save(labels_temporary, np.array(labels, np.int32))


def _labels_path(path):
    return path.with_suffix(".labels.npy")


def _lock(path):
    try:
        return locked(path)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{error.strerror}: decoded samples are kept in {path.parent}, which "
            "cannot be written. GANZOO_CACHE names another folder",
        ) from error


def _write_header(file: BinaryIO, count: int, shape: tuple[int, ...]) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
    np.lib.format.write_array_header_1_0(file, header)
