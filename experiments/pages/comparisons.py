"""README's tables of the zoo's own comparisons."""

from pages.recorded import recorded, table


def digits() -> str:
    """Every unconditional variant of images on the digits."""
    return _ranking("compare_digits")


def mnist() -> str:
    """Every unconditional variant of images on MNIST."""
    return _ranking("compare_mnist")


def _ranking(name):
    result = recorded(name)
    found = result["measured"]
    rows = [
        (
            i,
            f"`{row['variant']}`",
            f"{row['mean']:.4g}",
            f"{row['std']:.2g}",
            f"{row['difference']:.3g}",
            row["verdict"],
            f"{row['seconds']:.0f}",
        )
        for i, row in enumerate(found["ranking"], 1)
    ]
    rows.append(("", "real data, the floor", f"{found['floor']:.4g}", *[""] * 4))
    failed = sorted({cell for cell, *_ in found["failed"]})
    rows += [("", f"`{cell}`", "failed", *[""] * 4) for cell in failed]
    head = ("", "variant", found["metric"], "+-", "behind", "verdict", "s a run")
    return table(head, rows)
