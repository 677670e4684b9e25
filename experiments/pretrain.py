"""Makes the pretrained zoo from finished runs, and scores the models as loaded.

GANZOO_RUNS=runs python experiments/pretrain.py dcgan_digits dcgan_mnist cgan_mnist
"""

import os
import sys

from experiment import trained

import ganzoo
from ganzoo.evaluation.evaluate import parts_of, scorer_for
from ganzoo.runs import pretrained
from ganzoo.runs.directory import read_config

EXTRACTORS = ("pixels", "classifier")  # the first gives the same on any machine
# Of these, a card has the ones that apply to the model and its data.
SCORES = (
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "coverage",
    "l1",
    "psnr",
    "modes",
    "high_quality",
    "valid",
    "unique",
    "novel",
)
SAMPLES = 2000


def make(config: str) -> None:
    """Writes the model and the card of a config of the zoo."""
    data_dir = os.environ.get("TFDS_DATA_DIR")
    model, run, seconds = trained(config, data_dir)
    described = read_config(run)
    build = {key: described["build"][key] for key in ("name", "options")}
    build["options"] = {**build["options"], "ema_decay": 0.0}
    pairs, dataset = described["experiment"]["pairs"], described["data"]["name"]
    place = f"runs/{config}" if pairs else f"{config} --dataset={dataset}"
    facts = {
        "config": config,
        "command": f"ganzoo train --config={config} && python experiments/pretrain.py "
        f"{config}",
        "evaluate": f"ganzoo evaluate {place} --n={SAMPLES}",
        "dataset": dataset,
        "steps": model.step,
        "cpu_seconds": seconds and round(seconds),
    }
    networks = *model.generators, *model.discriminators
    judge = (
        sum(own.count_params() for own in networks) < pretrained.MAX_BYTES
    )  # 8-bit weights, hardly compressed
    pretrained.write(model, config, build, facts, judge=judge)
    loaded = ganzoo.load(config)
    parts = parts_of(described, model, data_dir=data_dir)
    facts["scores"] = {}
    images = parts.train.num_classes and parts.train.arrays["real"].dtype == "uint8"
    for extractor in EXTRACTORS if images else EXTRACTORS[:1]:
        scorer = scorer_for(model, parts, n=SAMPLES, extractor=extractor)
        only = [name for name in SCORES if name in scorer.names()]
        after = ganzoo.evaluate(loaded, scorer=scorer, only=only)
        own = [score.to_dict() for score in after.scores if score.checkpoint == "last"]
        facts["scores"][extractor] = own
    before = ganzoo.evaluate(model, scorer=scorer, only=SCORES[:1])
    facts["storing"] = "{} {:.4g} as trained, {:.4g} as stored".format(
        SCORES[0], *(each.get(SCORES[0]).value for each in (before, after))
    )
    pretrained.write(model, config, build, facts, judge=judge)
    print(config, facts["storing"])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        make(name)
