"""report.html of a comparison: one file, nothing else is fetched to show it."""

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
from ganzoo.comparison.result import Comparison
from ganzoo.evaluation.metric_table import BETTER
from ganzoo.plots import pictures
from ganzoo.runs.experiment import to_dict
from ganzoo.runs.log import read_rows
from ganzoo.utils.files import write_atomically

FILE = "report.html"
SCORES = "scores.jsonl"
IMAGES = "real images seen"
SMALL = 40_000  # bytes of a picture, so that hundreds of them make no heavy page
COSTS = {
    "g_parameters": "G's parameters",
    "d_parameters": "D's parameters",
    "flops_per_sample": "FLOPs a sample",
    "ms_per_step": "ms a step",
    "seconds": "training, s",
    "peak_memory_mib": "peak memory, MiB",
}
WORDS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "floor": "the nearer to the floor, the better",
}


def write(comparison: Comparison) -> None:
    """Writes report.html, and its charts as PNG files in `plots/`."""
    text = render(comparison)
    write_atomically(comparison.path / FILE, text.encode())


def render(comparison: Comparison) -> str:
    """The page. Whatever comes from outside, names above all, is escaped."""
    files = resources.files("ganzoo.comparison.templates")
    style, script = ((files / name).read_text() for name in ("page.css", "page.js"))
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    first = comparison.cells[0].experiment
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
        cells=[_cell(comparison, cell) for cell in _ordered(comparison)],
        costs=COSTS,
        protocols=_protocols(comparison),
    )


def number(value) -> str:
    """Four digits; a dash for what is not known."""
    if value is None or np.isnan(value):
        return "\N{EN DASH}"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


def data_uri(picture: np.ndarray) -> str:
    """A uint8 RGB picture as a WebP image: exact, unless that would be large."""
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
    """A content security policy: this style, this script, inline images, no more."""
    style, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (style, script)
    )
    return (
        f"default-src 'none'; img-src data:; style-src {style}; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )


def _ordered(comparison):
    """The cells, as they are ranked; those without scores at the end."""
    order = [place.name for place in comparison.places]
    return sorted(
        comparison.cells,
        key=lambda c: order.index(c.name) if c.name in order else len(order),
    )


def _charts(comparison):
    """(title, what it shows, picture) of the charts of all cells."""
    floor = _floor_on_the_way(comparison)
    made = []
    for file, x, of in (
        ("score_by_images", IMAGES, lambda images, seconds: images),
        ("score_by_seconds", "seconds of training", lambda images, seconds: seconds),
    ):
        curves = {}
        for cell in _ordered(comparison):
            points = [_points(run, cell) for run in comparison.of(cell.name)]
            curves[cell.name] = [
                ([of(i, s) for i, s, _ in p], [y for *_, y in p]) for p in points if p
            ]
        curves = {name: runs for name, runs in curves.items() if runs}
        if curves:
            picture = charts.score_chart(curves, comparison.metric, x, floor)
            pictures.save_png(picture, comparison.path / "plots" / f"{file}.png")
            title = f"{comparison.metric} against {x}"
            made.append({"title": title, "uri": data_uri(picture)})
    return made


def _floor_on_the_way(comparison):
    """The floor of the scores during training, which are of other parts of the data."""
    rows = (row for run in comparison.runs for row in read_rows(run.path / SCORES))
    return next((row["floor"] for row in rows if "floor" in row), None)


def _points(run, cell):
    """(images, seconds, score) of the scores during a run."""
    log = read_rows(run.path / "metrics.jsonl")
    seconds = {row["step"]: row["seconds"] for row in log}
    size = images_per_step(cell.experiment)
    rows = read_rows(run.path / SCORES)
    return [
        (row["step"] * size, seconds[row["step"]], row["value"])
        for row in rows
        if "value" in row and row["step"] in seconds
    ]


def _cell(comparison, cell):
    """What the page shows of a cell."""
    runs = comparison.of(cell.name)
    found = {place.name: place for place in comparison.places}
    done = [run for run in runs if run.cost]
    values = {
        metric: [score.value for score in comparison.scores(cell.name, metric)]
        for metric in comparison.metrics
    }
    costs = {key: [run.cost[key] for run in done] for key in COSTS}
    grids = [(run.seed, _grid(run)) for run in runs]
    return {
        "name": cell.name,
        "place": found.get(cell.name),
        "rank": list(found).index(cell.name) + 1 if cell.name in found else None,
        "means": {metric: _mean(v) for metric, v in values.items()},
        "spreads": {metric: _std(v) for metric, v in values.items()},
        "cost": {key: _mean(v) for key, v in costs.items()},
        "grids": [(seed, uri) for seed, uri in grids if uri],
        "walk": _picture(done, "interpolation.png"),
        "neighbours": _picture(done, "neighbours.png"),
        "losses": _losses(comparison, cell, runs),
        "events": [
            (run.seed, event)
            for run in runs
            for event in read_rows(run.path / "health.jsonl")
        ],
        "settings": json.dumps(to_dict(cell.experiment), indent=2),
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
    """Of the first seed that has it."""
    paths = [run.path / "samples" / name for run in runs]
    return next((data_uri(pictures.read_png(p)) for p in paths if p.exists()), None)


def _losses(comparison, cell, runs):
    size = images_per_step(cell.experiment)
    pairs = []
    for run in runs:
        rows = read_rows(run.path / "metrics.jsonl")
        xs = [row["step"] * size for row in rows]
        losses = [[row.get(k, np.nan) for row in rows] for k in ("d_loss", "g_loss")]
        pairs += [[(xs, ys) for ys in losses]] if rows else []
    if not pairs:
        return None
    picture = charts.loss_chart(pairs, IMAGES)
    name = f"losses_{runs[0].path.parent.name}.png"
    pictures.save_png(picture, comparison.path / "plots" / name)
    return data_uri(picture)


def _protocols(comparison):
    """The conditions of each score, once each."""
    protocols = {}
    for run in comparison.runs:
        for score in run.scores:
            protocols.setdefault(score.metric, score.protocol.split(" | ")[0])
    return protocols
