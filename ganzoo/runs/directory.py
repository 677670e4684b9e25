"""Run directories: held by one process at a time, and only if they are ganzoo's."""

import errno
import fcntl
import importlib.metadata
import json
import os
import platform
import subprocess
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

from ganzoo.runs.checkpoint import newest
from ganzoo.utils import untrusted
from ganzoo.utils.files import NOT_SUPPORTED, sweep, write_atomically

FORMAT = 2  # 1 is 0.1.0, with other defaults, see `earlier`
_BUILD = {"name": str, "dtype": str, "options": dict}
CHECKPOINTS = "checkpoints"
CONFIG = "config.json"
CARD = "data.json"
ENVIRONMENT = "environment.json"
LOCK = ".lock"
WANDB = "wandb"  # a folder of another program, which holds links of its own
_PACKAGES = ("ganzoo-keras", "tensorflow", "keras", "numpy", "tensorflow-datasets")


class OtherRun(ValueError):
    """The directory holds a run of other settings, data or steps."""


@contextmanager
def claim(workdir):
    """Holds the directory for this process; creates it if needed.

    If an error leaves nothing in a directory that it created, the directory is removed,
    with the folders above that it created. Temporary files of processes that were
    killed here are removed. On a file system without locks, it warns and holds nothing.

    Raises:
        ValueError: another process holds it; it has content other than a run of ganzoo,
            or a link or a pipe; or it cannot be written.
        OSError: the disk is full; the message says how to resume.
    """
    path = Path(workdir)
    created = [folder for folder in (path, *path.parents) if not folder.exists()]
    with _open_lock(path), _empty_removed(path, created):
        sweep(path, *(inner for inner in path.iterdir() if inner.is_dir()))
        try:
            yield path
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            last = newest(path / CHECKPOINTS) or "none yet"
            raise OSError(
                error.errno,
                f"{error.strerror}: the run in {path} stops; its last checkpoint is "
                f"intact ({last}). Make room, then run the same command again to "
                "resume",
            ) from error


@contextmanager
def _empty_removed(path, created):
    """Removes folders on an error, while they hold only the lock's file."""
    try:
        yield
    except BaseException:
        with suppress(OSError):  # another process uses a folder, or removed it
            if created and [entry.name for entry in path.iterdir()] == [LOCK]:
                (path / LOCK).unlink()
                for folder in created:
                    folder.rmdir()
        raise


def _open_lock(path):
    try:
        if not _is_ours(path):
            raise ValueError(
                f"{path} is not a run directory of ganzoo and is not empty; it is "
                "left as it is. Choose another --workdir."
            )
        path.mkdir(parents=True, exist_ok=True)
        _check_own(path)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        lock = open(os.open(path / LOCK, flags, 0o644), "w")
    except OSError as error:
        raise ValueError(
            f"The run directory {path} cannot be used: {error.strerror or error}."
        ) from error
    _lock(lock, path)
    return lock


def _is_ours(path):
    """True if the path is new, empty, or a directory of ganzoo."""
    if not path.exists():
        return True
    empty = path.is_dir() and not any(path.iterdir())
    return empty or (path / LOCK).is_file() or read_config(path) is not None


def _check_own(path):
    """Refuses links and pipes: writes must not land elsewhere, nor block."""
    for entry in path.rglob("*"):
        if path / WANDB in entry.parents:
            continue
        if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
            raise ValueError(
                f"The run directory {path} may hold plain files and folders alone. "
                f"Received a link or a pipe: {entry.relative_to(path)}."
            )


def _lock(lock, path):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise ValueError(
            f"Another process trains in {path}. Wait for it, or choose another "
            "--workdir."
        ) from error
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            lock.close()
            raise ValueError(
                f"The run directory {path} cannot be locked: {error.strerror}."
            ) from error
        warnings.warn(
            f"The file system of {path} has no locks ({error.strerror}): take care "
            "that no other process trains there.",
            stacklevel=5,
        )


def read_config(workdir) -> dict | None:
    """Reads the run's `config.json`; None if there is none yet.

    Raises:
        ValueError: it is damaged, or of a newer version of ganzoo.
    """
    path = Path(workdir) / CONFIG
    if not path.is_file():
        return None
    try:
        config = untrusted.read_json(path)
        version = config["format"]
        if version not in (1, FORMAT):
            raise ValueError(
                f"{path} was written by a newer version of ganzoo (format {version}; "
                f"this one reads up to {FORMAT}). Update ganzoo to use this run."
            )
        types: list = [(config[key], dict) for key in ("experiment", "build", "data")]
        types += [(config["build"][key], kind) for key, kind in _BUILD.items()]
        types.append((config["data"]["fingerprint"], str))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: it lacks {error}.") from error
    if not all(isinstance(value, kind) for value, kind in types):
        raise ValueError(f"{path} is damaged: a value has the wrong type.")
    return config


