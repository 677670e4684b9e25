"""The logs of a run: a line of JSON for each entry, read and cut."""

import json
import shutil
import warnings
from pathlib import Path

from ganzoo.utils import files
from ganzoo.utils.untrusted import MAX_LOG, MAX_TEXT, parse_json, read_bytes


def drop_after(path, step: int) -> list[dict]:
    """Drops the lines after `step`, which a resumed run writes again.

    Where lines are damaged, the file as it was is kept as NAME.damaged.

    Returns:
        The lines that are left; none if there is no file.
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
    """Returns the sound lines of a log, each a table with its step; warns of others.

    The last line may be cut off, as a run that was killed leaves it.
    """
    return _parsed(Path(path))[0]


def _parsed(path):
    """The sound lines, and the numbers of the damaged ones."""
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
    """The table of a line, or None."""
    try:
        row = parse_json(line[: MAX_TEXT // 1000], str(path))
    except ValueError:
        return None
    return row if isinstance(row.get("step"), int) else None
