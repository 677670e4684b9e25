"""Draws held-out translations: the source, the answers of each run, the target.

    python experiments/pictures.py docs/facades.png runs/pix2pix_facades RUN ...

For a run with noise, a number after it sets how many answers are drawn: RUN=4. The
word `no-targets` before the runs leaves the targets out: not all photographs may be
printed.
"""

import sys

import numpy as np

import ganzoo
from ganzoo.data import load_data
from ganzoo.models.image_arrays import like, spread
from ganzoo.plots.pictures import image_grid, save_png
from ganzoo.runs.directory import read_config
from ganzoo.runs.experiment import completed, from_dict
from ganzoo.runs.resolve import data_settings

ROWS = 6


def held_out(run):
    """Sources and targets of the run's test split."""
    experiment = from_dict(completed(read_config(run)["experiment"]))
    arrays = load_data(**data_settings(experiment), split="test").arrays
    return (spread(arrays[key], ROWS) for key in ("source", "real"))


def draw(out, *words):
    """A row for each of some sources, spread over the test split."""
    with_targets = words[0] != "no-targets"
    runs = [word.partition("=") for word in words if word != "no-targets"]
    source, real = held_out(runs[0][0])
    columns = [source]
    for run, _, samples in runs:
        answers = ganzoo.load(run).translate(source, samples=int(samples or 1))
        columns += [*np.moveaxis(answers, 1, 0)]
    columns += [real] if with_targets else []
    alike = np.stack([like(x, real.shape[1:]) for x in columns], axis=1)
    save_png(image_grid(np.concatenate(alike), columns=len(columns)), out)


if __name__ == "__main__":
    draw(*sys.argv[1:])
