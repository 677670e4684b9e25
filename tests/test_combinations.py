"""Pairs of losses, penalties, backbones, normalisers and dtypes."""

import combinations
import pytest

pytestmark = pytest.mark.long

COVERING, REFUSED = combinations.covering(), combinations.refused()


def test_every_pair_of_options_occurs():
    """One that cannot be is refused; no pair of a loss with anything is."""
    found = set().union(*map(combinations.pairs, [*COVERING, *REFUSED]))
    everything = set().union(*map(combinations.pairs, combinations.everything()))
    assert found == everything
    trained = set().union(*map(combinations.pairs, COVERING))
    assert not any("loss" in dict(pair) for pair in everything - trained)


@pytest.mark.parametrize("combination", COVERING, ids=" ".join)
def test_trains(combination):
    assert combinations.attempt(*combination) is None


@pytest.mark.parametrize("combination", REFUSED, ids=" ".join)
def test_is_refused_when_it_is_built(combination):
    with pytest.raises(ValueError, match=combinations.refusal(*combination)):
        combinations.attempt(*combination, steps=0)
