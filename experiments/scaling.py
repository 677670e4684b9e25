"""Checks a model of a step's time on several workers, which docs/replicas.md extends.

    export PYTHONPATH=tests
    python experiments/scaling.py [PART ...]  # nothing else may run

A step takes the time of its share of the batch, a latency for each exchange, since
the next layer waits for it, and the time of the bytes. Latency and rate are those of 2
and 3 local workers between products of matrices, about as long as a layer, since who
is done first waits for the others. The prediction is compared with the steps of as many
workers, with exact and with local batch statistics.
"""

import json
import statistics
import sys
import time

import distribution_cost as cost
import tensorflow as tf
from experiment import verdict, write_result
from pages.recorded import kept

from ganzoo import distribute

BATCH = 126  # for two workers and for three
WORKERS = (2, 3)
SIZES = {"small": 256, "large": 1 << 20}  # float32 in an exchange
CHAIN, TIMES = 20, 9
SIDE = 512  # of the matrices: 4 ms of one core
STATISTICS = {"exact": "ours", "local": "local"}


def serve(kind):
    """A worker that exchanges vectors, each after some work; tells seconds of one."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    strategy = distribute.get_strategy(kind)
    alone = seconds_of(strategy, 1, lambda value: value)
    found = {
        name: seconds_of(strategy, size, distribute.global_mean) - alone
        for name, size in SIZES.items()
    }
    print(json.dumps(found), flush=True)


def seconds_of(strategy, size, exchange):
    """Seconds of a product of matrices and an exchange of `size` numbers."""

    @tf.function
    def chain(matrix):
        def replica():
            value, product = tf.zeros(size), matrix
            for _ in range(CHAIN):
                product = tf.tanh(tf.matmul(product, matrix) + value[0])
                value = exchange(value + product[0, 0])
            return value[0]

        return strategy.run(replica)

    matrix = tf.random.stateless_normal((SIDE, SIDE), (0, 0)) / SIDE**0.5
    chain(matrix)
    seconds = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        float(strategy.experimental_local_results(chain(matrix))[0])
        seconds.append((time.perf_counter() - begin) / CHAIN)
    return statistics.median(seconds)


def exchanges():
    """Seconds of an exchange by number of workers and size."""
    found = {}
    for count in WORKERS:
        processes = cost.start(__file__, "multi_worker", count)
        told = [json.loads(process.stdout.readline()) for process in processes]
        cost.end(processes)
        found[str(count)] = told[0]
    return found


def ways():
    """One device, processes that exchange nothing, and workers."""
    found = {"one device": ("none", 1, 2, BATCH, "ours")}
    for count in WORKERS:
        found[f"{count} processes"] = ("none", count, 1, BATCH // count, "ours")
        for name, kind in STATISTICS.items():
            found[f"{count} workers, {name}"] = ("multi_worker", count, 1, BATCH, kind)
    return found


def predicted(alone, traffic, exchange):
    """Milliseconds of a step, from those without exchanges."""
    small, large = exchange["small"], exchange["large"]
    a_byte = (large - small) / (4 * (SIZES["large"] - SIZES["small"]))
    return alone + 1e3 * (
        traffic["all-reduces"] * small + traffic["all-reduced"] * a_byte
    )


def traffic():
    """The exchanges of a step, with exact and with local batch statistics."""
    strategy = distribute.get_strategy("mirrored", 2)
    return {
        name: cost.exchange("dcgan", strategy, local_batch_norm=kind == "local")
        for name, kind in STATISTICS.items()
    }


PARTS = {
    "steps": lambda: cost.rounds_of(ways())["ms/step"],
    "exchanges": exchanges,
    "traffic": traffic,
}


def main(parts):
    found = kept("scaling") | {part: PARTS[part]() for part in parts}
    found["rows"] = rows = {}
    for count, exchange in found["exchanges"].items():
        alone = statistics.median(found["steps"][f"{count} processes"])
        for name, by in found["traffic"].items():
            way = f"{count} workers, {name}"
            rows[way] = {
                "without exchanges": alone,
                "predicted": round(predicted(alone, by, exchange), 1),
                "measured": statistics.median(found["steps"][way]),
            }
    off = {way: row["measured"] / row["predicted"] for way, row in rows.items()}
    missed = not all(0.8 <= value <= 1.25 for value in off.values())
    write_result(
        "scaling",
        command="PYTHONPATH=tests python experiments/scaling.py",
        headline=verdict(missed)
        + "measured over predicted time of a step of dcgan: "
        + "; ".join(f"{way} {value:.2f}" for way, value in off.items()),
        target="between 0.8 and 1.25",
        measured=found,
        note=f"28x28, global batch {BATCH}, two cores; medians of {cost.ROUNDS} turns",
    )
    print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main(sys.argv[1:] or PARTS)
