"""Charts of a comparison: curves of several entries as RGB arrays."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ganzoo.plots.figures import PALETTE, render

REST = "#8C959F"  # colour of the entries without their own

Curve = tuple[Sequence[float], Sequence[float]]


def score_chart(
    curves: Mapping[str, Sequence[Curve]], metric: str, x: str, floor: float | None
) -> np.ndarray:
    """Draws a line per run; the first entries have their own colours.

    Args:
        curves: (x, score) of every run, by entry, the best entry first.
        metric: name of the score.
        x: name of the x axis.
        floor: score of real data, None if unknown.
    """
    figure = Figure(figsize=(8, 4.5), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for i, (name, runs) in reversed(list(enumerate(curves.items()))):
        own = i < len(PALETTE)
        style = {"color": PALETTE[i] if own else REST, "linewidth": 1.4 if own else 0.8}
        for k, (xs, ys) in enumerate(runs):
            label = _escaped(name) if own and not k else None
            axes.plot(xs, ys, marker="o", markersize=3, label=label, **style)
    if floor is not None:
        axes.axhline(
            floor, color="black", linestyle="--", linewidth=1, label="real data"
        )
    values = [y for runs in curves.values() for _, ys in runs for y in ys]
    if values and min(values) > 0 and max(values) > 20 * min(values):
        axes.set_yscale("log")
    axes.set(xlabel=x, ylabel=metric)
    axes.grid(alpha=0.3)
    if curves:
        figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return render(figure)


def loss_chart(runs: Sequence[tuple[Curve, Curve]], x: str) -> np.ndarray:
    """Draws the losses of D and G of an entry, a pair of lines per seed.

    Args:
        runs: ((x, d_loss), (x, g_loss)) of every run.
        x: name of the x axis.
    """
    figure = Figure(figsize=(5, 2.8), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for k, pair in enumerate(runs):
        for (xs, ys), colour, label in zip(pair, PALETTE, "DG", strict=False):
            shown = label if not k else None
            axes.plot(xs, ys, color=colour, linewidth=1.1, label=shown)
    axes.set(xlabel=x, ylabel="loss")
    axes.grid(alpha=0.3)
    if runs:
        axes.legend(frameon=False, fontsize=8)
    return render(figure)


def _escaped(name):
    """Escapes a name for a legend: no mathematics, leading underscores shown."""
    return " " + name[:40].replace("$", r"\$")
