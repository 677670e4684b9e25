"""Every combination of loss, penalty, backbone, normaliser and dtype: two steps each.

    GANZOO_RUNS=runs pytest -m slow tests/slow/test_product.py

A row for each is kept in $GANZOO_RUNS/combinations, so the same command resumes.
GANZOO_SHARD=0/2 and 1/2 share the work of two processes; the one that finds all rows
there writes zoo_configs/results/combinations.json.
"""

import collections
import json
import os

import combinations
import pytest
from experiment import RUNS, write_result

pytestmark = pytest.mark.slow
FOLDER = RUNS / "combinations"
SHARD, SHARDS = map(int, os.environ.get("GANZOO_SHARD", "0/1").split("/"))


def rows():
    """The outcome of each combination, by its key."""
    texts = [path.read_text() for path in FOLDER.glob("*.jsonl")]
    lines = [line for text in texts for line in text.splitlines()]
    return {row["key"]: row for row in map(json.loads, lines)}


def outcome(combination):
    refused, refusal = None, combinations.refusal(*combination)
    try:
        wrong = combinations.attempt(*combination)
    except ValueError as error:
        refused, wrong = refusal, None
        if refusal is None or refusal not in str(error):
            wrong = f"refused: {error}"
    else:
        wrong = wrong or refusal and f"not refused although it {refusal}"
    return {"key": " ".join(combination), "refused": refused, "wrong": wrong}


def test_every_combination():
    FOLDER.mkdir(parents=True, exist_ok=True)
    everything = combinations.everything()
    known = rows()
    with (FOLDER / f"{SHARD}_{SHARDS}.jsonl").open("a", buffering=1) as file:
        for combination in everything[SHARD::SHARDS]:
            if " ".join(combination) not in known:
                file.write(json.dumps(outcome(combination)) + "\n")
    found = rows()
    assert not [row for row in found.values() if row["wrong"]]
    if len(found) == len(everything):
        record(found.values())


def record(found):
    refused = collections.Counter(row["refused"] for row in found if row["refused"])
    trained = len(found) - refused.total()
    axes = {axis: list(names) for axis, names in combinations.AXES.items()}
    sizes = " x ".join(str(len(names)) for names in axes.values())
    write_result(
        "combinations",
        command="pytest -m slow tests/slow/test_product.py",
        headline=f"{len(found)} combinations ({sizes}): {trained} train two steps, "
        f"all finite; {refused.total()} are refused when built",
        target="finite, or refused at build with the reason",
        measured={"axes": axes, "trained": trained, "refused by reason": refused},
    )
