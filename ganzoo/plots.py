"""Pictures of a training run: NumPy in, RGB arrays or files out.

Every picture is a uint8 array (H, W, 3), so that it can be saved, shown in a notebook
or made a frame of an animation. Figures use matplotlib's objects without pyplot: no
global state, no display, safe in threads and tests.
"""

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from ganzoo import safety
from ganzoo.caption_plots import beside
from ganzoo.voxel_plots import volumes_picture

MIN_WIDTH = 400  # a grid of 8x8 digits drawn pixel for pixel would be 64 wide
MAX_FRAMES = 60  # a few MB and some ten seconds: what people look at to the end
MAX_SIDE = 1000  # pixels of an animation's longer side
GREY = 128

# Okabe and Ito's colours, told apart with any kind of colour vision; black is kept
# for what is not a curve.
BLUE, ORANGE = "#0072B2", "#D55E00"
PALETTE = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
# Red, white, blue, half way to white: the points above must stand out at both ends.
FIELD_COLOURS = ListedColormap(
    0.5 + 0.5 * colormaps["RdBu"](np.linspace(0.15, 0.85, 256))
)

Extent = tuple[float, float, float, float]


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path that becomes `path` when the block ends well.

    A reader, or a run that was killed, thus never sees half a file. Folders are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: Pillow chooses the format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def save_png(array: np.ndarray, path: str | Path) -> None:
    """Writes a uint8 picture (H, W, 3) to `path`, atomically."""
    with replacing(path) as temporary:
        Image.fromarray(array).save(temporary, format="PNG")


def read_png(path: str | Path) -> np.ndarray:
    """Reads a picture as uint8 (H, W, 3)."""
    with safety.open_image(path) as image:
        return np.asarray(image.convert("RGB"))


def image_grid(
    images: np.ndarray,
    columns: int | None = None,
    scale: int | None = None,
    pad: int = 2,
) -> np.ndarray:
    """Lays images out row by row on mid grey.

    Args:
        images: uint8 (n, H, W, C), C = 1 or 3.
        columns: images in a row; by default the grid is about square.
        scale: each pixel becomes `scale` x `scale`; by default just enough for a
            grid that is 400 pixels wide.
        pad: pixels between images and around the grid.

    Returns:
        uint8 (rows * (H * scale + pad) + pad, columns * (W * scale + pad) + pad, 3).

    Raises:
        ValueError: `images` is no uint8 batch of grey or RGB images, or is empty.
    """
    fits = images.ndim == 4 and len(images) > 0 and images.shape[-1] in (1, 3)
    if images.dtype != np.uint8 or not fits:
        raise ValueError(
            "`images` must be a batch of grey or RGB images. Allowed: uint8 of shape "
            f"(n, H, W, 1) or (n, H, W, 3), n from 1. Received: {images.dtype} of "
            f"shape {images.shape}."
        )
    n, height, width, _ = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    room = MIN_WIDTH - pad * (columns + 1)
    scale = scale or max(1, math.ceil(room / (columns * width)))
    tiles = np.full(
        (rows * columns, height * scale + pad, width * scale + pad, 3), GREY, np.uint8
    )
    tiles[:n, pad:, pad:] = images.repeat(scale, axis=1).repeat(scale, axis=2)
    tiles = tiles.reshape(rows, columns, *tiles.shape[1:])
    grid = tiles.swapaxes(1, 2).reshape(rows * tiles.shape[2], -1, 3)
    return np.pad(grid, ((0, pad), (0, pad), (0, 0)), constant_values=GREY)


def extent_of(points: np.ndarray, margin: float = 0.25) -> Extent:
    """The square (x0, x1, y0, y1) around points (n, 2), widened by `margin` a side."""
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (low + high) / 2
    # All points in one place leave no size to widen; any positive one will do.
    half = float((high - low).max()) * (0.5 + margin) or 1.0
    return float(x - half), float(x + half), float(y - half), float(y + half)


