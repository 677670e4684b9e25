"""Members of a cluster: TF_CONFIG, Slurm, and the meeting before TensorFlow's."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from ganzoo.cli.launch import _free_ports, launch
from ganzoo.runs.experiment import Experiment
from ganzoo.training import cluster, train


def config(workers=("a:1", "b:2"), kind="worker", index=0, **jobs):
    return json.dumps(
        {
            "cluster": {"worker": list(workers), **jobs},
            "task": {"type": kind, "index": index},
        }
    )


def test_reads_tf_config(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config(index=1))
    assert cluster.from_environment() == cluster.Cluster(("a:1", "b:2"), 1)
    assert not cluster.from_environment().is_chief


@pytest.mark.parametrize(
    "text,message",
    [
        ("", "needs the environment variable TF_CONFIG"),
        ("{", "TF_CONFIG is malformed"),
        ("[]", "TF_CONFIG is malformed"),
        ('{"cluster": {}}', "TF_CONFIG is malformed"),
        (config(index="one"), "TF_CONFIG is malformed"),
        (config(index=2), "an index among them"),
        (config(index=-1), "an index among them"),
        (config(kind="ps"), "workers alone"),
        (config(chief=["c:3"]), "workers alone"),
        (config(workers=("a:1", "a:1")), "each address once"),
        (config(workers=("a", "b:2")), "TF_CONFIG is malformed"),
        (config(workers=("a:0", "b:2")), "each address once"),
        (
            config(workers=("fe80::1:1", "b:2")),
            r"no host:port or \[IPv6 address\]:port",
        ),
        (config(workers=(":1", "b:2")), "no host:port"),
    ],
)
def test_refuses_tf_config(monkeypatch, text, message):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match=message) as caught:
        cluster.from_environment()
    assert '{"cluster": {"worker": ["host1:port"' in str(caught.value)


def test_slurm_makes_tf_config(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    for name, value in {
        "SLURM_STEP_NODELIST": "node[1-2]",
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
        "SLURM_PROCID": "1",
    }.items():
        monkeypatch.setenv(name, value)
    found = cluster.from_environment()
    assert found.index == 1
    assert [address.split(":")[0] for address in found.workers] == ["node1", "node2"]
    monkeypatch.delenv("TF_CONFIG")


def test_jobs_on_one_node_have_ports_of_their_own():
    """A thousand jobs in a row, and two steps of each, of 16 tasks on a node."""
    for first in (1, 77_000):
        bases = [
            cluster._slurm_port({"SLURM_JOB_ID": str(job), "SLURM_STEP_ID": step})
            for job in range(first, first + 90)
            for step in ("0", "1")
        ]
        ports = {base + task for base in bases for task in range(cluster.PORTS)}
        assert len(ports) == len(bases) * cluster.PORTS
        assert min(ports) >= cluster.FIRST_PORT and max(ports) <= cluster.LAST_PORT
    assert cluster._slurm_port({}) == cluster.FIRST_PORT


def meet_all(fingerprints, patience=10.0, absent=(), host="localhost"):
    """The workers meet in threads; returns each one's error, or None."""
    workers = tuple(f"{host}:{port}" for port in _free_ports(len(fingerprints)))
    errors = [None] * len(workers)

    def one(i):
        try:
            cluster.meet(cluster.Cluster(workers, i), fingerprints[i], patience)
        except ValueError as error:
            errors[i] = str(error)

    threads = [
        threading.Thread(target=one, args=(i,))
        for i in range(len(workers))
        if i not in absent
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    return errors


def test_equal_workers_meet():
    assert meet_all([{"a": "1"}] * 3) == [None] * 3


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_workers_meet_by_their_addresses(host):
    assert meet_all([{"a": "1"}] * 2, host=host) == [None] * 2


def _dripping(port, ended):
    """A peer that sends a byte every 50 ms, and reads as slowly."""
    with socket.create_server(("", port)) as server:
        server.settimeout(0.1)
        connections = []
        while not ended.is_set():
            try:
                connections.append(server.accept()[0])
            except TimeoutError:
                pass
            for connection in connections:
                try:
                    connection.send(b" ")
                except OSError:
                    pass
        for connection in connections:
            connection.close()


def test_a_peer_that_drips_bytes_does_not_hold_the_meeting():
    """Neither one that is asked nor one that asks."""
    mine, theirs = _free_ports(2)
    workers = (f"localhost:{mine}", f"localhost:{theirs}")
    ended = threading.Event()
    peer = threading.Thread(target=_dripping, args=(theirs, ended))
    peer.start()
    errors = []

    def meet():
        try:
            cluster.meet(cluster.Cluster(workers, 0), {}, 1.0)
        except ValueError as error:
            errors.append(str(error))

    worker = threading.Thread(target=meet)
    worker.start()
    time.sleep(0.2)
    with socket.create_connection(("localhost", mine)) as slow:
        slow.send(b"1")  # and never the end of the line
        worker.join(timeout=20)
        waits = worker.is_alive()
    ended.set()
    peer.join()
    assert f"waited 1 s for localhost:{theirs}" in errors[0]
    assert not waits


def test_other_settings_are_named_by_every_worker():
    errors = meet_all([{"a": "1", "b": "2"}, {"a": "1", "b": "3"}])
    assert "Workers 0 and 1" in errors[0] and "b: '2' here, '3' there" in errors[0]
    assert "b: '3' here, '2' there" in errors[1]


def test_another_version_is_named(monkeypatch, tmp_path):
    fingerprints = []
    for version in ("1.0", "1.1"):
        monkeypatch.setattr("ganzoo.training.train.code_version", lambda v=version: v)
        fingerprints.append(train._fingerprint(Experiment(steps=4), tmp_path))
    errors = meet_all(fingerprints)
    assert "  version of ganzoo: '1.0' here, '1.1' there" in errors[0]


def test_a_missing_worker_is_named_in_time():
    errors = meet_all([{}, {}], patience=1.0, absent=(1,))
    assert "waited 1 s for localhost:" in errors[0]


def test_patience_is_the_flag_or_the_variable_or_a_minute(monkeypatch):
    monkeypatch.delenv(cluster.VARIABLE, raising=False)
    assert cluster.patience_of(None) == 60
    monkeypatch.setenv(cluster.VARIABLE, "300")
    assert cluster.patience_of(None) == 300 and cluster.patience_of(5.0) == 5


@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf", "nan"])
def test_patience_is_a_positive_number_of_seconds(text, monkeypatch):
    monkeypatch.setenv(cluster.VARIABLE, text)
    message = f"GANZOO_PATIENCE must be a positive number.*Received: '{text}'"
    with pytest.raises(ValueError, match=message):
        cluster.patience_of(None)
    with pytest.raises(ValueError, match="patience must be a positive.*Received: 0.0"):
        cluster.patience_of(0.0)


@pytest.mark.long
def test_training_waits_as_long_as_it_is_asked_to(tmp_path, monkeypatch):
    workers = [f"localhost:{port}" for port in _free_ports(2)]
    task = {"type": "worker", "index": 0}
    config = json.dumps({"cluster": {"worker": workers}, "task": task})
    monkeypatch.setenv("TF_CONFIG", config)
    alone = Experiment(strategy="multi_worker")
    with pytest.raises(ValueError, match="waited 1 s for.*--patience=SECONDS"):
        train.train(alone, tmp_path, patience=1.0)
    monkeypatch.setenv(cluster.VARIABLE, "2")
    with pytest.raises(ValueError, match="waited 2 s for"):
        train.train(alone, tmp_path)
    with pytest.raises(ValueError, match="only strategy='multi_worker'.*5.0 with"):
        train.train(Experiment(), tmp_path, patience=5.0)


def test_a_worker_stays_until_all_others_have_read_its_answer():
    """Else one that came late would find nobody there."""
    mine, theirs = (f"localhost:{port}" for port in _free_ports(2))
    with cluster._serve(theirs, "{}"):  # answers, and asks nothing
        with pytest.raises(ValueError, match="waited 1 s for the others to reach it"):
            cluster.meet(cluster.Cluster((mine, theirs), 0), {}, 1.0)


def test_a_port_in_use_is_refused():
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        address = f"localhost:{taken.getsockname()[1]}"
        with pytest.raises(ValueError, match="cannot listen on port"):
            cluster.meet(cluster.Cluster((address, "localhost:1"), 0), {}, 1.0)


@pytest.mark.parametrize("message", ["HTTP/1.1 400 \xff", "[" * 10_000, '"text"'])
def test_another_program_on_a_workers_port_is_named(message):
    mine, theirs = (f"localhost:{port}" for port in _free_ports(2))
    with cluster._serve(theirs, message):
        with pytest.raises(ValueError, match=f"{theirs} is no worker of ganzoo"):
            cluster.meet(cluster.Cluster((mine, theirs), 0), {}, 5.0)


def test_launch_ends_all_workers_when_one_fails(capfd):
    code = launch(2, ["describe", "no-such-model"])
    assert code == 1
    printed = capfd.readouterr().out
    assert "] ganzoo: Unknown model 'no-such-model'" in printed
    with pytest.raises(ValueError, match="`workers` must be 1 or more"):
        launch(0, [])


WORKER = """
import pathlib, signal, sys, time
path = pathlib.Path(sys.argv[1])
def save(number, frame):
    time.sleep(0.5)
    path.with_suffix(".saved").touch()
    sys.exit(143)
signal.signal(signal.SIGTERM, save)
path.touch()
time.sleep(60)
"""


def test_launch_passes_sigterm_on_and_waits_until_all_have_saved(tmp_path, monkeypatch):
    names = [str(tmp_path / f"worker{i}") for i in range(2)]
    monkeypatch.setattr(
        "ganzoo.cli.launch._start",
        lambda i, addresses, arguments: subprocess.Popen(
            [sys.executable, "-c", WORKER, names[i]], stdout=subprocess.PIPE, text=True
        ),
    )

    def end():
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)  # a second one changes nothing

    ender = threading.Thread(target=end)
    ender.start()
    assert launch(2, []) == 143
    ender.join()
    assert len(list(tmp_path.glob("*.saved"))) == 2
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
