"""The table of variants in README."""

import pytest
from pages import variants


@pytest.mark.parametrize(
    "value,floor,expected",
    [
        (0.1843, 0.0729, "0.18 (0.07)"),
        (684.1, 195.2, "680 (200)"),
        (10.9, 0.03, "11 (0.03)"),
    ],
)
def test_scores_have_no_powers_of_ten(value, floor, expected):
    run = {"scores": [{"value": value, "floor": floor}, {"value": 1, "floor": 1}]}
    assert variants.score_of(run) == expected


def test_mnist_is_shown_first_and_the_8x8_digits_last():
    data = ("digits", "faces", "mnist")
    keys = {f"dcgan_{name}": {"variant": "dcgan", "data": name} for name in data}
    for left in (3, 2, 1):
        kept = dict(list(keys.items())[:left])
        shown = variants.of_each(kept)
        assert shown["dcgan"]["data"] == data[left - 1]
