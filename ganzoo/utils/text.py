"""Tables of text."""

from collections.abc import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Lines of rows of words in columns of equal width; `right` end at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [">" if place in right else "<" for place in range(len(widths))]
    cells = [zip(row, sides, widths, strict=True) for row in rows]
    return ["  ".join(f"{x:{s}{w}}" for x, s, w in row).rstrip() for row in cells]
