"""Writes docs/gallery.md and docs/zoo.png: samples of finished runs and real data.

    python experiments/gallery.py runs/*

Of all given runs of a variant on a data set, those with the most steps count, and those
that were written before with as many steps: the one with the lowest seed is shown, and
the scores of the others are listed. Pictures are those that the run drew of its last
step, and of the data: nothing is chosen by hand. What was written before of other
variants and data sets stays.
"""

import json
import shlex
import shutil
import sys
from pathlib import Path

from pages import variants
from PIL import Image, ImageDraw, ImageFont, ImageOps

from ganzoo.data import load_data
from ganzoo.data.toy import MIXTURES
from ganzoo.models.image_arrays import spread
from ganzoo.plots import pictures
from ganzoo.runs.directory import read_config
from ganzoo.runs.experiment import Experiment, completed, from_dict, to_dict
from ganzoo.runs.log import read_rows
from ganzoo.runs.resolve import data_settings

DOCS = Path(__file__).parents[1] / "docs"
FOLDER = DOCS / "gallery"
RECORDS = FOLDER / "runs.json"
# Settings that leave the samples as they are.
FREE = (
    "data_dir",
    "strategy",
    "virtual_devices",
    "log_every",
    "sample_every",
    "checkpoint_every",
    "checkpoint_minutes",
)
BOX, GAP, COLUMNS = (240, 120), 16, 4
SHOWN = 3  # of the scores that `ganzoo evaluate` wrote, in its order


def finished(folder) -> dict | None:
    """Facts of a run for the page; None if it is not a run, or has not ended."""
    config = read_config(folder)
    if config is None:
        return None
    experiment = completed(config["experiment"])
    if read_rows(Path(folder) / "metrics.jsonl")[-1]["step"] < experiment["steps"]:
        return None
    return {
        "variant": experiment["model"],
        "data": Path(experiment["dataset"]).stem,
        "command": command(experiment),
        "seed": experiment["seed"],
        "steps": experiment["steps"],
        "scores": scores(Path(folder) / "evaluation.json"),
    }


def command(experiment) -> str:
    """The command of a run: each setting of the samples that is not the default."""
    words = ["ganzoo", "train", experiment["model"]]
    default = to_dict(Experiment())
    for name, value in experiment.items():
        if name in ("model", "options", *FREE) or value == default[name]:
            continue
        text = Path(value).name if name == "dataset" else value
        words.append(f"--{name}" if value is True else f"--{name}={text}")
    for option, value in experiment["options"].items():
        words.append(f"--set={option}={json.dumps(value)}")
    return shlex.join(words)


def scores(path) -> list[dict]:
    """The scores of the last checkpoint, with those of real data."""
    if not path.exists():
        return []
    rows = json.loads(path.read_text("utf-8"))["scores"]
    names = ("metric", "value", "floor")
    of_last = [row for row in rows if row["checkpoint"] == "last"]
    return [{name: row[name] for name in names} for row in of_last]


def draw(folder, name, data) -> None:
    """Copies the last samples and the curves of a run, and its real data."""
    last = max((Path(folder) / "samples").glob("step_*.png"))
    shutil.copyfile(last, FOLDER / f"{name}.png")
    shutil.copyfile(Path(folder) / "curves.png", FOLDER / f"{name}_curves.png")
    real, shown = Path(folder) / "samples" / "real.png", FOLDER / f"{data}_real.png"
    if real.exists():
        shutil.copyfile(real, shown)
    elif not shown.exists():  # a run of 0.1.0, or one that translates
        experiment = from_dict(completed(read_config(folder)["experiment"]))
        arrays = load_data(**data_settings(experiment)).arrays
        picture = pictures.samples_picture(spread(arrays["real"], 64))
        pictures.save_png(picture, shown)


def page(records) -> str:
    """The text of docs/gallery.md."""
    parts = [HEAD]
    for name, run in sorted(records.items()):
        seeds = "".join(
            f"\n\nSeed {other['seed']}: {scores_line(other)}."
            for other in run["others"]
        )
        parts.append(
            f"## {run['variant']} on {run['data']}\n\n"
            f"`{run['command']}`: seed {run['seed']}.\n"
            f"{scores_line(run)}.{seeds}\n\n"
            "| samples | real data |\n|---|---|\n"
            f"| ![Samples of {run['variant']}](gallery/{name}.png) "
            f"| ![Real data](gallery/{run['data']}_real.png) |\n"
        )
    return "\n".join(parts)


def sheet(runs) -> Image.Image:
    """One picture of a run of each variant: the first rows of its samples."""
    names = sorted(runs)
    width, height = BOX
    rows = -(-len(names) // COLUMNS)
    size = (COLUMNS * (width + GAP) + GAP, rows * (height + 2 * GAP) + GAP)
    picture = Image.new("RGB", size, "white")
    write = ImageDraw.Draw(picture)
    for i, name in enumerate(names):
        x = GAP + i % COLUMNS * (width + GAP)
        y = GAP + i // COLUMNS * (height + 2 * GAP)
        run = runs[name]
        text = f"{name}: {run['data']}"
        write.text((x, y), text, fill="black", font=ImageFont.load_default(GAP - 4))
        with Image.open(FOLDER / f"{run['key']}.png") as image:
            whole = run["data"] in MIXTURES
            fits = image.width * height // width
            part = image.height if whole else min(image.height, fits)
            first = image.convert("RGB").crop((0, 0, image.width, part))
        picture.paste(ImageOps.contain(first, BOX), (x, y + GAP))
    return picture


HEAD = """# Gallery

The samples of each run at its last step, as the run drew them, next to real data.
Nothing is chosen by hand. In brackets: the score of held-out real data.
Some runs are older than the present networks: those of `lsgan`, `improved` and
`pacgan` on MNIST, and of `wgan` on digits ([defaults](defaults.md)).
`python experiments/gallery.py runs/*` writes this page.
"""


def scores_line(run) -> str:
    """The first scores of a run next to those of real data, in words."""
    texts = [
        f"{row['metric'].replace('_', ' ')} {row['value']:.3g} ({row['floor']:.3g})"
        for row in run["scores"][:SHOWN]
    ]
    return ", ".join(texts).capitalize() or "Not scored"


def by_seed(runs, before) -> list[dict]:
    """The longest runs by seed: of each seed the given one, or that written before.

    Args:
        runs: pairs of a run and its folder.
        before: the record of this variant and data set, or None.
    """
    steps = max(run["steps"] for run, _ in runs)
    known = [run for run, _ in runs]
    if before is not None:
        alone = {name: value for name, value in before.items() if name != "others"}
        known = [alone, *before["others"], *known]
    found = {run["seed"]: run for run in known if run["steps"] == steps}
    return [found[seed] for seed in sorted(found)]


def main(*folders):
    found = {}
    for folder in folders:
        if run := finished(folder):
            name = f"{run['variant']}_{run['data']}"
            found.setdefault(name, []).append((run, folder))
    FOLDER.mkdir(exist_ok=True)
    records = json.loads(RECORDS.read_text("utf-8")) if RECORDS.exists() else {}
    for name, runs in found.items():
        shown, *others = by_seed(runs, records.get(name))
        records[name] = {**shown, "others": others}
        for run, folder in runs:
            if run is shown:
                draw(folder, name, run["data"])
    RECORDS.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n", "utf-8")
    (DOCS / "gallery.md").write_text(page(records), "utf-8")
    sheet(variants.of_each(records)).save(DOCS / "zoo.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