def mesh(extent: Extent, size: int) -> np.ndarray:
    """The float32 points (size * size, 2) of a regular mesh, x fastest, y upwards.

    Values there, reshaped to (size, size), are the `field` of `points_figure`.
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
        extent: (x0, x1, y0, y1) of the picture; by default that of `real`. Hand the
            same one to every frame of an animation.
        title: a line above the picture.
    """
    x0, x1, y0, y1 = extent = extent or extent_of(real)
    figure = Figure(figsize=(6.4, 5.6), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    if field is not None:
        grid = mesh(extent, len(field)).reshape(*field.shape, 2)
        colours = axes.pcolormesh(
            grid[..., 0],
            grid[..., 1],
            field,
            cmap=FIELD_COLOURS,
            vmin=0,
            vmax=1,
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
    axes.scatter(*fake.T, s=16, color=ORANGE, label=label, **edge)
    # The data lie on top, or samples would hide the modes that they cover.
    axes.scatter(*real.T, s=5, color="black", linewidths=0, label="data")
    axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="$x_1$", ylabel="$x_2$", title=title)
    axes.set_aspect("equal")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, markerscale=1.5)
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


def samples_picture(
    samples: np.ndarray,
    columns: int | None = None,
    captions: Sequence[str] | None = None,
) -> np.ndarray:
    """A picture of samples: a grid of images or of volumes; the first two
    coordinates of vectors.

    Args:
        samples: (n, H, W, C) or (n, D, H, W, C) uint8, or (n, d) floats.
        columns: images in a row.
        captions: a text beside each row.
    """
    picture = _OF_SAMPLES[samples.ndim](samples, columns)
    return picture if captions is None else beside(picture, captions)


def _of_vectors(samples, columns):
    points = samples[:, :2]
    return points_figure(points[:0], points, extent=extent_of(points))


_OF_SAMPLES = {2: _of_vectors, 4: image_grid, 5: volumes_picture}


def thin(items: Sequence, limit: int = MAX_FRAMES) -> list:
    """At most `limit` of `items`, evenly spread, the first and the last among them."""
    count = min(len(items), limit)
    return [items[round(i)] for i in np.linspace(0, len(items) - 1, count)]


def animation(frames: Sequence[np.ndarray], path: str | Path, ms: int = 150) -> None:
    """Writes frames as a looping GIF, WebP or APNG, atomically.

    More than 60 frames are thinned out and large ones reduced by a whole factor, so
    that the file stays small; the last frame stands longer than the others.

    Args:
        frames: uint8 (H, W, 3), all of one shape.
        path: ends in .gif, .webp, .png or .apng.
        ms: milliseconds that a frame stands.

    Raises:
        ValueError: another suffix, no frames, or frames of different shapes.
    """
    formats = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG"}
    suffix = Path(path).suffix.lower()
    if suffix not in formats:
        raise ValueError(
            "An animation cannot be written to this file. "
            f"Allowed: {', '.join(formats)}. Received: {str(path)!r}."
        )
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1:
        raise ValueError(
            "`frames` do not make an animation. Allowed: one or more of one shape. "
            f"Received: {len(frames)} frames of shapes {sorted(shapes)}."
        )
    factor = math.ceil(max(frames[0].shape[:2]) / MAX_SIDE)
    images = [Image.fromarray(frame).reduce(factor) for frame in thin(frames)]
    with replacing(path) as temporary:
        images[0].save(
            temporary,
            format=formats[suffix],
            save_all=True,
            append_images=images[1:],
            duration=[ms] * (len(images) - 1) + [8 * ms],
            loop=0,
        )


def _loss_curves(rows: Sequence[dict]) -> dict[str, np.ndarray]:
    """The columns to draw as losses: totals first, terms unless they are the total."""
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
    """One key of every row as floats, NaN (a gap in the curve) where there is none."""
    return np.array([row.get(name, np.nan) for row in rows], float)


def render(figure: Figure) -> np.ndarray:
    """Renders a figure to uint8 (H, W, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
