"""Logs of a run: a line of JSON for each row, read in bounded memory."""

import json
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ganzoo.utils import files
from ganzoo.utils.untrusted import MAX_LINE, MAX_LOG, open_bytes

MOST_ROWS = 10_000  # that are drawn


class _Line(NamedTuple):
    number: int
    data: bytes
    row: dict | None  # None: damaged, or cut off
    cut_off: bool  # as the last line of a killed run


def append(path, row: Mapping) -> None:
    """Writes a row at the end of a log."""
    with open(path, "a") as file:
        file.write(json.dumps(row) + "\n")


def _any(row: Mapping) -> bool:
    return True


def drop_after(path, step: int, sound: Callable[[Mapping], bool] = _any) -> dict | None:
    """Drops the rows after `step`, which a resumed run writes again.

    If lines are damaged, a copy of the original file is kept as NAME.damaged.

    Args:
        sound: tells rows from damaged lines.

    Returns:
        The last of the remaining rows; None if there is none.
    """
    path = Path(path)
    if not path.exists():
        return None

    def stays(line):
        return line.row is not None and line.row["step"] <= step

    last, damaged, dropped = None, [], 0
    with open_bytes(path, MAX_LOG) as file:
        for line in _lines(file, sound):
            if stays(line):
                last = line.row
                continue
            dropped += 1
            if line.row is None and not line.cut_off:
                damaged.append(line.number)
    if damaged:
        _warn(path, damaged)
        shutil.copyfile(path, path.with_name(path.name + ".damaged"))
    if dropped:
        with open_bytes(path, MAX_LOG) as file, files.replacing(path) as temporary:
            with open(temporary, "xb") as kept:
                kept.writelines(x.data for x in _lines(file, sound) if stays(x))
    return last


def read_rows(
    path, most: int = MOST_ROWS, sound: Callable[[Mapping], bool] = _any
) -> list[dict]:
    """Reads the sound rows of a log, each with its step; warns of damaged lines.

    A long log is thinned to at most 2 x `most` rows, evenly, with the first and the
    last. The last line may be cut off, as a killed run leaves it.

    Args:
        sound: as in `drop_after`.
    """
    path = Path(path)
    if not path.exists():
        return []
    rows, last, damaged, every, count = [], None, [], 1, 0
    with open_bytes(path, MAX_LOG) as file:
        for line in _lines(file, sound):
            if line.row is None:
                damaged += [] if line.cut_off else [line.number]
                continue
            last = line.row
            if count % every == 0:
                rows.append(last)
            count += 1
            if len(rows) == 2 * most:
                rows, every = rows[::2], 2 * every
    if last is not None and rows[-1] is not last:
        rows.append(last)
    if damaged:
        _warn(path, damaged)
    return rows


def last_step(path) -> int:
    """The step of the last sound row, 0 if there is none."""
    return max((row["step"] for row in read_rows(path, most=1)), default=0)


def _lines(file: BinaryIO, sound: Callable[[Mapping], bool]) -> Iterator[_Line]:
    number = 0
    while data := file.readline(MAX_LINE):
        number += 1
        whole = data.endswith(b"\n")
        if len(data) == MAX_LINE and not whole:
            while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield _Line(number, b"", None, cut_off=False)
        else:
            row = _row(data) if whole else None
            known = row if row is not None and sound(row) else None
            yield _Line(number, data, known, cut_off=not whole)


def _row(line: bytes) -> dict | None:
    """Parses a line to a row; None if it is damaged."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and type(row.get("step")) is int else None


def _warn(path, damaged):
    listed = ", ".join(map(str, damaged[:5])) + (", ..." if damaged[5:] else "")
    warnings.warn(f"{path}: skipped damaged lines ({listed}).", stacklevel=3)
