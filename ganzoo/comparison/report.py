"""report.html of a comparison: a self-contained file."""

import base64
import functools
import io
import json
import os
import statistics
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo.comparison import charts
from ganzoo.comparison.convergence import curve
from ganzoo.comparison.entries import images_per_step
from ganzoo.comparison.ranking import BEST, LEVEL, WORSE
from ganzoo.comparison.result import PENDING, Comparison
from ganzoo.evaluation.metric_table import BETTER, MEANINGS
from ganzoo.evaluation.score import conditions_of
from ganzoo.plots import page, pictures
from ganzoo.runs.directory import ENVIRONMENT, code_version
from ganzoo.runs.experiment import to_dict
from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks.health import read_health
from ganzoo.training.callbacks.log import METRICS, numbers
from ganzoo.utils import untrusted
from ganzoo.utils.files import write_atomically

FILE = "report.html"
AXES = {"steps": "G steps", "images": "real images seen"}
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
    """Writes report.html, and its charts as SVG files in `plots/`."""
    text = render(comparison)
    write_atomically(comparison.path / FILE, text.encode())


def render(comparison: Comparison) -> str:
    """Renders the page. All text from outside, such as names, is escaped."""
    files = resources.files("ganzoo.comparison.templates")
    first, protocols = comparison.entries[0].experiment, _protocols(comparison)
    return page.render(
        (files / "report.html").read_text(),
        page.STYLE,
        (files / "page.js").read_text(),
        filters={"number": number},
        comparison=comparison,
        dataset=first.dataset,
        provenance=_provenance(comparison),
        words=WORDS,
        better=BETTER,
        meanings=MEANINGS,
        best=BEST,
        worse=WORSE,
        pending=PENDING,
        level=f"{LEVEL:.0%}",
        seeds_chart=_seeds_chart(comparison),
        charts=_charts(comparison),
        real=_picture(comparison.runs, "real.png"),
        entries=[_shown(comparison, entry) for entry in _ranked(comparison)],
        costs=COSTS,
        protocols=protocols,
        extractor=protocols.get(comparison.metric, {}).get("extractor"),
    )


def number(value) -> str:
    """Formats a number with four digits; None and NaN as a dash."""
    if value is None or np.isnan(value):
        return "\N{EN DASH}"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


@functools.lru_cache(maxsize=4096)  # the report is written after every run
def _uri_of(path, changed):
    return data_uri(pictures.read_png(path))


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


def _ranked(comparison):
    """The entries in the order of the ranking; entries without scores come last."""
    order = [place.name for place in comparison.places]
    return sorted(
        comparison.entries,
        key=lambda e: order.index(e.name) if e.name in order else len(order),
    )


def _provenance(comparison):
    """A line of words: time, version, machine."""
    ours = f"ganzoo {code_version()}"
    facts = [ours, *_environment(comparison.runs), f"{os.cpu_count()} cores"]
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {', '.join(facts)}"


def _environment(runs):
    """The first record of a machine among the runs; empty if there is none."""
    for run in runs:
        try:
            known = untrusted.read_json(run.path / ENVIRONMENT)
            packages = {n: known["packages"][n] for n in ("tensorflow", "keras")}
            versions = [f"{name} {version}" for name, version in packages.items()]
            return [*versions, f"Python {known['python']}", known["platform"]]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return []


def _chart(comparison, name, svg):
    """Writes a chart as a file; returns its data URI."""
    write_atomically(comparison.path / "plots" / f"{name}.svg", svg.encode())
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _seeds_chart(comparison):
    """The scores of all seeds as points; None without scores."""
    values = {
        place.name: [score.value for score in comparison.scores(place.name)]
        for place in comparison.places
    }
    if not values:
        return None
    metric, references = comparison.metric, comparison.references
    return _chart(comparison, "seeds", charts.seeds_chart(values, metric, references))


