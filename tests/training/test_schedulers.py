"""docs/slurm.sh and docs/ray_train.py without Slurm and Ray: what they start and say.

`tests/slow/test_slurm.py` and `tests/slow/test_ray.py` run them on the real ones.
"""

import inspect
import os
import runpy
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

import ganzoo
from ganzoo.cli import main as command
from ganzoo.cli.runs import experiment_of
from ganzoo.training.train import train

DOCS = Path(__file__).parents[2] / "docs"
# Each writes down how it was called. srun ends by itself, or waits for scancel.
PROGRAMS = {
    "srun": """
trap 'exit 143' TERM
echo $$ > "$FOLDER/pid"
[ -n "$ENDS" ] && exit "$ENDS"
while :; do sleep 0.02; done
""",
    "scancel": 'kill -TERM "$(cat "$FOLDER/pid")"',
    "scontrol": "",
}


@pytest.fixture
def slurm(tmp_path):
    """The environment of a job whose commands are `PROGRAMS`."""
    for name, body in PROGRAMS.items():
        program = tmp_path / name
        note = f'echo "{name} $*" >> "$FOLDER/called"'
        program.write_text(f"#!/bin/sh\n{note}\n{body}\n")
        program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    own = {"FOLDER": str(tmp_path), "PATH": path, "SLURM_JOB_ID": "7", "ENDS": ""}
    return {**os.environ, **own}


def started(environment):
    script = ["bash", str(DOCS / "slurm.sh"), "--config=dcgan_digits", "--workdir=d"]
    return subprocess.Popen(script, env=environment)


def called(environment):
    return Path(environment["FOLDER"], "called").read_text().splitlines()


SRUN = "srun ganzoo train --config=dcgan_digits --workdir=d --strategy=multi_worker"


def test_a_job_whose_time_is_up_stops_its_workers_and_goes_back_into_the_queue(slurm):
    job = started(slurm)
    while not Path(slurm["FOLDER"], "pid").exists():
        time.sleep(0.02)
    job.send_signal(signal.SIGUSR1)
    assert job.wait(timeout=60) == 143
    assert called(slurm) == [SRUN, "scancel --signal=TERM 7", "scontrol requeue 7"]


@pytest.mark.parametrize("code", [0, 1, 138])
def test_a_job_that_ends_by_itself_is_not_queued_again(code, slurm):
    assert started({**slurm, "ENDS": str(code)}).wait(timeout=60) == code
    assert called(slurm) == [SRUN]


def test_the_command_of_slurms_job_exists():
    experiment = experiment_of(command.parse(SRUN.split()[1:]))
    assert experiment.strategy == "multi_worker" and experiment.model == "dcgan"


def test_a_worker_of_ray_trains_the_config(monkeypatch):
    ray, of_tensorflow = types.ModuleType("ray.train"), types.ModuleType("x")
    for name in ("FailureConfig", "RunConfig", "ScalingConfig"):
        setattr(ray, name, dict)
    of_tensorflow.TensorflowTrainer = object
    for name, module in {
        "ray": types.ModuleType("ray"),
        "ray.train": ray,
        "ray.train.tensorflow": of_tensorflow,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    calls = []
    monkeypatch.setattr(ganzoo, "train", lambda *args, **kw: calls.append((args, kw)))
    script = runpy.run_path(str(DOCS / "ray_train.py"))
    script["train"]({"config": "dcgan_digits", "workdir": "runs/d"})
    ((arguments, named),) = calls
    inspect.signature(train).bind(*arguments, **named)
    experiment, workdir = arguments
    assert (experiment.strategy, experiment.dataset) == ("multi_worker", "digits")
    assert (workdir, named) == ("runs/d", {"patience": 600})
