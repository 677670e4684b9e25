import pytest

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
