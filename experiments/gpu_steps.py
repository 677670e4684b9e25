"""Times steps on a GPU: float32, bfloat16, XLA, and maps that stay NHWC.

    python experiments/gpu_steps.py [--seconds=S]  # nothing else may run

TensorFlow turns NHWC maps into NCHW where cuDNN has faster kernels for it; `NHWC` is
the step without that. Each step is measured in a process of its own, since the setting
is one for the process. Writes zoo_configs/results/gpu_steps.json.
"""

import argparse
import json
import subprocess
import sys

import tensorflow as tf
from experiment import write_result

from ganzoo.cli import benchmark

# Model, batch, options.
MODELS = {
    "dcgan": (128, {"d_norm": "layer"}),
    "sngan": (64, {"image_shape": [32, 32, 3]}),
    "pix2pix": (8, {}),
    "3dgan": (16, {}),
}
WAYS = ("float32", "float32, NHWC", "float32, XLA", "mixed_bfloat16")


def step(name, way, seconds):
    """Milliseconds of a step."""
    dtype, _, setting = way.partition(", ")
    batch, options = MODELS[name]
    if setting == "NHWC":
        tf.config.optimizer.set_experimental_options({"layout_optimizer": False})
    if setting == "XLA":
        options = {**options, "jit_compile": True}
    return benchmark.run(name, batch, dtype, options, seconds)["ms_per_step"]


def measured_apart(name, way, seconds):
    """The same, by this script in another process; None where it fails."""
    command = [sys.executable, __file__, f"--seconds={seconds}", "--step", name, way]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-2000:], flush=True)
        return None
    return round(json.loads(done.stdout.splitlines()[-1]), 2)


def main(seconds):
    devices = tf.config.list_physical_devices("GPU")
    names = [
        tf.config.experimental.get_device_details(device)["device_name"]
        for device in devices
    ]
    rows = {}
    for name in MODELS:
        rows[name] = {way: measured_apart(name, way, seconds) for way in WAYS}
        print(name, rows[name], flush=True)
    write_result(
        "gpu_steps",
        command="python experiments/gpu_steps.py",
        headline="; ".join(
            f"{name} {by['float32']} ms a step in float32" for name, by in rows.items()
        ),
        target="none",
        measured={"devices": names, "ms/step": rows},
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--step", nargs=2, metavar=("MODEL", "WAY"))
    args = parser.parse_args()
    if args.step:
        print(json.dumps(step(*args.step, args.seconds)))
    else:
        main(args.seconds)
