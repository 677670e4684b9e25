"""Measures the cost of replicas: time against one device, bytes exchanged per step.

    export PYTHONPATH=tests  # then, one part per call:
    python experiments/distribution_cost.py pairs        # nothing else may run
    python experiments/distribution_cost.py profile      # nothing else may run
    python experiments/distribution_cost.py checkpoints  # nothing else may run
    python experiments/distribution_cost.py traffic

Each records its part of zoo_configs/results/distribution_cost.json.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from unittest import mock

import helpers
import keras
import tensorflow as tf
from experiment import RESULTS, verdict, write_result

import ganzoo
from ganzoo import distribute, layers
from ganzoo.cli import benchmark
from ganzoo.cli.launch import _free_ports
from ganzoo.data import load_data
from ganzoo.data.pipeline import batches
from ganzoo.runs import checkpoint
from ganzoo.runs.config_files import load_config
from ganzoo.runs.experiment import from_dict
from ganzoo.runs.resolve import batch_of, effective_options
from ganzoo.training.train import STEPS_PER_CALL

BATCH = 128
ROUNDS, STEPS = 7, 8  # alternating rounds, and steps of each way in a round
# Strategy, processes, intra-op threads of each, batch, batch statistics: `ours` and
# `keras` span the replicas, `local` are each replica's own.
ALONE = {"one device": ("none", 1, 2, BATCH, "ours")}
WAYS = {
    **ALONE,
    "mirrored, 2 virtual devices": ("mirrored", 1, 2, BATCH, "ours"),
    "2 workers": ("multi_worker", 2, 1, BATCH, "ours"),
}
TARGETS = {"mirrored, 2 virtual devices": 1.15, "2 workers": 1.35}
# Keras' exchange of statistics, none of them, and no exchange at all.
PROFILE = {
    **ALONE,
    "2 workers, Keras' synchronized": ("multi_worker", 2, 1, BATCH, "keras"),
    "2 workers, --local_batch_norm": ("multi_worker", 2, 1, BATCH, "local"),
    "2 processes of half the batch": ("none", 2, 1, BATCH // 2, "ours"),
}


def serve(kind, threads, batch, statistics_of):
    """A process of a way: at each line of input, `STEPS` steps; answers when done."""
    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
    if statistics_of == "keras":
        layers.BatchNorm._moments = keras.layers.BatchNormalization._moments
    strategy = distribute.get_strategy(kind, 2 if kind == "mirrored" else 0)
    with strategy.scope():
        model = ganzoo.build("dcgan")
        model.compile(local_batch_norm=statistics_of == "local")
    data = batches(helpers.arrays_for(model, 1024), int(batch), seed=0)
    iterator = iter(strategy.experimental_distribute_dataset(data))
    model.make_train_function()
    model.train_function(iterator)
    print("ready", flush=True)
    for _ in sys.stdin:
        for _ in range(STEPS):
            logs = model.train_function(iterator)
        float(logs["g_loss"])
        print("done", flush=True)


def pairs():
    """Measures the cost of replicas."""
    return rounds_of(WAYS)


def profile():
    """Measures the parts of the cost of two workers."""
    return rounds_of(PROFILE)


def rounds_of(ways):
    """Rounds of all ways in turn, each on both cores alone."""
    started = {name: start(__file__, *way) for name, way in ways.items()}
    for processes in started.values():
        _wait(processes, "ready")
    _time(started["one device"])
    rounds = [{name: _time(started[name]) for name in ways} for _ in range(ROUNDS)]
    for processes in started.values():
        end(processes)
    ratios = {
        name: [round(times[name] / times["one device"], 3) for times in rounds]
        for name in ways
    }
    return {
        "ms/step": {
            name: [round(1e3 * times[name] / STEPS, 1) for times in rounds]
            for name in ways
        },
        "ratio": ratios,
        "median ratio": {name: statistics.median(r) for name, r in ratios.items()},
    }


def start(script, kind, count, *settings):
    """Starts `script serve kind settings` in processes that know each other."""
    addresses = [f"localhost:{port}" for port in _free_ports(count)]
    return [
        subprocess.Popen(
            [sys.executable, script, "serve", kind, *map(str, settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "TF_CONFIG": json.dumps(
                    {
                        "cluster": {"worker": addresses},
                        "task": {"type": "worker", "index": index},
                    }
                ),
            },
        )
        for index in range(count)
    ]


def end(processes):
    """Ends the processes of `start`."""
    for process in processes:
        process.stdin.close()
        process.wait()


def _wait(processes, word):
    for process in processes:
        assert process.stdout.readline().strip() == word


def _time(processes):
    begin = time.perf_counter()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    _wait(processes, "done")
    return time.perf_counter() - begin


def checkpoints():
    """Seconds of a checkpoint over those of the steps from one to the next."""
    return {name: _checkpoint_share(name) for name in ("dcgan_digits", "dcgan_mnist")}


def _checkpoint_share(name):
    experiment = from_dict(load_config(name))
    data = load_data(experiment.dataset, data_dir=experiment.data_dir)
    model = ganzoo.build(experiment.model, **effective_options(experiment, data))
    model.steps_per_execution = STEPS_PER_CALL
    model.make_train_function()
    batch = batch_of(experiment, len(data))
    iterator = iter(batches(data.arrays, batch, seed=0))
    steps, saves = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(6):
            begin = time.perf_counter()
            float(model.train_function(iterator)["g_loss"])
            steps.append((time.perf_counter() - begin) / STEPS_PER_CALL)
            begin = time.perf_counter()
            path = checkpoint.save(model, folder)
            saves.append(time.perf_counter() - begin)
        size = path.stat().st_size
    step, save = statistics.median(steps[1:]), statistics.median(saves[1:])
    return {
        "ms/step": round(1e3 * step, 1),
        "ms/checkpoint": round(1e3 * save, 1),
        "MB": round(size / 1e6, 1),
        "steps from one to the next": experiment.checkpoint_every,
        "share of the time": round(save / (step * experiment.checkpoint_every), 5),
    }


def traffic():
    """Bytes that a step of each variant as built by default exchanges.

    Counted where a step on two replicas is traced: the inputs of the all-reduces in
    its graph, and what all replicas give to `all_gather`. Left out are all-reduces of
    a size that the graph does not tell: the gradients of what was gathered, and those
    of embeddings, where TensorFlow exchanges only the rows that were used. FLOP are its
    count of the same step on one device.
    """
    strategy = distribute.get_strategy("mirrored", 2)
    return {name: exchange(name, strategy) for name in ganzoo.list_models()}


def exchange(name, strategy, **settings):
    """The same of one variant, compiled with `settings`."""
    with strategy.scope():
        model = ganzoo.build(name)
        model.compile(**settings)
    size = BATCH * max(1, model.d_steps)
    arrays = helpers.arrays_for(model, size)
    data = strategy.experimental_distribute_dataset(batches(arrays, size, seed=0))
    model.make_train_function()
    iterator = iter(data)
    replicas = strategy.num_replicas_in_sync
    with _gathered() as shares:
        graph = model.train_function.__wrapped__.get_concrete_function(iterator).graph
    reduced = [
        _bytes(operation.inputs[0])
        for operation in _operations(graph)
        if operation.type == "CollectiveReduceV2"
        and operation.inputs[0].shape.is_fully_defined()
    ]
    gradients = {
        "d": sum(_bytes(v.value) for n in model.discriminators for v in _own(n)),
        "g": sum(_bytes(v.value) for n in model.generators for v in _own(n)),
    }
    alone = ganzoo.build(name)
    return {
        "all-reduced": sum(reduced) // replicas,
        "of it gradients": model.d_steps * gradients["d"] + gradients["g"],
        "all-reduces": len(reduced) // replicas,
        "gathered": sum(shares),
        "samples": BATCH,
        "flop": benchmark.flops_of_step(alone, helpers.arrays_for(alone, size), BATCH),
    }


@contextlib.contextmanager
def _gathered():
    """Yields the bytes of each share that is passed to `all_gather` in the block."""
    shares = []
    original = tf.distribute.ReplicaContext.all_gather

    def all_gather(context, value, axis):
        shares.append(_bytes(value))
        return original(context, value, axis)

    with mock.patch.object(tf.distribute.ReplicaContext, "all_gather", all_gather):
        yield shares


def _own(network):
    return network.trainable_variables


def _operations(graph):
    """The operations of a graph and of the functions that it calls, once each."""
    for operation in graph.get_operations():
        yield operation
        for attribute in ("f", "then_branch", "else_branch", "body"):
            try:
                name = operation.get_attr(attribute).name
            except ValueError:
                continue
            yield from _operations(graph._get_function(name).graph)


def _bytes(tensor):
    return int(tensor.shape.num_elements()) * tensor.dtype.size


PARTS = {
    "pairs": pairs,
    "profile": profile,
    "checkpoints": checkpoints,
    "traffic": traffic,
}


def record(part):
    """Measures one part and keeps the others."""
    path = RESULTS / "distribution_cost.json"
    before = json.loads(path.read_text())["measured"] if path.exists() else {}
    measured = {**before, part: PARTS[part]()}
    print(json.dumps(measured[part], indent=2))
    write_result(
        "distribution_cost",
        command="python experiments/distribution_cost.py " + ", ".join(PARTS),
        headline=_headline(measured),
        target="a dcgan step on 2 virtual devices <= 1.15 of one device's, on 2 local "
        "workers <= 1.35; checkpoints <= 2% of a run",
        measured=measured,
        note="pairs: 28x28 dcgan, global batch 128, medians of 7 alternating rounds of "
        "8 steps on the same two cores; two intra-op threads in one process, one in "
        "each worker.",
    )


def _headline(measured):
    parts, missed = [], []
    if "pairs" in measured:
        ratio = measured["pairs"]["median ratio"]
        parts += [f"{name} {ratio[name]}" for name in TARGETS]
        missed = [name for name, most in TARGETS.items() if ratio[name] > most]
    if "checkpoints" in measured:
        shares = [c["share of the time"] for c in measured["checkpoints"].values()]
        parts.append(f"checkpoints at most {max(shares):.2%}")
    return verdict(missed) + "; ".join(parts)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    else:
        record(sys.argv[1])
