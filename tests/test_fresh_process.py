"""Tests of a fresh process; TensorFlow takes seconds to start, so there is one."""

import os
import subprocess
import sys
from pathlib import Path

WEIGHTS = """
import hashlib, ganzoo
model = ganzoo.build("cgan", image_shape=(8, 8, 1), network="mlp", seed=3)
print(hashlib.sha256(b"".join(v.numpy().tobytes() for v in model.weights)).hexdigest())
"""
CODE = """
import socket
def refuse(*args, **kwargs): raise OSError("no network here")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import ganzoo, tensorflow
print(ganzoo.load("dcgan_digits").sample(16).shape)
"""


def test_it_is_quiet_needs_no_network_and_makes_the_weights_of_this_process(capsys):
    inherited = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", CODE + WEIGHTS],
        capture_output=True,
        text=True,
        env=inherited,
        cwd=Path(__file__).parents[1],
    )
    assert (done.returncode, done.stderr) == (0, "")
    exec(WEIGHTS, {})
    assert done.stdout == "(16, 8, 8, 1)\n" + capsys.readouterr().out
