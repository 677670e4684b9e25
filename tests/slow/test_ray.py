"""docs/ray_train.py on Ray: pytest -m ray tests/slow, where ray[train] is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from worker_jobs import largest_difference, run

SCRIPT = Path(__file__).parents[2] / "docs/ray_train.py"
CONFIG = """
model = "vanilla"
dataset = "digits"
steps = 20
batch_size = 12
log_every = 5
sample_every = 100
checkpoint_every = 10
dtype = "float64"

[options]
g_hidden = [16, 16]
d_hidden = [16]
dropout = 0.4
ema_decay = 0.9
"""


@pytest.mark.slow
@pytest.mark.ray
def test_two_workers_of_ray_equal_one_device(tmp_path):
    pytest.importorskip("ray.train.tensorflow")
    config, workdir = tmp_path / "small.toml", tmp_path / "two"
    config.write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(config), str(workdir), "2"],
        env={
            **os.environ,
            "HOME": str(tmp_path),
        },  # where Ray keeps a token and results
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    alone = run(["train", f"--config={config}", f"--workdir={tmp_path / 'one'}"])
    assert alone.returncode == 0, alone.stderr
    difference = largest_difference(tmp_path / "one", workdir)
    print(f"largest difference {difference:.1e}")
    assert difference <= 1e-10