def _charts(comparison):
    """Title and picture of each chart of all entries."""
    by_budget, by_time, floor = {}, {}, None
    for entry in _ranked(comparison):
        curves = [curve(run.path) for run in comparison.of(entry.name)]
        points = [
            (np.array([score.step for score in scores]), [s.value for s in scores])
            for scores in filter(None, curves)
        ]
        if not points:
            continue
        floor = next(scores[0].floor for scores in curves if scores)
        size = _axis(comparison, entry)[0]
        by_budget[entry.name] = [(size * steps, values) for steps, values in points]
        if pace := _pace(comparison.of(entry.name)):
            by_time[entry.name] = [(pace * steps, values) for steps, values in points]
    axes = {
        "score_by_budget": (by_budget, _axis(comparison, comparison.entries[0])[1]),
        "score_by_seconds": (by_time, "seconds, by the median time of a step"),
    }
    drawings = []
    for file, (curves, x) in axes.items():
        if curves:
            svg = charts.score_chart(curves, comparison.metric, x, floor)
            title = f"{comparison.metric} against {x}"
            drawings.append({"title": title, "uri": _chart(comparison, file, svg)})
    return drawings


def _axis(comparison, entry):
    """Units per step, and name, of the axis that shows the budget."""
    if comparison.budget.unit == "images":
        return images_per_step(entry.experiment), AXES["images"]
    return 1, AXES["steps"]


def _pace(runs):
    """Seconds of a step, the median over runs; None if unknown."""
    known = [run.cost["ms_per_step"] for run in runs if run.cost]
    known = [pace for pace in known if pace]
    return statistics.median(known) / 1000 if known else None


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
    place = places.get(entry.name)
    return {
        "name": entry.name,
        "place": place,
        "verdict": comparison.words(place) if place else "",
        "rank": ranks.get(entry.name),
        "runs": len(runs),
        "values": values,
        "means": {metric: _mean(v) for metric, v in values.items()},
        "spreads": {metric: _std(v) for metric, v in values.items()},
        "cost": {key: _mean(v) for key, v in costs.items()},
        "grids": [(seed, uri) for seed, uri in grids if uri],
        "walk": _picture(finished, "interpolation.png"),
        "neighbours": _picture(finished, "neighbours.png"),
        "losses": _losses(comparison, entry, runs),
        "health": [(run.seed, *read_health(run.path)) for run in runs],
        "settings": json.dumps(to_dict(entry.experiment), indent=2),
    }


def _mean(values):
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _std(values):
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _grid(run):
    paths = sorted((run.path / "samples").glob("step_*.png"))
    return _uri(paths[-1]) if paths else None


def _picture(runs, name):
    """The picture from the first seed that has it, None if there is none."""
    paths = [run.path / "samples" / name for run in runs]
    return next((_uri(path) for path in paths if path.exists()), None)


def _uri(path: Path):
    return _uri_of(path, path.stat().st_mtime_ns)


def _losses(comparison, entry, runs):
    size, x = _axis(comparison, entry)
    files = [run.path / METRICS for run in runs]
    files = [file for file in files if file.exists()]
    if not files:
        return None
    changed = tuple(file.stat().st_mtime_ns for file in files)
    svg = _loss_chart(tuple(files), changed, size, x)
    return _chart(comparison, f"losses_{runs[0].path.parent.name}", svg)


@functools.lru_cache(maxsize=256)
def _loss_chart(files, changed, size, x):
    pairs = []
    for file in files:
        rows = read_rows(file, sound=numbers)
        xs = [row["step"] * size for row in rows]
        losses = ([row.get(k, np.nan) for row in rows] for k in LOSSES)
        pairs.append([(xs, ys) for ys in losses])
    return charts.loss_chart(pairs, x)


def _protocols(comparison):
    """The conditions of each score."""
    protocols = {}
    for run in comparison.runs:
        for score in run.scores:
            protocols.setdefault(score.metric, conditions_of(score.protocol))
    return protocols
