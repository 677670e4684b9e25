"""The arithmetic of the experiments on speed, and the tables of their page."""

import json

import first_minute
import growth
import op_profile
import peers
import pytest
import race
from pages import performance, recorded
from tensorflow.tsl.profiler.protobuf import xplane_pb2

TURNS = [
    {"ganzoo": 10.0, "PyTorch": 20.0, "keras-io, fit": 15.0},
    {"ganzoo": 20.0, "PyTorch": 20.0, "keras-io, fit": 22.0},
    {"ganzoo": 10.0, "PyTorch": 13.0, "keras-io, fit": 30.0},
]


def test_the_exponent_of_a_power():
    sizes = [1, 2, 4, 8]
    assert growth.exponent(sizes, [3 * s**1.5 for s in sizes]) == 1.5
    assert growth.exponent(sizes, [7, 7, 7, 7]) == 0


def test_a_peer_is_compared_within_each_turn():
    found = peers.summary(TURNS)
    assert found["ms/step"] == {"ganzoo": 10, "PyTorch": 20, "keras-io, fit": 22}
    assert found["over ours"] == {"PyTorch": 1.3, "keras-io, fit": 1.5}
    assert found["best over ours"] == 1.3  # of 1.5, 1.0 and 1.3


def test_stages_are_read_from_what_benchmark_prints():
    text = (
        "                                  seconds  of the processor\n"
        "Python, command line                 0.05              0.04\n"
        "until the picture                   10.25              9.04\n"
        "a step                             0.0123            0.0101\n"
    )
    assert first_minute.stages(text) == {
        "Python, command line": 0.05,
        "until the picture": 10.25,
        "a step": 0.0123,
    }


def test_operations_are_added_up_by_kind():
    space = xplane_pb2.XSpace()
    plane = space.planes.add()
    names = ["a/b:Conv2D", "c-1:Conv2D", "d:MatMul", "call:PartitionedCall", "Iterator"]
    for i, name in enumerate(names):
        plane.event_metadata[i].name = name
        plane.lines.add().events.add(metadata_id=i, duration_ps=10**12 * (i + 1))
    seconds, count = op_profile.operations(space)
    assert seconds == {"Conv2D": 3.0, "MatMul": 3.0}
    assert count == 3


def test_the_race_ends_with_the_first_samples_as_good_as_their_last():
    theirs = [(10, 9.0), (20, 5.0), (30, 6.0)]
    found = race.outcome(theirs, [(1, 8.0), (2, 6.0), (3, 5.0)])
    assert (found["their seconds"], found["our seconds"]) == (30, 2)
    assert (found["their distance"], found["our distance"]) == (6.0, 6.0)
    assert race.outcome(theirs, [(1, 8.0), (2, 7.0)])["our seconds"] is None


MEASURED = {
    "first_minute": {"stages": {"data": 0.5}, "commands": {"list": 0.25}},
    "race": {
        "0": {
            "their distance": 4.0,
            "their seconds": 1000.0,
            "our distance": 3.5,
            "our seconds": 250.0,
        }
    },
    "peers": {
        "WGAN-GP, float32": {
            "ms/step, turn by turn": TURNS,
            **peers.summary(TURNS),
        }
    },
    "peers_gpu": {"MLP": {"ms/step, turn by turn": TURNS, **peers.summary(TURNS)}},
    "gpu_steps": {"ms/step": {"dcgan": {"float32": 2.5, "float32, XLA": 1.5}}},
    "op_profile": {
        "dcgan": {"operations a step": 900, "shares": {"Conv2D": 0.5, "Mul": 0.25}}
    },
    "growth": {
        "axes": {
            "batch": {
                "sizes": [16, 1024],
                "ms/step": [10.0, 640.0],
                "MiB": [500, 600],
                "seconds to load": [0.0, 0.0],
                "exponents": {"ms/step": [1.0, 1.0], "MiB": [0.04, 0.04]},
            }
        },
        "bytes of a run": {"metrics.jsonl": [5000, 10_000, 2_500_000]},
    },
    "sampling_speed": {
        "models": {
            "dcgan_mnist": {
                "samples/s": 900,
                "forward pass, samples/s": 1000,
                "ratio": [0.9, 0.91],
                "MiB beside the samples": 5,
            }
        },
        "seconds of all scores": [70.0, 50.0],
    },
    "compare_overhead": {
        "seconds of compare": 110.0,
        "seconds of training": [40.0, 50.0],
        "seconds of scoring": 10.0,
        "other seconds": {"between them": 4.5},
        "ratio": 1.1,
    },
}
ROWS = {
    performance.first_minute: "| `ganzoo list` | 0.25 |",
    performance.race: "| 0 | 4.00 | 1000 | 3.50 | 250 | 0.25 |",
    performance.peers: "|  | PyTorch | 20.0 | 1.3 | 2.00, 1.00, 1.30 |",
    performance.peers_gpu: "| MLP | ganzoo | 10.0 |  |  |",
    performance.gpu_steps: "| `dcgan` | 2.5 | 1.5 |",
    performance.profile: "| dcgan | 900 | Conv2D 50.0%, Mul 25.0% |",
    performance.growth: "| ms/step | 10, 640 | 1.0 | 1.0 |",
    performance.files: "| `metrics.jsonl` | 5 | 10 | 2,500 |",
    performance.sampling: "| `dcgan_mnist` | 900 | 1000 | 0.90, 0.91 | 5 |",
    performance.scoring: "| again | 50.0 |",
    performance.overhead: "| other: between them | 4.5 |",
    performance.targets: "| growth | MISSED: a | b |",
}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """An empty folder of results."""
    for module in (recorded, performance):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    return tmp_path


@pytest.mark.parametrize("write", ROWS)
def test_tables_hold_what_was_measured(write, results):
    for name, found in MEASURED.items():
        result = {"headline": "MISSED: a", "target": "b", "measured": found}
        (results / f"{name}.json").write_text(json.dumps(result))
    assert ROWS[write] in write().splitlines()


def test_nothing_is_told_of_what_was_not_measured(results):
    lines = performance.targets().splitlines()[2:]
    assert lines == [f"| {part} | not measured yet |  |" for part in performance.PARTS]
    for write in ROWS.keys() - {performance.targets}:
        with pytest.raises(FileNotFoundError):
            write()


def test_growth_is_drawn(tmp_path):
    growth.draw(MEASURED["growth"]["axes"], tmp_path / "growth.png")
    assert (tmp_path / "growth.png").stat().st_size > 1000
