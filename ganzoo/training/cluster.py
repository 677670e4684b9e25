"""Several machines: their addresses, and a check that all have the same settings.

The workers first connect to each other and compare a fingerprint. TensorFlow's own
cluster starts afterwards; it would wait a long time for a missing worker.
"""

import json
import math
import os
import socket
import socketserver
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE = 60.0  # seconds to wait for the other workers, unless something else is asked
VARIABLE = "GANZOO_PATIENCE"
ASKING = 2.0  # seconds for a worker's answer, whole
FIRST_PORT, LAST_PORT = 10_000, 32_767  # below those that systems give to clients
PORTS = 16  # of a job on a node
MAX_ANSWER = 1 << 20  # characters of a worker's fingerprint
_FORM = (
    '{"cluster": {"worker": ["host1:port", "host2:port"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


class WorkerLost(RuntimeError):
    """Another worker was lost: all of them resume when they are started again."""


@dataclass(frozen=True)
class Cluster:
    """The addresses of all workers, and the index of this one."""

    workers: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        """True for worker 0, which writes the files."""
        return self.index == 0


def from_environment() -> Cluster:
    """Reads TF_CONFIG; derives it from the job in Slurm if it is missing.

    Raises:
        ValueError: TF_CONFIG is missing or malformed; the message shows the form.
    """
    if "TF_CONFIG" not in os.environ and "SLURM_STEP_NODELIST" in os.environ:
        os.environ["TF_CONFIG"] = _from_slurm()
    text = os.environ.get("TF_CONFIG")
    if not text:
        raise ValueError(
            "The strategy multi_worker needs the environment variable TF_CONFIG on "
            f"every worker, such as {_FORM}. It is not set. To try it out on this "
            "machine: ganzoo launch --workers=2 -- train ..."
        )
    try:
        config = json.loads(text)
        workers = tuple(config["cluster"]["worker"])
        kind, index = config["task"]["type"], int(config["task"]["index"])
        ports = [_split(address)[1] for address in workers]
        only_workers = set(config["cluster"]) == {"worker"} and kind == "worker"
        in_range = 0 <= index < len(workers) and all(0 < p < 65536 for p in ports)
        unique = len(set(workers)) == len(workers)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"TF_CONFIG is malformed ({type(error).__name__}: {error}). Its form is "
            f"{_FORM}. Received: {text!r}."
        ) from error
    if not (only_workers and in_range and unique):
        raise ValueError(
            "TF_CONFIG must name workers alone (worker 0 is the chief), each address "
            f"once, and an index among them. Its form is {_FORM}. Received: {text!r}."
        )
    return Cluster(workers, index)


def _split(address: str) -> tuple[str, int]:
    """Splits host:port or [IPv6]:port.

    Raises:
        ValueError: another form.
    """
    host, _, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not bracketed):
        raise ValueError(f"no host:port or [IPv6 address]:port: {address!r}")
    return (host[1:-1] if bracketed else host), int(port)


def _from_slurm() -> str:
    import tensorflow as tf

    resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
        port_base=_slurm_port(os.environ),
        gpus_per_node=64,
        gpus_per_task=1,
        auto_set_gpu=False,  # one worker per task
    )
    workers = resolver.cluster_spec().as_dict()["worker"]
    task = {"type": "worker", "index": resolver.get_task_info()[1]}
    return json.dumps({"cluster": {"worker": workers}, "task": task})


def _slurm_port(environment) -> int:
    """The first port of this step: jobs that share a node have different numbers."""
    job, step = (
        int(environment.get(f"SLURM_{name}", 0)) for name in ("JOB_ID", "STEP_ID")
    )
    places = (LAST_PORT + 1 - FIRST_PORT) // PORTS
    return FIRST_PORT + PORTS * ((job + 97 * step) % places)


def patience_of(seconds: float | None) -> float:
    """Seconds to wait for the other workers: these, or GANZOO_PATIENCE, or 60.

    Raises:
        ValueError: no positive number of seconds.
    """
    text = os.environ.get(VARIABLE, "")
    origin, value = ("patience", seconds) if seconds is not None else (VARIABLE, text)
    try:
        seconds = float(PATIENCE if value == "" else value)
        if not 0 < seconds < math.inf:
            raise ValueError
    except ValueError as error:
        raise ValueError(
            f"{origin} must be a positive number of seconds to wait for the other "
            f"workers. Received: {value!r}."
        ) from error
    return seconds


