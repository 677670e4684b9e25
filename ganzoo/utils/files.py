"""Atomic writes, and arrays in files."""

import contextlib
import errno
import hashlib
import io
import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ganzoo.utils import untrusted

MOST_BYTES = 2**36  # of a checkpoint: 64 GiB
NOT_SUPPORTED = {
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.ENOTSUP,
    errno.ENOLCK,
    errno.EINVAL,
}
"""Answers of file systems (Lustre, NFS, FUSE, SMB) that lack locks or `fsync`."""


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path that becomes `path` when the block ends well.

    The data reach the disk before the name does, where the file system can promise
    that: a reader, or a run that was killed, never sees half a file. Folders are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: Pillow chooses the format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            _sync(file)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(file):
    try:
        os.fsync(file.fileno())
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise


def write_atomically(path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all."""
    with replacing(path) as temporary, open(temporary, "xb") as file:
        file.write(data)  # "x" follows no link


def write_arrays(path, arrays: dict, **facts) -> None:
    """Writes an .npz, then its checksum and the facts to a JSON file beside it."""
    path = Path(path)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    data = buffer.getvalue()
    write_atomically(path, data)
    facts["sha256"] = hashlib.sha256(data).hexdigest()
    write_atomically(path.with_suffix(".json"), json.dumps(facts).encode())


def read_arrays(path, otherwise: str) -> tuple[dict, dict] | None:
    """The arrays and the facts; None, with a warning, unless both files are sound.

    Args:
        path: of the .npz.
        otherwise: what the caller does without them, for the warning.
    """
    path = Path(path)
    try:
        facts = untrusted.read_json(path.with_suffix(".json"))
        data = untrusted.read_bytes(path, MOST_BYTES)
        sound = facts["sha256"] == hashlib.sha256(data).hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        warnings.warn(
            f"The file {path.name} is damaged or incomplete; {otherwise}.",
            stacklevel=3,
        )
        return None
    try:
        return untrusted.read_arrays(io.BytesIO(data), limit=len(data)), facts
    except ValueError as error:
        raise ValueError(f"The file {path} is not one of ganzoo: {error}.") from error
