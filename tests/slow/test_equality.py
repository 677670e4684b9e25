"""Every variant: one device, several replicas and several workers; and resume.

GANZOO_ONLY=name,name takes some variants alone, and records nothing.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from experiment import RUNS, verdict, write_result
from replicas import CASES

import ganzoo
from ganzoo.cli.launch import _free_ports

ONLY = os.environ.get("GANZOO_ONLY")
VARIANTS = ONLY.split(",") if ONLY else ganzoo.list_models()
TARGET = 1e-10
NAMES = {"none": "device", "mirrored": "devices", "multi_worker": "workers"}
COMMAND = "pytest -n0 -m slow tests/slow/test_equality.py"


def start(task, kind, count, folder):
    """The processes of one strategy, over every variant."""
    folder.mkdir(parents=True, exist_ok=True)
    root = Path(__file__).parents[2]
    arguments = [root / "experiments/replicas.py", task, kind, count, folder, *VARIANTS]
    addresses = [f"localhost:{port}" for port in _free_ports(count)]
    processes = count if kind == "multi_worker" else 1
    return [
        subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            env={
                **os.environ,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")]),
                "TF_CONFIG": json.dumps(
                    {
                        "cluster": {"worker": addresses},
                        "task": {"type": "worker", "index": index},
                    }
                ),
            },
        )
        for index in range(processes)
    ]


def run(task, kind, count, folder, code=0):
    for process in start(task, kind, count, folder):
        assert process.wait() == code, (task, kind, count)


def difference(a, b):
    """The largest of all weights, which are finite."""
    with np.load(a) as a, np.load(b) as b:
        assert a.keys() == b.keys()
        pairs = [np.abs(a[k] - b[k]) for k in a]
    assert all(np.isfinite(pair).all() for pair in pairs), (a, b)
    return max(float(np.max(pair, initial=0)) for pair in pairs)


@pytest.fixture(scope="module")
def differences():
    """{variant: {case: the largest difference from one device}}; recorded."""
    folder = RUNS / "equality"
    for kind, count in CASES:
        run("finals", kind, count, folder / f"{kind}_{count}")
    found = {name: {} for name in VARIANTS}
    for (kind, count), cases in CASES.items():
        for dtype, call in cases:
            if (kind, count, call) == ("none", 1, 1):
                continue
            for name in VARIANTS:
                alone = folder / f"none_1/{name}-{dtype}-1.npz"
                other = folder / f"{kind}_{count}/{name}-{dtype}-{call}.npz"
                case = f"{count} {NAMES[kind]}, {call} per call, {dtype}"
                found[name][case] = difference(alone, other)
    if not ONLY:
        worst = {name: max(double(cases).values()) for name, cases in found.items()}
        missed = [name for name, value in worst.items() if value > TARGET]
        write_result(
            "equality",
            command=COMMAND,
            headline=verdict(missed)
            + f"{len(found)} variants on 2 and 4 devices, on 2 and 3 workers, "
            f"and 5 steps per call: largest difference {max(worst.values()):.1e}",
            target=f"<= {TARGET:.0e} from one device after 10 steps in float64",
            measured=found,
            note="10 steps of tests/helpers.py's small nets, global batch 24, with a "
            "running average, with their dropout and noise. float32 has no target: "
            "Adam amplifies rounding.",
        )
    return found


def double(cases):
    return {case: value for case, value in cases.items() if "float64" in case}


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_replicas_and_workers_equal_one_device(name, differences):
    cases = double(differences[name])
    assert len(cases) == 6
    assert all(value <= TARGET for value in cases.values()), cases


@pytest.fixture(scope="module")
def resumed():
    """{variant: {case: what differs after 4 steps + kill + 6 from 10}}; recorded."""
    folder = RUNS / "resume"
    found = {name: {} for name in VARIANTS}
    for case, kind, count in (("1 device", "none", 1), ("2 devices", "mirrored", 2)):
        run("whole", kind, count, folder / case, code=-signal.SIGKILL)
        run("rest", kind, count, folder / case)
        for name in VARIANTS:
            found[name][case] = json.loads((folder / case / f"{name}.json").read_text())
    if not ONLY:
        equal = sum(same(cases) for cases in found.values())
        write_result(
            "resume",
            command=COMMAND,
            headline=f"{equal} of {len(found)} variants equal bit for bit, on one "
            "device and on two",
            target="10 steps == 4 + kill + 6, every variable of training",
            measured=found,
            note="Nets of tests/helpers.py with their dropout and noise layers, a "
            "running average; the second part in another process.",
        )
    return found


def same(cases):
    return all(
        case["restored"] == 4 and case["variables"] and not case["differing"]
        for case in cases.values()
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_goes_on_bit_for_bit_in_another_process(name, resumed):
    assert same(resumed[name]), resumed[name]
