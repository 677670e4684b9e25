"""Cache of what a machine computes once: classifiers, features of real data."""

from collections.abc import Callable, Mapping

import numpy as np

from ganzoo.data.decoded_cache import default_dir
from ganzoo.utils.files import locked, read_arrays, write_arrays


def cached(kind: str, key: str, make: Callable[[], Mapping]) -> dict[str, np.ndarray]:
    """Returns the arrays of `make`, from the user's cache if it has them.

    A damaged file is replaced. Processes that request the same arrays at the same time
    wait for the first. Without a writable directory, nothing is cached.

    Args:
        kind: folder within the cache, see `default_dir`.
        key: everything that decides the arrays.
        make: computes them.
    """
    path = default_dir() / kind / f"{key}.npz"
    try:
        lock = locked(path)
    except OSError:
        return dict(make())
    with lock:
        known = read_arrays(path, "it is made anew") if path.exists() else None
        if known is not None:
            return known[0]
        arrays = dict(make())
        write_arrays(path, arrays)
        return arrays
