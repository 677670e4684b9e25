"""Distance of the n-grams of two sets of strings."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.special import rel_entr


def ngram_divergence(real: Sequence[str], fake: Sequence[str], n: int) -> float:
    """Returns the Jensen-Shannon divergence of n-grams, in bits, from 0 to 1.

    The mean Kullback-Leibler divergence of both distributions from their mean
    (Gulrajani et al. 2017, arXiv 1704.00028, section 5). It falls with the number of
    strings, since rare n-grams are in only one set by chance.

    Args:
        real: strings.
        fake: strings; for a fair value, as many as `real`.
        n: characters of a gram, from 1. A mark stands before and after each string.

    Raises:
        ValueError: n below 1, or strings too short for any gram.
    """
    counts = [_grams(strings, n) for strings in (real, fake)]
    if n < 1 or not all(counts):
        raise ValueError(
            "n-grams need n from 1, and strings of as many characters, the marks of "
            f"begin and end included. Received: n={n}."
        )
    grams = counts[0] | counts[1]
    p, q = (np.array([count[g] for g in grams]) / count.total() for count in counts)
    mean = (p + q) / 2
    return float((rel_entr(p, mean) + rel_entr(q, mean)).sum() / 2 / np.log(2))


def _grams(strings, n):
    marked = (f"\n{text}\n" for text in strings)
    return Counter(text[i : i + n] for text in marked for i in range(len(text) - n + 1))
