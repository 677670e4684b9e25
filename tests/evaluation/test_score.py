import math
import sys

import pytest

from ganzoo.evaluation.evaluate import Evaluation
from ganzoo.evaluation.score import Score, comparable, protocol, rank, versions

CONDITIONS = {"score": "recall(k=5)", "data": "digits abc", "n": 360}


def test_a_protocol_says_everything():
    text = protocol(CONDITIONS, {"samples": "seed 0, step 4"})
    for part in ("recall(k=5)", "data: digits abc", "n: 360", "seed 0", "protocol: 1"):
        assert part in text
    for name, version in versions().items():
        assert f"{name}: {version}" in text


@pytest.mark.parametrize("key", CONDITIONS)
def test_scores_compare_when_all_conditions_agree(key):
    one = protocol(CONDITIONS, {"samples": "seed 0"})
    assert comparable(one, protocol(CONDITIONS, {"samples": "seed 1"}))
    assert not comparable(one, protocol({**CONDITIONS, key: "other"}, {}))


def test_another_definition_of_the_scores_does_not_compare(monkeypatch):
    one = protocol(CONDITIONS, {})
    monkeypatch.setattr("ganzoo.evaluation.score.FORMAT", 2)
    assert not comparable(one, protocol(CONDITIONS, {}))


@pytest.mark.parametrize(
    ("better", "best", "worst"),
    [("lower", 1.0, 2.0), ("higher", 2.0, 1.0), ("floor", 0.5, 0.4)],
)
def test_rank_is_lower_for_the_better_score(better, best, worst):
    def score(value):
        return Score("x", value, floor=0.52, better=better, protocol="")

    assert rank(score(best)) < rank(score(worst))


def test_a_frame_of_an_evaluation():
    scores = [
        Score("recall", math.inf, 0.5, "higher", "x", step=3, margin=0.1),
        Score("l1", 0.25, 0.5, "lower", "x", checkpoint="best"),
    ]
    frame = Evaluation(scores, []).to_pandas()
    assert list(frame.metric) == ["recall", "l1"] and list(frame.step) == [3, 0]
    assert list(frame.value) == [math.inf, 0.25]
    assert frame.margin[0] == 0.1 and math.isnan(frame.margin[1])
    assert list(frame.checkpoint) == ["last", "best"]


def test_a_frame_needs_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'ganzoo-keras\[tables\]'"):
        Evaluation([], []).to_pandas()
