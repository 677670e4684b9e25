"""report.html of a comparison: a self-contained file."""

import base64
import hashlib
import io
import json
from importlib import resources

import jinja2
import numpy as np
from PIL import Image

from ganzoo.comparison import charts
from ganzoo.comparison.entries import images_per_step
from ganzoo.comparison.ranking import BEST, LEVEL, WORSE
from ganzoo.comparison.result import FAILED, Comparison
from ganzoo.evaluation.metric_table import BETTER
from ganzoo.plots import pictures
from ganzoo.runs.experiment import to_dict
from ganzoo.runs.log import read_rows
from ganzoo.utils.files import write_atomically

FILE = "report.html"
SCORES = "scores.jsonl"
IMAGES = "real images seen"
LOSSES = ("d_loss", "g_loss")
SMALL = 40_000  # bytes per picture, which keeps a page with hundreds of them small
COSTS = {
    "g_parameters": "G's parameters",
    "d_parameters": "D's parameters",
    "flops_per_sample": "FLOPs per sample",
    "ms_per_step": "ms/step",
    "seconds": "training (s)",
    "peak_memory_mib": "peak memory (MiB)",
}
WORDS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "floor": "nearer to the score of real data is better",
}


def write(comparison: Comparison) -> None:
    """Writes report.html, and its charts as PNG files in `plots/`."""
    text = render(comparison)
    write_atomically(comparison.path / FILE, text.encode())


def render(comparison: Comparison) -> str:
    """Renders the page. All text from outside, such as names, is escaped."""
    files = resources.files("ganzoo.comparison.templates")
    style, script = ((files / name).read_text() for name in ("page.css", "page.js"))
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    first = comparison.entries[0].experiment
    return environment.from_string((files / "report.html").read_text()).render(
        style=style,
        script=script,
        policy=_policy(style, script),
        comparison=comparison,
        dataset=first.dataset,
        seeds=len({run.seed for run in comparison.runs}),
        images=first.steps * images_per_step(first),
        words=WORDS,
        better=BETTER,
        best=BEST,
        worse=WORSE,
        level=f"{LEVEL:.0%}",
        charts=_charts(comparison),
        entries=[_shown(comparison, entry) for entry in _ranked(comparison)],
        costs=COSTS,
        protocols=_protocols(comparison),
    )


def number(value) -> str:
    """Formats a number with four digits; None and NaN as a dash."""
    if value is None or np.isnan(value):
        return "\N{EN DASH}"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


def data_uri(picture: np.ndarray) -> str:
    """Encodes a uint8 RGB picture as WebP, lossless unless that is too large."""
    image = Image.fromarray(picture)
    half = image.reduce(2)
    attempts = [(image, {"lossless": True, "quality": 20, "method": 2})]
    attempts += [(image, {"quality": 75}), (image, {"quality": 40}), (half, {})]
    for version, form in attempts:
        file = io.BytesIO()
        version.save(file, format="WEBP", **form)
        if file.tell() <= SMALL:
            break
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def _policy(style, script):
    """Content security policy that allows this style, this script and inline images."""
    style, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (style, script)
    )
    return (
        f"default-src 'none'; img-src data:; style-src {style}; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )


def _ranked(comparison):
    """The entries in the order of the ranking; entries without scores come last."""
    order = [place.name for place in comparison.places]
    return sorted(
        comparison.entries,
        key=lambda e: order.index(e.name) if e.name in order else len(order),
    )


def _charts(comparison):
    """Title and picture of each chart of all entries."""
    points = {
        entry.name: [_points(run, entry) for run in comparison.of(entry.name)]
        for entry in _ranked(comparison)
    }
    axes = {"score_by_images": IMAGES, "score_by_seconds": "seconds of training"}
    floor = _floor_in_training(comparison)
    shown = []
    for column, (file, x) in enumerate(axes.items()):
        curves = {}
        for name, runs in points.items():
            lines = [(run[column], run[-1]) for run in runs if run[-1]]
            curves |= {name: lines} if lines else {}
        if curves:
            picture = charts.score_chart(curves, comparison.metric, x, floor)
            pictures.save_png(picture, comparison.path / "plots" / f"{file}.png")
            title = f"{comparison.metric} against {x}"
            shown.append({"title": title, "uri": data_uri(picture)})
    return shown


def _floor_in_training(comparison):
    """The score of real data in training, which uses other parts of the data."""
    rows = (row for run in comparison.runs for row in read_rows(run.path / SCORES))
    return next((row["floor"] for row in rows if "floor" in row), None)


def _points(run, entry):
    """Lists (images, seconds, scores) at each score of a run."""
    log = read_rows(run.path / "metrics.jsonl")
    rows = [row for row in read_rows(run.path / SCORES) if "value" in row and log]
    known = [[row[key] for row in log] for key in ("step", "seconds")]
    size = images_per_step(entry.experiment)
    return (
        [row["step"] * size for row in rows],
        # A long log is thinned: between its rows, time passes evenly.
        [float(np.interp(row["step"], *known)) for row in rows],
        [row["value"] for row in rows],
    )


def _shown(comparison, entry):
    """The facts and pictures of an entry, for the page."""
    runs = comparison.of(entry.name)
    finished = [run for run in runs if run.cost]
    values = {
        metric: [score.value for score in comparison.scores(entry.name, metric)]
        for metric in comparison.metrics
    }
    costs = {key: [run.cost[key] for run in finished] for key in COSTS}
    grids = [(run.seed, _grid(run)) for run in runs]
    ranks = {place.name: i for i, place in enumerate(comparison.places, 1)}
    places = {place.name: place for place in comparison.places}
    return {
        "name": entry.name,
        "place": places.get(entry.name),
        "missing": FAILED if runs else "not run yet",
        "rank": ranks.get(entry.name),
        "means": {metric: _mean(v) for metric, v in values.items()},
        "spreads": {metric: _std(v) for metric, v in values.items()},
        "cost": {key: _mean(v) for key, v in costs.items()},
        "grids": [(seed, uri) for seed, uri in grids if uri],
        "walk": _picture(finished, "interpolation.png"),
        "neighbours": _picture(finished, "neighbours.png"),
        "losses": _losses(comparison, entry, runs),
        "events": [
            (run.seed, event)
            for run in runs
            for event in read_rows(run.path / "health.jsonl")
        ],
        "settings": json.dumps(to_dict(entry.experiment), indent=2),
    }


def _mean(values):
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _std(values):
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _grid(run):
    paths = sorted((run.path / "samples").glob("step_*.png"))
    return data_uri(pictures.read_png(paths[-1])) if paths else None


def _picture(runs, name):
    """The picture from the first seed that has it, None if there is none."""
    paths = [run.path / "samples" / name for run in runs]
    return next((data_uri(pictures.read_png(p)) for p in paths if p.exists()), None)


def _losses(comparison, entry, runs):
    size = images_per_step(entry.experiment)
    pairs = []
    for run in runs:
        rows = read_rows(run.path / "metrics.jsonl")
        if rows:
            xs = [row["step"] * size for row in rows]
            losses = ([row.get(k, np.nan) for row in rows] for k in LOSSES)
            pairs.append([(xs, ys) for ys in losses])
    if not pairs:
        return None
    picture = charts.loss_chart(pairs, IMAGES)
    name = f"losses_{runs[0].path.parent.name}.png"
    pictures.save_png(picture, comparison.path / "plots" / name)
    return data_uri(picture)


def _protocols(comparison):
    """The protocol of each score."""
    protocols = {}
    for run in comparison.runs:
        for score in run.scores:
            protocols.setdefault(score.metric, score.protocol.split(" | ")[0])
    return protocols
