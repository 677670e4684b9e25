"""docs/slurm.sh on a real Slurm: one node, started here, from slurm-wlm and munge.

`pytest -n0 -m slurm tests/slow/test_slurm.py`, as root, with both Debian packages.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from worker_jobs import command, largest_difference, run

from ganzoo.cli.launch import _free_ports
from ganzoo.runs.log import read_rows

SCRIPT = Path(__file__).parents[2] / "docs/slurm.sh"
DAEMONS = ("/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd")
CONFIG = """
ClusterName=ganzoo
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A cluster of one node; yields the environment of its commands."""
    if os.getuid() or not all(map(os.path.exists, DAEMONS)):
        pytest.skip("needs root, and slurm-wlm and munge of Debian")
    folder = Path(tmp_path_factory.mktemp("slurm"))
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(0o755)  # munged trusts no socket below a private folder
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(os.urandom(128))
    config = folder / "slurm.conf"
    host = os.uname().nodename.partition(".")[0]
    config.write_text(CONFIG.format(host=host, ports=_free_ports(2), folder=folder))
    environment = {**os.environ, "SLURM_CONF": str(config)}
    munged = [DAEMONS[0], "--foreground", "--force", f"--key-file={key}"]
    munged += [f"--{what}-file={folder}/munge.{what}" for what in ("pid", "seed")]
    munged += [f"--socket={folder}/munge.socket", f"--log-file={folder}/munge.log"]
    started = []
    try:
        for words in (munged, [DAEMONS[1], "-D"], [DAEMONS[2], "-D"]):
            started.append(subprocess.Popen(words, env=environment))
            time.sleep(2)
        _wait(lambda: "idle" in _say(environment, "sinfo", "-h", "-o", "%T"), 60)
        yield environment
    finally:
        subprocess.run(["scancel", "--user=root", "--full"], env=environment)
        time.sleep(3)
        for daemon in reversed(started):
            daemon.terminate()
        for daemon in started:
            daemon.wait(timeout=60)


def _say(environment, *words):
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


def _wait(done, seconds=300):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.5)


def _submit(slurm, folder, workdir, steps, minutes=20):
    """Submits docs/slurm.sh with two tasks on the one node; returns the job."""
    folder.mkdir(exist_ok=True)
    tool = folder / "ganzoo"
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m ganzoo "$@"\n')
    tool.chmod(0o755)
    arguments = command("vanilla", workdir, steps=steps)[1:]
    said = _say(
        {**slurm, "PATH": f"{folder}:{slurm['PATH']}"},
        *("sbatch", "--nodes=1", "--ntasks-per-node=2", "--cpus-per-task=1"),
        *("--gpus-per-node=0", f"--time={minutes}", f"--output={folder}/%j.out"),
        *(str(SCRIPT), *arguments),
    )
    return re.fullmatch(r"Submitted batch job (\d+)\n", said)[1]


def _job(slurm, job):
    text = _say(slurm, "scontrol", "show", "job", job)
    return dict(re.findall(r"(JobState|Restarts|ExitCode)=(\S+)", text))


def _steps(workdir):
    return [row["step"] for row in read_rows(workdir / "metrics.jsonl")]


@pytest.mark.slurm
def test_a_job_whose_time_is_up_goes_on_and_two_jobs_share_a_node(slurm, tmp_path):
    """Two jobs of two tasks each, at once; one is told that its time is up."""
    alone = run(command("vanilla", tmp_path / "alone", steps=3000), timeout=600)
    assert alone.returncode == 0, alone.stderr
    one, two = tmp_path / "one", tmp_path / "two"
    jobs = {one: _submit(slurm, tmp_path / "a", one, 3000)}
    jobs[two] = _submit(slurm, tmp_path / "b", two, 20)
    _wait(lambda: (one / "metrics.jsonl").exists() and len(_steps(one)) > 2)
    assert "RUNNING" == _job(slurm, jobs[one])["JobState"]
    _say(slurm, "scancel", "--batch", "--signal=USR1", jobs[one])
    _wait(lambda: _job(slurm, jobs[one])["Restarts"] == "1")
    _wait(lambda: _job(slurm, jobs[two])["JobState"] == "COMPLETED")
    saved = max(p.name for p in (one / "checkpoints").glob("*.json"))
    print(f"requeued with {saved}", flush=True)
    _say(slurm, "scontrol", "update", f"job={jobs[one]}", "StartTime=now")
    _wait(lambda: _job(slurm, jobs[one])["JobState"] == "COMPLETED", 600)
    log = next(tmp_path.glob(f"a/{jobs[one]}.out")).read_text()
    print(log)
    end = _job(slurm, jobs[one])
    assert (end["Restarts"], end["ExitCode"]) == ("1", "0:0")
    assert "Run the same command again to resume" in log
    assert largest_difference(tmp_path / "alone", one) <= 1e-10
    assert _steps(one) == list(range(5, 3001, 5))


@pytest.mark.slurm
def test_the_time_limit_itself(slurm, tmp_path):
    """Two minutes are not enough; Slurm signals in the first, requeues, ends it."""
    run_dir = tmp_path / "run"
    job = _submit(slurm, tmp_path / "a", run_dir, 9000, minutes=2)
    _wait(lambda: _job(slurm, job)["Restarts"] == "1", 300)
    print(f"requeued at step {_steps(run_dir)[-1]}", flush=True)
    _say(slurm, "scontrol", "update", f"job={job}", "TimeLimit=20", "StartTime=now")
    _wait(lambda: _job(slurm, job)["JobState"] == "COMPLETED", 900)
    assert _job(slurm, job)["ExitCode"] == "0:0"
    assert _steps(run_dir) == list(range(5, 9001, 5))
