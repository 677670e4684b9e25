import pytest

from ganzoo.metrics import string_scores


def test_by_hand():
    scores = string_scores(["C", "C", "CC", "", "O"], {"O", "N"})
    assert scores == {"valid": 4 / 5, "unique": 3 / 4, "novel": 3 / 4}


@pytest.mark.parametrize("strings", [[], ["", ""]])
def test_nothing_valid_scores_0(strings):
    assert string_scores(strings, {"C"}) == {"valid": 0, "unique": 0, "novel": 0}
