"""Charts of a comparison as SVG, in the colours of the page's light or dark mode."""

import io
from collections.abc import Mapping, Sequence

from matplotlib import rc_context
from matplotlib.figure import Figure

from ganzoo.plots.figures import ORANGE, PALETTE

INK = "#010203"  # stands for the colour of text, which the mode decides
REST = "#8C959F"  # colour of the entries without their own
WIDTH = 3.6  # inches; a phone shows about as many, so that the text keeps its size
STYLE = (
    "<style>svg{color:#1b1f24}"
    "@media (prefers-color-scheme:dark){svg{color:#e6edf3}}</style>"
)
SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ganzoo",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "font.size": 9,
    "legend.fontsize": 8,
    "grid.alpha": 0.25,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "grid.color"), INK
    ),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
}

Curve = tuple[Sequence[float], Sequence[float]]


def score_chart(
    curves: Mapping[str, Sequence[Curve]], metric: str, x: str, floor: float | None
) -> str:
    """Draws a line per run; the first entries have their own colours.

    Args:
        curves: (x, score) of every run, by entry, the best entry first.
        metric: name of the score.
        x: name of the x axis.
        floor: score of real data, None if unknown.
    """
    with rc_context(SETTINGS):
        rows = (min(len(curves), len(PALETTE)) + 2) // 2
        figure, axes = _figure(2.6 + 0.2 * rows)
        for i, (name, runs) in enumerate(curves.items()):
            own = i < len(PALETTE)
            colour, width = (PALETTE[i], 1.4) if own else (REST, 0.8)
            for k, (xs, ys) in enumerate(runs):
                label = _escaped(name) if own and not k else None
                style = {"color": colour, "lw": width, "ms": 2.5}
                axes.plot(xs, ys, "o-", label=label, zorder=3 - i / 100, **style)
        _reference(axes.axhline, "real data", floor)
        values = [y for runs in curves.values() for _, ys in runs for y in ys]
        _log_if_wide(axes.set_yscale, values)
        axes.set(xlabel=x, ylabel=metric)
        axes.grid()
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
        return _svg(figure)


def seeds_chart(
    values: Mapping[str, Sequence[float]], metric: str, references: Mapping[str, float]
) -> str:
    """Draws a point per seed, a row per entry, and a line at each reference.

    Args:
        values: the scores of every seed, by entry, the best entry first.
        metric: name of the score.
        references: scores to compare with, by name.
    """
    with rc_context(SETTINGS):
        figure, axes = _figure(1.1 + 0.24 * len(values))
        for row, seeds in enumerate(values.values()):
            axes.plot(seeds, [row] * len(seeds), "o", color=ORANGE, ms=5, alpha=0.7)
        for (name, value), style in zip(references.items(), ("--", ":"), strict=False):
            _reference(axes.axvline, name, value, style)
        _log_if_wide(
            axes.set_xscale,
            [*references.values(), *(v for seeds in values.values() for v in seeds)],
        )
        names = [_escaped(name, 24) for name in values]
        axes.set(xlabel=metric, yticks=range(len(values)), yticklabels=names)
        axes.set_ylim(len(values) - 0.5, -0.5)
        axes.grid(axis="x")
        if references:
            figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return _svg(figure)


def loss_chart(runs: Sequence[tuple[Curve, Curve]], x: str) -> str:
    """Draws the losses of D and G of an entry, a pair of lines per seed.

    Args:
        runs: ((x, d_loss), (x, g_loss)) of every run.
        x: name of the x axis.
    """
    with rc_context(SETTINGS):
        figure, axes = _figure(2.6)
        for k, pair in enumerate(runs):
            for (xs, ys), colour, label in zip(pair, PALETTE, "DG", strict=False):
                name = label if not k else None
                axes.plot(xs, ys, color=colour, lw=1.1, label=name)
        axes.set(xlabel=x, ylabel="loss")
        axes.grid()
        axes.legend(frameon=False)
        return _svg(figure)


def _figure(height):
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def _reference(line, name, value, style="--"):
    if value is not None:
        line(value, color=INK, linestyle=style, linewidth=1, label=name)


def _log_if_wide(set_scale, values):
    if values and min(values) > 0 and max(values) > 20 * min(values):
        set_scale("log")


def _svg(figure):
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    head, tag, body = file.getvalue().partition("<defs>")
    return (head + STYLE + tag + body).replace(INK, "currentColor")


def _escaped(name, length=40):
    """Escapes a name for a legend: no mathematics, leading underscores shown."""
    return " " + name[:length].replace("$", r"\$")
