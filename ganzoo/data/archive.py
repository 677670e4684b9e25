"""Zip archives of images: unpacked once, then read as the folder that they hold."""

import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from ganzoo.data import folder, listing
from ganzoo.data.decoded_cache import cache_path, stamp
from ganzoo.utils import untrusted
from ganzoo.utils.files import locked


def is_archive(path: Path) -> bool:
    """True if a path is a zip of files, and not an `.npz`."""
    return path.is_file() and path.suffix.lower() != ".npz" and zipfile.is_zipfile(path)


def unpacked(path: Path, cache_dir: Path) -> Path:
    """Returns the folder of an archive's files in the cache, named like the archive.

    One process unpacks it; others wait.

    Raises:
        ValueError: as `untrusted.unpack`, or there is no image.
    """
    place = cache_path(cache_dir, "unpacked", stamp(path)).with_suffix("")
    with locked(place):
        if not place.exists():
            _unpack(path, place)
    return place / path.stem


def _unpack(path, place):
    temporary = place.with_name(f".{place.name}")
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed
    temporary.mkdir()
    try:
        untrusted.unpack(path, temporary / path.stem)
        found = replace(listing.walk(temporary / path.stem), folder=path)
        folder.check_found(found, found.images)
        os.replace(temporary, place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
