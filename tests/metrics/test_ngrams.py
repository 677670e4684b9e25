import math

import pytest

from ganzoo.metrics import ngram_divergence


def test_equal_and_disjoint():
    texts = ["abc", "bca"]
    for n in (1, 2, 3, 4):
        assert ngram_divergence(texts, texts[::-1], n) == 0
    assert ngram_divergence(["aa"], ["bb"], 2) == 1


def test_by_hand():
    """Of `a` and `b` between marks: half of the characters are marks in both.

    p = (1/2 marks, 1/2 a), q = (1/2 marks, 1/4 a, 1/4 b): three of four letters.
    """
    p, q = [0.5, 0.5, 0.0], [0.5, 0.25, 0.25]
    m = [(a + b) / 2 for a, b in zip(p, q, strict=True)]

    def kl(x):
        return sum(a * math.log2(a / b) for a, b in zip(x, m, strict=True) if a)

    value = ngram_divergence(["aa"], ["ab"], 1)
    assert value == pytest.approx((kl(p) + kl(q)) / 2)


def test_marks_tell_the_begin_from_the_end():
    assert ngram_divergence(["ab"], ["ba"], 1) == 0
    assert ngram_divergence(["ab"], ["ba"], 2) == 1


@pytest.mark.parametrize(("strings", "n"), [(["a"], 0), (["a"], 4), ([], 1)])
def test_what_has_no_grams_is_refused(strings, n):
    with pytest.raises(ValueError, match=f"n-grams need n.*Received: n={n}"):
        ngram_divergence(strings, strings, n)
