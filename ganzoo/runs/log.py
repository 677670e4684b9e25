"""Logs of a run: a line of JSON for each row."""

import json
import shutil
import warnings
from pathlib import Path

from ganzoo.utils import files
from ganzoo.utils.untrusted import MAX_LOG, MAX_TEXT, parse_json, read_bytes


def drop_after(path, step: int) -> list[dict]:
    """Drops the rows after `step`, which a resumed run writes again.

    If lines are damaged, a copy of the original file is kept as NAME.damaged.

    Returns:
        The remaining rows; none if there is no file.
    """
    path = Path(path)
    if not path.exists():
        return []
    rows, damaged = _parsed(path)
    if damaged:
        shutil.copyfile(path, path.with_name(path.name + ".damaged"))
    rows = [row for row in rows if row["step"] <= step]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    files.write_atomically(path, text.encode())
    return rows


def read_rows(path) -> list[dict]:
    """Reads the sound rows of a log, each with its step; warns of damaged lines.

    The last line may be truncated, as a killed run leaves it.
    """
    return _parsed(Path(path))[0]


def _parsed(path):
    """Returns the sound rows, and the numbers of damaged lines."""
    data = read_bytes(path, MAX_LOG) if path.exists() else b""
    lines = data.splitlines()
    rows, damaged = [], []
    for number, line in enumerate(lines, 1):
        row = _row(line, path)
        cut_off = number == len(lines) and not data.endswith(b"\n")
        if row is not None:
            rows.append(row)
        elif not cut_off:
            damaged.append(number)
    if damaged:
        listed = ", ".join(map(str, damaged[:5])) + (", ..." if damaged[5:] else "")
        warnings.warn(f"{path}: skipped damaged lines ({listed}).", stacklevel=3)
    return rows, damaged


def _row(line, path):
    """Parses a line to a row; None if it is damaged."""
    try:
        row = parse_json(line[: MAX_TEXT // 1000], str(path))
    except ValueError:
        return None
    return row if isinstance(row.get("step"), int) else None
