"""A character model of n-grams: the baseline of generated text.

Imported by the long test: `pytest -n0 -m slow tests/slow/test_words.py`.
"""

from collections import Counter, defaultdict

import numpy as np


def ngram_samples(texts, count, n=3, seed=0):
    """Draws strings, each letter as often as it follows its n - 1 predecessors.

    Args:
        texts: strings to learn from; a mark stands for their begin and end.
        count: number of strings.
        n: characters of a gram.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    following = defaultdict(Counter)
    for text in texts:
        marked = "\n" * (n - 1) + text + "\n"
        for i in range(len(text) + 1):
            following[marked[i : i + n - 1]][marked[i + n - 1]] += 1
    choices = {
        before: (list(after), np.array([*after.values()]) / after.total())
        for before, after in following.items()
    }
    drawn = []
    for _ in range(count):
        text = "\n" * (n - 1)
        while len(text) < n or text[-1] != "\n":
            letters, shares = choices[text[len(text) - n + 1 :]]
            text += letters[rng.choice(len(letters), p=shares)]
        drawn.append(text.strip("\n"))
    return drawn
