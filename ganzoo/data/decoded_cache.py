"""Decoded samples: in memory, or in a memory-mapped file if there are too many."""

import hashlib
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ganzoo.utils.files import locked, replacing

Samples = Iterable[tuple[np.ndarray, int]]


def default_dir() -> Path:
    """Returns the user's cache: the directory in GANZOO_CACHE, or ~/.cache/ganzoo."""
    return Path(os.environ.get("GANZOO_CACHE") or "~/.cache/ganzoo").expanduser()


def cache_path(cache_dir: Path, *parts: object) -> Path:
    """Returns the file for `parts`: sources, sizes, times, settings."""
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
    return cache_dir / f"{key}.npy"


def collect(
    samples: Samples,
    count: int,
    shape: tuple[int, ...],
    *,
    path: Path,
    memory_limit: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 samples `(n, *shape)` and int32 labels `(n,)`, n <= `count`.

    Args:
        samples: yields up to `count` pairs of sample and label, read once.
        count: the largest possible number of samples.
        shape: shape of one sample.
        path: the file of the memory map, used if `count` samples take more than
            `memory_limit` bytes.
        memory_limit: limit in bytes.
    """
    if count * math.prod(shape) <= memory_limit:
        return _to_memory(samples, count, shape)
    return _to_disk(samples, path, shape)


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
    # The file is renamed once it is complete, so a killed run leaves no half a cache.
    labels_path = path.with_suffix(".labels.npy")
    with locked(path):
        if not path.exists():
            _decode(samples, path, labels_path, shape)
    return np.load(path, mmap_mode="r"), np.load(labels_path)


def _decode(samples, path, labels_path, shape):
    labels = []
    with replacing(path) as temporary, open(temporary, "xb") as file:
        _write_header(file, 0, shape)
        for sample, label in samples:
            file.write(np.ascontiguousarray(sample, np.uint8))
            labels.append(label)
        # NumPy pads the header so that the first axis can grow in place.
        file.seek(0)
        _write_header(file, len(labels), shape)
        with replacing(labels_path) as labels_temporary:
            np.save(labels_temporary, np.array(labels, np.int32))


def _write_header(file: BinaryIO, count: int, shape: tuple[int, ...]) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
    np.lib.format.write_array_header_1_0(file, header)
