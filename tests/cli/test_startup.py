"""The stages of the first minute."""

import pytest
from small_runs import TINY

from ganzoo.cli import main as command
from ganzoo.cli import startup
from ganzoo.runs.experiment import Experiment


def test_startup_measures_every_stage_until_the_picture(capsys):
    experiment = Experiment("vanilla", TINY, batch_size=16, log_every=3)
    stages = startup.run(experiment)
    assert list(stages) == [
        "Python, command line",
        "import of TensorFlow and Keras",
        "import of ganzoo",
        "data",
        "building",
        "pictures before training",
        "first call, picture",
        "second call",
    ]
    assert all(value >= 0 for pair in stages.values() for value in pair)
    lines = capsys.readouterr().out.splitlines()
    *_, total, step = (line.split() for line in lines)
    until = [pair for name, pair in stages.items() if name != "second call"]
    for i in (0, 1):
        assert float(total[-2 + i]) == pytest.approx(
            sum(pair[i] for pair in until), abs=0.006
        )
        assert float(step[-2 + i]) == pytest.approx(
            stages["second call"][i] / 3, abs=6e-5
        )


def test_the_command_hands_its_flags_on(monkeypatch):
    given = []
    monkeypatch.setattr(startup, "run", given.append)
    words = ["--startup", "--dataset=ring8", "--batch_size=8", "--set=latent_dim=2"]
    command.run(command.parse(["ganzoo", "benchmark", "Vanilla", *words]))
    expected = Experiment("vanilla", {"latent_dim": 2}, dataset="ring8", batch_size=8)
    assert given == [expected]
    with pytest.raises(SystemExit, match="--dataset is for --startup"):
        command.run(command.parse(["ganzoo", "benchmark", "dcgan", "--dataset=mnist"]))
