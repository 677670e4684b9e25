"""Measures if samples of cgan help a classifier with 20, 100 or 500 images a class.

    TFDS_DATA_DIR=... GANZOO_RUNS=runs python experiments/augmentation.py mnist 20 100

For each number, cgan learns from these images alone, 1,500 steps; the arms are those
of `ganzoo augmentation`, five seeds each. Writes a JSON of zoo_configs/results, which
keeps the numbers that it holds already.
"""

import sys

import numpy as np
from experiment import RUNS, write_result
from pages.recorded import kept

import ganzoo
from ganzoo.data import load_data
from ganzoo.evaluation.augmentation import ALONE, augmentation
from ganzoo.runs.experiment import from_dict

COUNTS, STEPS, TESTED = (20, 100, 500), 1500, 5000


def subset(dataset, count):
    """Writes the first `count` training images of each class, and test images."""
    train, test = (load_data(dataset, split=part).arrays for part in ("train", "test"))
    labels = train["label"]
    rows = [np.flatnonzero(labels == label)[:count] for label in np.unique(labels)]
    rows = np.concatenate(rows)
    path = RUNS / f"{dataset}_{count}_a_class.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        x_train=train["real"][rows],
        y_train=labels[rows],
        x_test=test["real"][:TESTED],
        y_test=test["label"][:TESTED],
    )
    return path


def main(dataset, counts):
    name = f"augmentation_{dataset}"
    rows = kept(name)
    for count in counts:
        path = subset(dataset, count)
        run = path.with_suffix("")
        settings = {"model": "cgan", "dataset": str(path), "steps": STEPS}
        ganzoo.train(from_dict(settings), run, progress=False)
        found = augmentation(run)
        print(count, found.table(), sep="\n", flush=True)
        gains = {arm: found.gain(arm) for arm in found.accuracies if arm != ALONE}
        rows[str(count)] = {"accuracies": found.accuracies, "gains": gains}
        write(name, dataset, {key: rows[key] for key in sorted(rows, key=int)})


def write(name, dataset, rows):
    """Records the rows by number of images a class."""
    shown = []
    for count, row in rows.items():
        best = max(row["gains"], key=lambda arm: row["gains"][arm][0])
        gain, half = row["gains"][best]
        shown.append(
            f"{count} a class: real alone {np.mean(row['accuracies'][ALONE]):.1%}, "
            f"best {best}, {100 * gain:+.2f} +- {100 * half:.2f} points"
        )
    write_result(
        name,
        command=f"python experiments/augmentation.py {dataset} {' '.join(rows)}",
        headline="; ".join(shown),
        target="none: what helps is the answer",
        measured=rows,
        note=f"cgan by its defaults, {STEPS} steps on the labelled images alone; 5 "
        f"seeds of each arm, {TESTED:,} test images, intervals of 95%",
    )


if __name__ == "__main__":
    data, *numbers = sys.argv[1:]
    main(data, [int(number) for number in numbers] or COUNTS)
