"""Table of docs/results.md, which `python experiments/tables.py` writes."""

from pages.recorded import measured, table


def digits() -> str:
    """Every unconditional variant of images on the digits, with each seed's score."""
    result = measured("compare_digits")
    rows = [
        (
            i,
            f"`{row['variant']}`",
            f"{row['mean']:.3g}",
            ", ".join(f"{value:.3g}" for value in row["values"]),
            f"{row['difference']:.3g}",
            row["verdict"],
        )
        for i, row in enumerate(result["ranking"], 1)
    ]
    for name in ("real data", "blends"):
        rows.append(("", name, f"{result[name]:.3g}", *[""] * 3))
    failed = sorted({name for name, *_ in result["failed"]})
    rows += [("", f"`{name}`", "failed", *[""] * 3) for name in failed]
    head = ("", "variant", result["metric"], "seeds 0, 1, 2", "behind", "verdict")
    return table(head, rows)
