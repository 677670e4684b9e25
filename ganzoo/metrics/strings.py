"""Scores of samples that are strings, such as molecules."""

from collections.abc import Collection, Sequence


def string_scores(strings: Sequence[str], known: Collection[str]) -> dict[str, float]:
    """Returns the validity, uniqueness and novelty of strings.

    `valid`: the share of strings that are not empty. `unique`: the number of distinct
    valid strings, divided by the number of valid ones; it falls as that number grows.
    `novel`: the share of valid strings that are not known. The last two are 0 if none
    is valid (De Cao and Kipf 2018, arXiv 1805.11973).

    Args:
        strings: canonical strings, "" for an invalid sample.
        known: strings of the training set.

    Returns:
        The three shares from 0 to 1, by name.
    """
    valid = [text for text in strings if text]
    count = max(1, len(valid))
    return {
        "valid": len(valid) / max(1, len(strings)),
        "unique": len(set(valid)) / count,
        "novel": sum(text not in known for text in valid) / count,
    }