def meet(cluster: Cluster, fingerprint: dict, patience: float = PATIENCE) -> None:
    """Waits until every worker is present with the same fingerprint.

    Args:
        cluster: this worker's view of the cluster.
        fingerprint: named strings that must be equal on all workers.
        patience: seconds to wait.

    Raises:
        ValueError: two workers with different settings, or a worker that does not
            answer in time, with its index or address.
    """
    deadline = time.monotonic() + patience
    peers = {i for i in range(len(cluster.workers)) if i != cluster.index}
    address = cluster.workers[cluster.index]
    theirs = {}
    with _serve(address, json.dumps(fingerprint)) as served:
        while served < peers or theirs.keys() < peers:
            for i in peers - theirs.keys():
                until = min(deadline, time.monotonic() + ASKING)
                if answer := _ask(cluster.workers[i], cluster.index, until):
                    theirs[i] = _read(answer, cluster.workers[i])
            if time.monotonic() > deadline:
                missing = [cluster.workers[i] for i in sorted(peers - theirs.keys())]
                raise ValueError(
                    f"Worker {cluster.index} ({address}) waited {patience:.0f} s for "
                    f"{', '.join(missing) or 'the others to reach it'}. Start every "
                    "worker of TF_CONFIG, and let its port through. If they start far "
                    f"apart, wait longer: --patience=SECONDS, or {VARIABLE}."
                )
            time.sleep(0.05)
    for i, other in theirs.items():
        differing = [
            f"  {key}: {fingerprint.get(key)!r} here, {other.get(key)!r} there"
            for key in sorted(fingerprint.keys() | other.keys())
            if fingerprint.get(key) != other.get(key)
        ]
        if differing:
            raise ValueError(
                f"Workers {cluster.index} and {i} must have the same settings:\n"
                + "\n".join(differing)
            )


class _Server(socketserver.ThreadingTCPServer):
    """Listens on IPv6 and IPv4 where the machine has both."""

    allow_reuse_address = True
    daemon_threads = True  # a slow client holds nobody

    def __init__(self, port, handler):
        both = socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if both else socket.AF_INET
        super().__init__(("", port), handler, bind_and_activate=False)
        try:
            if both:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self.server_bind()
            self.server_activate()
        except OSError:
            self.server_close()
            raise


@contextmanager
def _serve(address, message):
    """Serves `message` to the other workers; yields the set of their indices."""
    served = set()

    class Answer(socketserver.StreamRequestHandler):
        timeout = 5.0

        def handle(self):
            line = self.rfile.readline(16)
            self.wfile.write(message.encode())
            if line.strip().isdigit():
                served.add(int(line))

    port = _split(address)[1]
    try:
        server = _Server(port, Answer)
    except OSError as error:
        raise ValueError(
            f"This worker cannot listen on port {port} of {address}: {error.strerror}."
        ) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def _ask(address, index, until) -> str:
    """Reads the message of the worker at `address`; empty if it is not ready yet.

    Args:
        until: time, on the monotonic clock, by which the answer must be there.
    """

    def left():
        return max(0.01, until - time.monotonic())

    answer = b""
    try:
        with socket.create_connection(_split(address), timeout=left()) as connection:
            connection.sendall(f"{index}\n".encode())
            while len(answer) < MAX_ANSWER and time.monotonic() < until:
                connection.settimeout(left())
                received = connection.recv(1 << 16)
                if not received:
                    return answer.decode("utf-8", errors="replace")
                answer += received
    except OSError:
        return ""
    return answer.decode("utf-8", errors="replace") if len(answer) >= MAX_ANSWER else ""


def _read(answer, address) -> dict:
    """Parses the fingerprint in a worker's answer."""
    try:
        fingerprint = json.loads(answer)
        if isinstance(fingerprint, dict):
            return fingerprint
    except (ValueError, RecursionError):
        pass
    raise ValueError(
        f"What listens at {address} is no worker of ganzoo: another program has the "
        f"port. Received: {answer[:40]!r}."
    )
