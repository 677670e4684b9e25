"""Records the scores that torch-fidelity gives fixed features, for the metric tests.

    PYTHONPATH=tests python experiments/record_torch_fidelity.py

Needs torch-fidelity and no ganzoo. Writes tests/metrics/torch_fidelity.json.
"""

import json
from importlib.metadata import version
from pathlib import Path

import torch
from feature_sets import SUBSET_SIZE, SUBSETS, feature_sets, logits
from torch_fidelity.metric_fid import (
    fid_features_to_statistics,
    fid_statistics_to_metric,
)
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric

OUT = Path(__file__).parents[1] / "tests" / "metrics" / "torch_fidelity.json"


def scores(real, fake):
    real, fake = torch.from_numpy(real), torch.from_numpy(fake)
    statistics = [fid_features_to_statistics(x) for x in (real, fake)]
    kid = kid_features_to_metric(
        real, fake, kid_subsets=SUBSETS, kid_subset_size=SUBSET_SIZE, verbose=False
    )
    return {
        "frechet_distance": fid_statistics_to_metric(*statistics, verbose=False)[
            "frechet_inception_distance"
        ],
        "kernel_distance": kid["kernel_inception_distance_mean"],
        "kernel_spread": kid["kernel_inception_distance_std"],
    }


def classifier_score(splits):
    scores = isc_features_to_metric(
        torch.from_numpy(logits()), splits=splits, shuffle=False
    )
    return [scores["inception_score_mean"], scores["inception_score_std"]]


def main():
    recorded = {
        "command": "PYTHONPATH=tests python experiments/record_torch_fidelity.py",
        "versions": {p: version(p) for p in ("torch-fidelity", "torch", "numpy")},
        "sets": {name: scores(*pair) for name, pair in feature_sets().items()},
        "classifier_score": {splits: classifier_score(splits) for splits in (1, 7, 10)},
    }
    OUT.write_text(json.dumps(recorded, indent=2, default=float) + "\n")


if __name__ == "__main__":
    main()
