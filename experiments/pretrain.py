"""Makes the pretrained zoo from finished runs, and scores the models as loaded.

GANZOO_RUNS=runs python experiments/pretrain.py dcgan_digits dcgan_mnist cgan_mnist
"""

import os
import sys

from experiment import trained

import ganzoo
from ganzoo.data.load import load_data
from ganzoo.runs import pretrained
from ganzoo.runs.directory import read_config

EXTRACTORS = ("pixels", "classifier")  # the first gives the same on any machine
ONLY = ["frechet_distance", "kernel_distance", "precision", "recall", "coverage"]
SAMPLES = 2000


def make(config: str) -> None:
    """Writes the model and the card of a config of the zoo."""
    data_dir = os.environ.get("TFDS_DATA_DIR")
    model, run, seconds = trained(config, data_dir)
    described = read_config(run)
    build = {key: described["build"][key] for key in ("name", "options")}
    build["options"] = {**build["options"], "ema_decay": 0.0}
    dataset = described["data"]["name"]
    facts = {
        "config": config,
        "command": f"ganzoo train --config={config} && python experiments/pretrain.py "
        f"{config}",
        "evaluate": f"ganzoo evaluate {config} --dataset={dataset} --n={SAMPLES}",
        "dataset": dataset,
        "steps": model.step,
        "seconds": round(seconds),
    }
    networks = *model.generators, *model.discriminators
    judge = (
        sum(own.count_params() for own in networks) < pretrained.MAX_BYTES
    )  # 8-bit weights, hardly compressed
    pretrained.write(model, config, build, facts, judge=judge)
    settings = {"dataset": dataset, "data_dir": data_dir, "n": SAMPLES, "only": ONLY}
    loaded = ganzoo.load(config)
    labelled = load_data(dataset, data_dir=data_dir).num_classes
    kinds = EXTRACTORS if labelled else EXTRACTORS[:1]
    scores = {
        extractor: [
            score.to_dict()
            for score in ganzoo.evaluate(loaded, extractor=extractor, **settings).scores
        ]
        for extractor in kinds
    }
    settings["extractor"] = kinds[-1]
    before = ganzoo.evaluate(model, **settings).get(ONLY[0]).value
    after = next(s["value"] for s in scores[kinds[-1]] if s["metric"] == ONLY[0])
    facts["storing"] = f"{ONLY[0]} {before:.4g} as trained, {after:.4g} as stored"
    facts["scores"] = scores
    pretrained.write(model, config, build, facts, judge=judge)
    print(config, facts["storing"])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        make(name)
