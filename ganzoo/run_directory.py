"""The run directory: claimed by one process, never one that is not ours."""

import fcntl
import importlib.metadata
import json
import platform
import subprocess
from contextlib import contextmanager
from pathlib import Path

from ganzoo.checkpoint import write_atomically

FORMAT = 1
CHECKPOINTS = "checkpoints"
_PACKAGES = ("ganzoo-keras", "tensorflow", "keras", "numpy", "tensorflow-datasets")


class Terminated(KeyboardInterrupt):
    """SIGTERM: the machine is wanted for something else."""


@contextmanager
def claim(workdir):
    """Holds the directory for this process; creates it if need be.

    Raises:
        ValueError: another process holds it, it holds something that is not a run
            of ganzoo, or it cannot be written.
    """
    path = Path(workdir)
    with _open_lock(path):
        yield path


def _open_lock(path):
    try:
        ours = not path.exists() or path.is_dir() and not any(path.iterdir())
        ours = ours or (path / ".lock").is_file() or read_config(path) is not None
        if not ours:
            raise ValueError(
                f"{path} is not a run directory of ganzoo and is not empty; it is "
                "left as it is. Choose another --workdir."
            )
        path.mkdir(parents=True, exist_ok=True)
        lock = open(path / ".lock", "w")
    except OSError as error:
        raise ValueError(
            f"The run directory {path} cannot be used: {error.strerror or error}."
        ) from error
    _lock(lock, path)
    return lock


def _lock(lock, path):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise ValueError(
            f"Another process trains in {path}. Wait for it, or choose another "
            "--workdir."
        ) from error


def read_config(workdir) -> dict | None:
    """The run's `config.json`, None where there is none yet.

    Raises:
        ValueError: it is damaged, or of a newer version of ganzoo.
    """
    path = Path(workdir) / "config.json"
    if not path.is_file():
        return None
    try:
        config = json.loads(path.read_text("utf-8"))
        version = config["format"]
        config["experiment"], config["build"], config["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error}.") from error
    if version != FORMAT:
        raise ValueError(
            f"{path} was written by a newer version of ganzoo (format {version}; this "
            f"one reads {FORMAT}). Update ganzoo to use this run."
        )
    return config


def check_same(before: dict, now: dict, workdir) -> None:
    """Refuses to resume a run with other settings; more steps are allowed.

    Raises:
        ValueError: the settings that differ, old and new.
    """
    # Where the data lie is no setting, since their fingerprint is compared; nor is
    # what it runs on, since the result is the same.
    free = dict.fromkeys(
        ("steps", "data_dir", "strategy", "virtual_devices", "checkpoint_minutes")
    )
    old, new = _flat({**before, **free}), _flat({**now, **free})
    differing = [
        f"  {key}: {old.get(key)!r} before, {new.get(key)!r} now"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    if differing:
        raise ValueError(
            f"{workdir} holds a run with other settings:\n"
            + "\n".join(differing)
            + "\nChoose another --workdir, or the settings of the run."
        )


def write_config(workdir, config: dict) -> None:
    """Writes `config.json`: the effective settings."""
    _write_json(Path(workdir) / "config.json", {"format": FORMAT, **config})


def forget_config(workdir) -> None:
    """Removes `config.json`: nothing was trained, so other settings may begin."""
    (Path(workdir) / "config.json").unlink()


def write_environment(workdir, devices: list[str]) -> None:
    """Writes `environment.json`: versions, devices, and the commit of a checkout."""
    versions = {name: _version(name) for name in _PACKAGES}
    _write_json(
        Path(workdir) / "environment.json",
        {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "packages": versions,
            "devices": devices,
            "commit": _commit(),
        },
    )


def code_version() -> str:
    """The version of ganzoo, and the commit of a checkout."""
    return " ".join(filter(None, (_version("ganzoo-keras"), _commit())))


def _write_json(path, value):
    write_atomically(path, (json.dumps(value, indent=2) + "\n").encode())


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit():
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _flat(value, prefix=""):
    if not isinstance(value, dict):
        return {prefix: value}
    return {
        key: leaf
        for name, inner in value.items()
        for key, leaf in _flat(inner, f"{prefix}.{name}" if prefix else name).items()
    }
