"""Files of published weights: only the SHA-256 of each counts, whatever its name."""

import hashlib
import importlib.util
from pathlib import Path

from ganzoo.data.decoded_cache import default_dir
from ganzoo.utils import untrusted

SHOWN = 3  # files that an error names


def find(
    sha256: str,
    advice: str,
    pattern: str,
    package: str | None = None,
    file: str = "",
    path: str | None = None,
) -> tuple[bytes, str]:
    """Returns the content and the path of the file with a given hash.

    Args:
        sha256: the hash.
        advice: what to do if there is none.
        pattern: names of files in the user's cache to look at, as `*.pth`.
        package: a package that ships it, which is not imported.
        file: its path within that package.
        path: the only file to look at.

    Raises:
        ValueError: no such file, or none with that hash.
    """
    spec = importlib.util.find_spec(package) if package else None
    shipped = [Path(spec.origin).parent / file] if spec and spec.origin else []
    cached = sorted(default_dir().glob(pattern))
    looked = []
    for candidate in [Path(path)] if path else [*shipped, *cached]:
        if candidate.is_file():
            # The bytes that are hashed are those that are parsed.
            data, digest = read(candidate)
            if digest == sha256:
                return data, str(candidate)
            looked.append(f"{candidate} (its SHA-256 is {digest})")
    where = f"at {path}" if path else f"in {default_dir()}/{pattern}"
    if package:
        where += f" or in the package {package!r}"
    raise ValueError(
        f"No file with the SHA-256 {sha256} is {where}. {advice} Received: "
        f"{', '.join(looked[:SHOWN]) or 'no file'}."
    )


def read(path) -> tuple[bytes, str]:
    """The content of a file of weights, and its SHA-256.

    Raises:
        ValueError: no regular file, or more than `untrusted.MAX_WEIGHTS` bytes.
        OSError: it is not there or not readable.
    """
    data = untrusted.read_bytes(path, untrusted.MAX_WEIGHTS)
    return data, hashlib.sha256(data).hexdigest()
