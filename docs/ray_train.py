"""Trains a config of the zoo, or a TOML file, on a Ray cluster:

    python ray_train.py CONFIG WORKDIR [WORKERS]

WORKDIR is a folder that all workers see. See docs/guides/ray.md.
"""

import sys

from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.tensorflow import TensorflowTrainer


def train(settings):
    """Runs in each worker, after Ray has set TF_CONFIG."""
    import ganzoo

    values = {**ganzoo.load_config(settings["config"]), "strategy": "multi_worker"}
    ganzoo.train(ganzoo.Experiment(**values), settings["workdir"], patience=600)


if __name__ == "__main__":
    config, workdir, workers = [*sys.argv[1:], "2"][:3]
    TensorflowTrainer(
        train,
        train_loop_config={"config": config, "workdir": workdir},
        scaling_config=ScalingConfig(num_workers=int(workers), use_gpu=False),
        run_config=RunConfig(failure_config=FailureConfig(max_failures=20)),
    ).fit()
