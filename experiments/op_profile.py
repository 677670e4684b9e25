"""Profiles steps by TensorFlow's profiler: which operations they spend their time in.

    python experiments/op_profile.py  # 2 minutes, alone

Writes zoo_configs/results/op_profile.json.
"""

import argparse
import re
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import tensorflow as tf
from experiment import write_result
from tensorflow.tsl.profiler.protobuf import xplane_pb2

import ganzoo

STEPS, TOP = 10, 10
# Model, batch, dtype, and options that differ from the defaults.
CASES = {
    "dcgan, float32": ("dcgan", 64, "float32", {}),
    "dcgan, bfloat16": ("dcgan", 64, "mixed_bfloat16", {}),
    "sngan, 32x32x3, float32": ("sngan", 64, "float32", {"image_shape": (32, 32, 3)}),
    "pix2pix, 64x64x3, float32": ("pix2pix", 8, "float32", {}),
    "3dgan, float32": ("3dgan", 16, "float32", {}),
}
CALLS = re.compile("PartitionedCall|While|If$|Case$")  # what they call is listed, too


def profile(name, batch, dtype, options) -> dict:
    """Shares of the operations of a step, the largest first, and how many there are."""
    model = ganzoo.build(name, dtype=dtype, **options)
    arrays = model.batch_spec.random(2 * batch, np.random.default_rng(0))

    def train():
        model.fit(arrays, batch_size=batch, steps_per_epoch=STEPS, verbose=0)

    train()
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            train()
        (file,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(file.read_bytes())
    seconds, count = operations(space)
    whole = sum(seconds.values())
    return {
        "ms of operations a step": round(1e3 * whole / STEPS, 1),
        "operations a step": round(count / STEPS),
        "shares": {
            kind: round(took / whole, 3) for kind, took in seconds.most_common(TOP)
        },
    }


def operations(space):
    """Returns (seconds by kind of operation, their number) of a profile.

    The profiler names an operation `name:Kind`. What several threads do at the same
    time counts once, as the time of the operation.
    """
    seconds, count = Counter(), 0
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                kind = re.fullmatch(r"[\w./-]+:(\w+)", name)
                if kind and not CALLS.search(kind[1]):
                    seconds[kind[1]] += event.duration_ps / 1e12
                    count += 1
    return seconds, count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=CASES, default=[*CASES])
    args = parser.parse_args()
    found = {}
    for name in args.only:
        found[name] = profile(*CASES[name])
        print(name, found[name], flush=True)
    first = {name: next(iter(case["shares"].items())) for name, case in found.items()}
    write_result(
        "op_profile",
        command="python experiments/op_profile.py",
        headline="the dearest operation of a step: "
        + "; ".join(
            f"{name}: {kind} {share:.0%}" for name, (kind, share) in first.items()
        ),
        target="none",
        measured=found,
        note=f"TensorFlow's profiler over {STEPS} steps, after {STEPS} others",
    )


if __name__ == "__main__":
    main()
