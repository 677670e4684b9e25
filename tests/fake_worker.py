"""Stands in for `run_process`, without TensorFlow: a task's model says what happens."""

import json
import os
import signal
import sys
import time
from pathlib import Path

while line := sys.stdin.readline():
    task = json.loads(line)
    path, model = Path(task["path"]), task["experiment"]["model"]
    path.mkdir(parents=True, exist_ok=True)
    (path / "process").write_text(f"{os.getpid()} {time.monotonic()}")
    if model == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if model == "fail":
        print("why", file=sys.stderr)
        print(json.dumps({"failure": "ValueError: no"}), flush=True)
        sys.exit(1)
    if model == "wait":
        sys.stdin.read()  # until nobody wants more
        (path / "saved").touch()
        sys.exit()
    if model == "meet":  # ends when the other task has begun
        other = path.with_name(task["experiment"]["dataset"]) / "process"
        while not other.exists():
            time.sleep(0.01)
    print(json.dumps({"failure": ""}), flush=True)
