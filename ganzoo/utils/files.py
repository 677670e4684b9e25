"""Atomic writes, and arrays in files."""

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

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
    """Writes an .npz, and its checksum and facts to a JSON file of the same name.

    The JSON file is named first, so an .npz without one has lost it, while a process
    that was killed in between leaves the temporary .npz for `sweep`.
    """
    path = Path(path)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    data = buffer.getvalue()
    facts["sha256"] = hashlib.sha256(data).hexdigest()
    record, named = path.with_suffix(".json"), False
    try:
        with replacing(path) as temporary:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                _sync(file)  # a full disk shows here: the older files stay whole
            write_atomically(record, json.dumps(facts).encode())
            named = True
    except BaseException:
        if named:
            record.unlink(missing_ok=True)
        raise


_TEMPORARY = re.compile(r"\.(?P<stem>.+)\.\d+(?P<suffix>\.\w+|)")


def sweep(*folders: str | Path) -> None:
    """Removes temporary files that killed processes of ours left in these folders.

    Nobody else may write there meanwhile: hold the lock.
    """
    for folder in map(Path, folders):
        for left, whole in _leftovers(folder):
            _remove(left, whole)


def locked(path: Path) -> TextIO:
    """Waits for the lock of a file that several processes may want to make.

    Temporary files in its folder whose own lock nobody holds are removed. Closing the
    returned file frees the lock.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left, whole in _leftovers(path.parent):
        with contextlib.suppress(OSError), _lock(whole, fcntl.LOCK_NB):
            _remove(left, whole)
    return _lock(path)


def _lock(path, how=0):
    # KEY.npy and KEY.labels.npy share a lock.
    lock = open(path.with_name(path.name.partition(".")[0] + ".lock"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | how)
    except OSError as error:
        if how or error.errno not in NOT_SUPPORTED:
            lock.close()
            raise  # else two processes may make the same file, each whole
    return lock


def _leftovers(folder):
    """Temporary files of `replacing`, each with what it would have become."""
    for path in folder.glob(".*.*"):
        match = _TEMPORARY.fullmatch(path.name)
        if match and path.is_file() and not path.is_symlink():
            yield path, path.with_name(match["stem"] + match["suffix"])


def _remove(left, whole):
    if whole.suffix == ".npz" and not whole.exists():
        whole.with_suffix(".json").unlink(missing_ok=True)  # see `write_arrays`
    left.unlink(missing_ok=True)


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
            f"The file {path.name} is damaged or incomplete; {otherwise}.", stacklevel=3
        )
        return None
    try:
        return untrusted.read_arrays(io.BytesIO(data), limit=len(data)), facts
    except ValueError as error:
        raise ValueError(f"The file {path} is not one of ganzoo: {error}.") from error