FREE = {
    *("steps", "strategy", "virtual_devices"),
    *("dataset", "data_dir", "strict"),  # the fingerprint of the data decides
    *("log_every", "sample_every", "checkpoint_every", "checkpoint_minutes"),
    "evaluate_every",
}
"""Settings that may change on resume, since the weights stay the same."""


def check_same(before: dict, now: dict, workdir, free=FREE) -> None:
    """Refuses to resume a run with other settings; those in `free` may change.

    Raises:
        OtherRun: different settings, with their old and new values.
    """
    before, now = (
        {name: value for name, value in settings.items() if name not in free}
        for settings in (before, now)
    )
    old, new = _flat(before), _flat(now)
    differing = [
        f"  {key}: {old.get(key)!r} before, {new.get(key)!r} now"
        for key in sorted(old.keys() | new.keys())
        if (key in old, old.get(key)) != (key in new, new.get(key))
    ]
    if differing:
        raise OtherRun(
            f"{workdir} holds a run with other settings:\n"
            + "\n".join(differing)
            + "\nChoose another --workdir, or the settings of the run."
        )


def write_config(workdir, config: dict) -> None:
    """Writes `config.json`: the effective settings."""
    _write_json(Path(workdir) / CONFIG, {"format": FORMAT, **config})


def forget(workdir) -> None:
    """Removes what the functions here wrote of a run without a step.

    Another run may then begin there, with other settings.
    """
    path = Path(workdir)
    for name in (CONFIG, CARD, ENVIRONMENT):
        (path / name).unlink()
    with suppress(OSError):  # it holds what others put there
        (path / CHECKPOINTS).rmdir()


def write_card(workdir, card: dict) -> None:
    """Writes `data.json`: what the data set holds."""
    _write_json(Path(workdir) / CARD, card)


def read_card(workdir) -> dict:
    """Reads `data.json`; {} for a run of an older version, which has none.

    Raises:
        ValueError: it is damaged.
    """
    path = Path(workdir) / CARD
    return untrusted.read_json(path) if path.is_file() else {}


def write_environment(workdir, devices: list[str], threads: int) -> None:
    """Writes `environment.json`: versions, devices, threads, commit of a checkout.

    Warns if the run had another number of threads so far: sums are rounded in
    another order.
    """
    path = Path(workdir) / ENVIRONMENT
    before = _threads_of(path)
    if before not in (None, threads):
        warnings.warn(
            f"The run in {workdir} had {before} threads so far, and has {threads} now: "
            "it continues equal but for rounding, not bit for bit. Set "
            f"TF_NUM_INTRAOP_THREADS={before} for that.",
            stacklevel=2,
        )
    facts = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version(name) for name in _PACKAGES},
        "devices": devices,
        "threads": threads,
        "commit": _commit(),
    }
    _write_json(path, facts)


def _threads_of(path):
    """The threads that `environment.json` names; None if unknown."""
    try:
        return untrusted.read_json(path).get("threads")
    except (FileNotFoundError, ValueError):  # what is damaged is written anew
        return None


def code_version() -> str:
    """The version of ganzoo, and the commit of a checkout."""
    return " ".join(filter(None, (version("ganzoo-keras"), _commit())))


def _write_json(path, value):
    write_atomically(path, (json.dumps(value, indent=2) + "\n").encode())


def version(package: str) -> str | None:
    """The version of an installed package; None if it runs from its source."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit():
    here = Path(__file__).parent
    # The second name is unknown where git does not track this file: in an environment
    # within the user's own repository.
    names = ["HEAD", f"HEAD:./{Path(__file__).name}"]
    command = ["git", "-C", str(here), "rev-parse", *names]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if result.returncode else result.stdout.split()[0]


def _flat(value, prefix=""):
    if not isinstance(value, dict) or (prefix and not value):
        return {prefix: value}
    return {
        key: leaf
        for name, inner in value.items()
        for key, leaf in _flat(inner, f"{prefix}.{name}" if prefix else name).items()
    }
