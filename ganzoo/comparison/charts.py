"""Charts of a comparison: curves of several cells, NumPy in and RGB arrays out."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ganzoo.plots.figures import PALETTE, render

REST = "#8C959F"  # of the cells that have no colour of their own

Curve = tuple[Sequence[float], Sequence[float]]


def score_chart(
    curves: Mapping[str, Sequence[Curve]], metric: str, x: str, floor: float | None
) -> np.ndarray:
    """One line a run, one colour a cell, the first cells in colours of their own.

    Args:
        curves: (x, score) of every run, by cell, the best cell first.
        metric: name of the score.
        x: what it is drawn against.
        floor: what real data get.
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
        axes.axhline(floor, color="black", linestyle="--", linewidth=1, label="floor")
    values = [y for runs in curves.values() for _, ys in runs for y in ys]
    if values and min(values) > 0 and max(values) > 20 * min(values):
        axes.set_yscale("log")
    axes.set(xlabel=x, ylabel=metric)
    axes.grid(alpha=0.3)
    if curves:
        figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return render(figure)


def loss_chart(runs: Sequence[tuple[Curve, Curve]], x: str) -> np.ndarray:
    """The losses of D and G of a cell, one pair of lines a seed.

    Args:
        runs: ((x, d_loss), (x, g_loss)) of every run.
        x: what they are drawn against.
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
    """A name as a legend shows it: no mathematics, and an underscore may begin it."""
    return " " + name[:40].replace("$", r"\$")
