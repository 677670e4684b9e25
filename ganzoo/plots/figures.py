"""Figures: points with D's field, histograms, and curves of a run."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Okabe and Ito's colours, distinct for any kind of colour vision; black is reserved for
# lines that are not curves.
BLUE, ORANGE = "#0072B2", "#D55E00"
PALETTE = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
# Red, white, blue, half way to white: the points must stand out at both ends.
FIELD_COLOURS = ListedColormap(
    0.5 + 0.5 * colormaps["RdBu"](np.linspace(0.15, 0.85, 256))
)

Extent = tuple[float, float, float, float]


def extent_of(points: np.ndarray, margin: float = 0.25) -> Extent:
    """Returns the square (x0, x1, y0, y1) around points (n, 2), with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (low + high) / 2
    # If all points coincide, any positive size will do.
    half = float((high - low).max()) * (0.5 + margin) or 1.0
    return float(x - half), float(x + half), float(y - half), float(y + half)


def mesh(extent: Extent, size: int) -> np.ndarray:
    """Returns float32 points (size * size, 2) of a regular mesh, x fastest, y upwards.

    Values at them, reshaped to (size, size), are the `field` of `points_figure`.
    """
    x0, x1, y0, y1 = extent
    x, y = np.meshgrid(np.linspace(x0, x1, size), np.linspace(y0, y1, size))
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def points_figure(
    real: np.ndarray,
    fake: np.ndarray,
    field: np.ndarray | None = None,
    extent: Extent | None = None,
    title: str | None = None,
) -> np.ndarray:
    """Draws data and samples in the plane over the discriminator's decision field.

    Args:
        real: data points (n, 2).
        fake: samples (m, 2). Those outside the picture are counted in the legend.
        field: D(x) in [0, 1] at `mesh(extent, size)`, shape (size, size); blue where D
            says real, red where it says fake, a black line at 0.5.
        extent: (x0, x1, y0, y1) of the picture; by default the extent of `real`. Pass
            the same one to every frame of an animation.
        title: a line above the picture.
    """
    x0, x1, y0, y1 = extent = extent or extent_of(real)
    figure = Figure(figsize=(6.4, 5.6), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    if field is not None:
        grid = mesh(extent, len(field)).reshape(*field.shape, 2)
        colours = axes.pcolormesh(
            grid[..., 0], grid[..., 1], field, cmap=FIELD_COLOURS, vmin=0, vmax=1
        )
        # Outside (min, max) there is no line to draw, and matplotlib warns.
        if field.min() < 0.5 < field.max():
            axes.contour(
                grid[..., 0],
                grid[..., 1],
                field,
                levels=[0.5],
                colors="black",
                linewidths=1.2,
            )
        bar = figure.colorbar(colours, ax=axes, shrink=0.9, ticks=np.linspace(0, 1, 5))
        bar.set_label("D(x): 0 = fake, 1 = real")
        bar.ax.axhline(0.5, color="black", linewidth=1.2)
    inside = (fake >= (x0, y0)).all(axis=1) & (fake <= (x1, y1)).all(axis=1)
    outside = len(fake) - int(inside.sum())
    label = f"samples ({outside} of {len(fake)} outside)" if outside else "samples"
    edge = {"edgecolors": "white", "linewidths": 0.3}
    named = {"label": label} if len(fake) else {}
    axes.scatter(*fake.T, s=16, color=ORANGE, **named, **edge)
    # The data are drawn on top, or samples would hide the modes that they cover.
    named = {"label": "data"} if len(real) else {}
    axes.scatter(*real.T, s=5, color="black", linewidths=0, **named)
    axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="$x_1$", ylabel="$x_2$", title=title)
    axes.set_aspect("equal")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, markerscale=1.5)
    return render(figure)


def histogram_figure(values: np.ndarray, title: str | None = None) -> np.ndarray:
    """Draws a histogram of numbers (n,), in 50 bins."""
    figure = Figure(figsize=(6.4, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.hist(values, bins=50, color=ORANGE)
    axes.set(xlabel="$x_1$", ylabel="samples", title=title)
    return render(figure)


def signals_figure(signals: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Draws signals (n, L, C) in a grid on one scale, a line for each channel."""
    count, length, channels = signals.shape
    columns = columns or math.ceil(math.sqrt(count))
    low, high = signals.min(), signals.max()
    heights = (signals - low) / ((high - low) or 1)
    figure = Figure(figsize=(6.4, 6.4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    across = np.linspace(0, 1, length)
    for i, signal in enumerate(heights):
        row, column = divmod(i, columns)
        for channel in range(channels):
            colour = PALETTE[channel % len(PALETTE)]
            place = across + 1.1 * column, signal[:, channel] - 1.1 * row
            axes.plot(*place, color=colour, linewidth=1)
    return render(figure)


def curves_figure(rows: Sequence[dict]) -> np.ndarray:
    """Draws the losses, and D(x) and D(G(z)) where D is a probability.

    Args:
        rows: the lines of metrics.jsonl, each with "step". The totals d_loss and g_loss
            are drawn thick, their terms thin; a term equal to its total is left out.
            Any key may be missing from any row.
    """
    steps = [row["step"] for row in rows]
    outputs = {"d_real": (BLUE, "D(x)"), "d_fake": (ORANGE, "D(G(z))")}
    outputs = {k: v for k, v in outputs.items() if any(k in row for row in rows)}
    figure = Figure(figsize=(8, 6 if outputs else 4), dpi=100, layout="constrained")
    panels = figure.subplots(1 + bool(outputs), sharex=True, squeeze=False)[:, 0]
    line = {"marker": "o" if len(rows) < 20 else None, "markersize": 4}

    for (name, values), colour in zip(
        _loss_curves(rows).items(), PALETTE * 9, strict=False
    ):
        width = 1.8 if name in ("d_loss", "g_loss") else 1.0
        panels[0].plot(steps, values, color=colour, linewidth=width, label=name, **line)
    panels[0].set(ylabel="loss", title="Losses, mean of each log interval")
    for name, (colour, label) in outputs.items():
        panels[1].plot(steps, _column(rows, name), color=colour, label=label, **line)
    for panel in panels[1:]:
        panel.axhline(0.5, color="black", linewidth=1, linestyle="--", label="balance")
        panel.set(ylabel="mean probability of real", ylim=(-0.03, 1.03))
    panels[-1].set_xlabel("step (generator updates)")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    for panel in panels:
        panel.grid(alpha=0.3)
        if panel.lines:
            panel.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return render(figure)


def _loss_curves(rows: Sequence[dict]) -> dict[str, np.ndarray]:
    """Returns the columns to draw as losses: totals, and terms that differ."""
    names = dict.fromkeys(name for row in rows for name in row)
    names = [
        n for n in names if n[:2] in ("d_", "g_") and n not in ("d_real", "d_fake")
    ]
    columns = {name: _column(rows, name) for name in names}
    totals = {n: columns[n] for n in ("d_loss", "g_loss") if n in columns}
    terms = {
        name: values
        for name, values in columns.items()
        if name not in totals
        and not any(np.allclose(values, t, equal_nan=True) for t in totals.values())
    }
    return totals | terms


def _column(rows: Sequence[dict], name: str) -> np.ndarray:
    """Returns one key of every row as floats; NaN, a gap in the curve, if missing."""
    return np.array([row.get(name, np.nan) for row in rows], float)


def render(figure: Figure) -> np.ndarray:
    """Renders a figure to uint8 (H, W, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
