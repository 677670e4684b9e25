"""Comparisons on the digits, against targets that were fixed before.

GANZOO_RUNS=runs pytest -m slow tests/slow/test_compare.py
"""

import json

import numpy as np
import pytest
from experiment import RESULTS, RUNS, write_result

import ganzoo
from ganzoo.comparison import entries, run_process
from ganzoo.comparison.compare import folder
from ganzoo.comparison.ranking import ranking, winner

pytestmark = pytest.mark.slow
SHORT = {"steps": 100, "log_every": 100, "only": ["frechet_distance"]}
REPETITIONS, SEEDS = 10, 3


def test_compare_honesty():
    """Copies of a variant are not told apart; a trained and an untrained one are."""
    words = ["dcgan", "untrained=dcgan:learning_rate=1e-9"]
    path = RUNS / "compare_honesty"
    path.mkdir(parents=True, exist_ok=True)
    (path / ".lock").touch()  # runs that are made beforehand do not make it foreign
    settings = {"log_every": SHORT["log_every"]}
    budget = entries.budget(steps=SHORT["steps"])
    (copies,) = entries.make(words[:1], budget, settings=settings)
    for seed in range(2 * REPETITIONS * SEEDS):
        # In this process, before it is known which seeds make up a comparison.
        run = path / "runs" / folder(copies.name) / f"seed_{seed}"
        if not (run / run_process.FILE).exists():
            run_process.begin_anew()
            run_process.run(copies.run(seed), run, SHORT["only"])
    count = 2 * REPETITIONS * SEEDS
    found = ganzoo.compare(words[:1], path, seeds=count, **SHORT)
    scores = found.scores("dcgan")
    groups = [scores[i : i + SEEDS] for i in range(0, len(scores), SEEDS)]
    repetitions = [
        ranking({"a": a, "b": b})
        for a, b in zip(groups[::2], groups[1::2], strict=True)
    ]
    wins = sum(winner(places) is not None for places in repetitions)
    trained = ganzoo.compare(words, path, seeds=SEEDS, **SHORT)
    last = trained.places[-1]
    write_result(
        "compare_honesty",
        command="pytest -m slow tests/slow/test_compare.py -k honesty",
        headline=f"a winner in {wins} of {REPETITIONS} comparisons of two copies; "
        f"trained against untrained: {winner(trained.places)}",
        target="two copies of dcgan on digits, 3 seeds each: no winner in >= 9 of 10; "
        "dcgan beats dcgan untrained",
        measured={
            "frechet_distance of 60 seeds": [score.value for score in scores],
            "intervals of two copies": [
                [round(places[1].low, 4), round(places[1].high, 4)]
                for places in repetitions
            ],
            "untrained behind trained": [last.difference, last.low, last.high],
            "protocol": scores[0].protocol,
        },
    )
    assert wins <= 1
    assert winner(trained.places) == "dcgan"  # 100 steps: the page withholds a verdict


def test_compare_grid():
    """The loss x backbone table."""
    grid = {
        "loss": ["non_saturating", "hinge", "least_squares", "wasserstein"],
        "network": ["mlp", "dcgan"],
    }
    path = RUNS / "compare_grid"
    found = ganzoo.compare(["dcgan"], path, seeds=1, grid=grid, **SHORT)
    head, *rows = found.cross_table()
    shown = "; ".join(f"{row[0]} {', '.join(row[1:])}" for row in rows)
    _record(
        "compare_grid",
        found,
        command="ganzoo compare dcgan --grid loss=non_saturating,hinge,least_squares,"
        "wasserstein --grid network=mlp,dcgan --steps=100 --seeds=1 --log_every=100 "
        "--only=frechet_distance",
        headline=f"{head[0]} ({', '.join(head[1:])}): {shown}",
        target="a value or `failed` in each of the eight places",
    )
    assert len(rows) == 4 and all(all(row) for row in rows)


@pytest.mark.parametrize("name", ["compare_digits", "compare_mnist"])
def test_benchmark(name, mnist_dir):
    """The zoo's own comparisons, as their configs say."""
    plan = entries.load_plan(name)
    found = ganzoo.compare(
        plan.pop("entries"), RUNS / name, data_dir=str(mnist_dir), **plan
    )
    _record(
        name,
        found,
        command=f"ganzoo compare --config={name}",
        headline=found.verdict(),
        target="every variant is ranked or shown as failed, next to real data",
    )
    assert len(found.places) >= 2


def _record(name, found, *, command, headline, target):
    """Writes the result, with the runs that an earlier call has made."""
    ranked = [
        {
            "variant": place.name,
            "mean": place.mean,
            "std": place.std,
            "difference": place.difference,
            "interval": [place.low, place.high],
            "verdict": place.verdict,
            "values": [score.value for score in found.scores(place.name)],
        }
        for place in found.places
    ]
    known = json.loads(json.dumps(ranked).replace("NaN", "null"))
    trained = sum(run.cost["seconds"] for run in found.runs if run.cost)
    write_result(
        name,
        command=command,
        headline=headline,
        target=target,
        measured={
            "metric": found.metric,
            "budget": str(found.budget),
            "blends": found.blends,
            "still improving": found.improving,
            "real data": found.floor(found.metric),
            "ranking": known,
            "failed": [[run.entry, run.seed, run.failure] for run in found.failures],
            "steps": found.entries[0].experiment.steps,
            "protocol": found.scores(found.places[0].name)[0].protocol,
        },
    )
    assert (RESULTS / f"{name}.json").exists() and np.isfinite(trained)
