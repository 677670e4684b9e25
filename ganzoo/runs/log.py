"""Logs of a run: a line of JSON for each row."""

import json
from pathlib import Path

from ganzoo.utils import files
from ganzoo.utils.untrusted import MAX_LOG, MAX_TEXT, parse_json, read_bytes


def drop_after(path, step: int) -> list[dict]:
    """Drops the rows after `step`, which a resumed run writes again.

    Returns:
        The remaining rows; none if there is no file.
    """
    rows = [row for row in read_rows(path) if row["step"] <= step]
    if Path(path).exists():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        files.write_atomically(path, text.encode())
    return rows


def read_rows(path) -> list[dict]:
    """Reads the rows of a log, each with its step, up to a truncated line."""
    rows = []
    path = Path(path)
    lines = read_bytes(path, MAX_LOG).splitlines() if path.exists() else ()
    for line in lines:
        try:
            row = parse_json(line[: MAX_TEXT // 1000], str(path))
        except ValueError:
            break
        if not isinstance(row.get("step"), int):
            break
        rows.append(row)
    return rows
