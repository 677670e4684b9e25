"""Tables of docs/results.md, which `python experiments/tables.py` writes."""

from pages.recorded import recorded, table


def digits() -> str:
    """Every unconditional variant of images on the digits."""
    return _ranking("compare_digits")


def mnist() -> str:
    """Every unconditional variant of images on MNIST."""
    return _ranking("compare_mnist")


def _ranking(name):
    result = recorded(name)
    measured = result["measured"]
    rows = [
        (
            i,
            f"`{row['variant']}`",
            f"{row['mean']:.4g}",
            f"{row['std']:.2g}",
            f"{row['difference']:.3g}",
            row["verdict"],
        )
        for i, row in enumerate(measured["ranking"], 1)
    ]
    rows.append(("", "real data", f"{measured['real data']:.4g}", *[""] * 3))
    failed = sorted({cell for cell, *_ in measured["failed"]})
    rows += [("", f"`{cell}`", "failed", *[""] * 3) for cell in failed]
    head = ("", "variant", measured["metric"], "+-", "behind", "verdict")
    return table(head, rows)
