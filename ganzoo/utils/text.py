"""Counted nouns, and tables of text."""

from collections.abc import Collection, Sequence

_PLURALS = {
    "class": "classes",
    "category": "categories",
    "folder without images": "folders without images",
}


def counted(count: int, what: str) -> str:
    """Counts a noun: 1 image, 1,240 images."""
    return f"{count:,} {what if count == 1 else _PLURALS.get(what, what + 's')}"


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Lines of rows of words in columns of equal width; `right` end at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [">" if place in right else "<" for place in range(len(widths))]
    cells = [zip(row, sides, widths, strict=True) for row in rows]
    return ["  ".join(f"{x:{s}{w}}" for x, s, w in row).rstrip() for row in cells]
