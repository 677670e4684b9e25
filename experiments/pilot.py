"""A pilot: one short training, scored on the selection parts, one row of pilots.md.

    python experiments/pilot.py dcgan '{"ema_decay": 0.99}' --seed 11 --steps 468

Pilots choose defaults; their seeds and parts are none that a final figure uses.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np

import ganzoo
from ganzoo.data.dataset import Data
from ganzoo.data.splits import load_parts
from ganzoo.evaluation.extractors import from_classifier
from ganzoo.evaluation.scorer import SELECTION, Scorer
from ganzoo.plots import pictures

ROWS = Path(__file__).with_name("pilots.md")
SCORES = ("frechet_distance", "precision", "recall")
BATCH_SIZE = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant")
    parser.add_argument("options", nargs="?", default="{}", type=json.loads)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--data_dir")
    parser.add_argument("--image_size", type=int, help="side of the images")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--steps", type=int, nargs="+", default=[468])
    parser.add_argument("--batch_size", type=int, default=BATCH_SIZE)
    parser.add_argument("--picture", type=Path)
    run(parser.parse_args())


def run(args):
    settings = {"data_dir": args.data_dir, "image_size": args.image_size}
    parts = load_parts(args.dataset, **settings)
    scorer = Scorer(parts, from_classifier(parts), 10_000, SELECTION)
    arrays = parts.train.arrays
    keras.utils.set_random_seed(args.seed)
    options = {"seed": args.seed, "image_shape": parts.train.sample_shape}
    model = ganzoo.build(args.variant, **options, **args.options)
    x = arrays if "label" in model.batch_spec.entries else {"real": arrays["real"]}
    spent = 0.0
    for steps in args.steps:
        before = time.process_time()
        model.fit(
            x,
            batch_size=args.batch_size,
            steps_per_epoch=steps - model.step,
            verbose=0,
        )
        spent += time.process_time() - before
        add_row(args, steps, scored(model, scorer), spent)
        if args.picture:
            args.picture.parent.mkdir(parents=True, exist_ok=True)
            samples, columns = model.gallery(arrays, 80)[:2]
            pictures.save_png(pictures.image_grid(samples, columns or 10), args.picture)


def scored(model, scorer):
    """The scores by name, and the share of samples of the class asked for."""
    arrays = scorer.reference.data.arrays
    asked = {"label": arrays["label"]} if model.conditional else {}
    samples = model.sample(scorer.n, seed=1, **asked)
    if not np.unique(samples).size > 1:
        return dict.fromkeys(SCORES, float("nan"))
    values = scorer.score(Data("samples", {"real": samples, **asked}), only=SCORES)
    if asked:
        told = scorer.classifier.run(samples)["probabilities"].argmax(1)
        values["asked"] = float(np.mean(told == asked["label"]))
    return values


def add_row(args, steps, values, spent):
    listed = ", ".join(f"{value:.2f}" for value in list(values.values())[1:])
    row = [
        args.variant,
        f"`{json.dumps(args.options)}`",
        args.dataset + (f" at {args.image_size}" if args.image_size else ""),
        args.seed,
        args.batch_size,
        steps,
        f"{values['frechet_distance']:.2f}",
        listed,
        f"{spent:.0f}",
        "",
    ]
    line = "| " + " | ".join(map(str, row)) + " |"
    print(line, flush=True)
    with ROWS.open("a") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    main()
