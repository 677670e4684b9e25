"""Captions as numbers: their words, a vocabulary, and what it does not know."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ganzoo.utils import untrusted


def words(caption: str) -> list[str]:
    """The words of a caption in lower case: runs of letters, digits and `_`."""
    return re.findall(r"\w+", caption.lower())


def vocabulary(captions: Iterable[str]) -> tuple[str, ...]:
    """All words of captions, the most frequent first, then by alphabet."""
    counts = Counter(word for caption in captions for word in words(caption))
    return tuple(sorted(counts, key=lambda word: (-counts[word], word)))


class Tokenizer:
    """Captions to rows of whole numbers, and back.

    Word i of the vocabulary is i + 1. 0 is no word: what follows the end of a caption,
    and the mark for unknown words.

    Args:
        vocabulary: words in lower case, each once.
        length: words of a row; longer captions are cut.

    Raises:
        ValueError: not a vocabulary, or one larger than `utils.untrusted` allows.
    """

    def __init__(self, vocabulary: Sequence[str], length: int):
        _check_length(length)
        _check_vocabulary(vocabulary)
        self.vocabulary = tuple(vocabulary)
        self.length = length
        self._numbers = {word: i + 1 for i, word in enumerate(self.vocabulary)}

    def encode(self, captions: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """int32 tokens (n, length), and the words that are not known, each once."""
        tokens = np.zeros((len(captions), self.length), "int32")
        unknown = {}
        for row, caption in zip(tokens, captions, strict=True):
            text = words(caption)[: self.length]
            row[: len(text)] = [self._numbers.get(word, 0) for word in text]
            unknown |= dict.fromkeys(w for w in text if w not in self._numbers)
        return tokens, list(unknown)

    def decode(self, tokens) -> list[str]:
        """The words of tokens (n, length); `?` within them for one not known."""
        return [
            " ".join(
                self.vocabulary[token - 1] if token else "?"
                for token in np.trim_zeros(row, "b")
            )
            for row in np.asarray(tokens)
        ]


def _check_length(length):
    if not isinstance(length, int) or not 1 <= length <= untrusted.MAX_CAPTION:
        raise ValueError(
            "The length of captions must be a whole number of words from 1 to "
            f"{untrusted.MAX_CAPTION}. Received: {length!r}."
        )


def _check_vocabulary(vocabulary):
    listed = isinstance(vocabulary, list | tuple)
    if not listed or not 1 <= len(vocabulary) <= untrusted.MAX_WORDS:
        count = f"{len(vocabulary)} words" if listed else repr(vocabulary)[:80]
        raise ValueError(
            f"`vocabulary` must be a list of 1 to {untrusted.MAX_WORDS} words, those "
            f"of the captions. Received: {count}."
        )
    wrong = [
        word
        for word in vocabulary
        if not isinstance(word, str)
        or len(word) > untrusted.MAX_WORD
        or words(word) != [word]
    ]
    if wrong or len(set(vocabulary)) < len(vocabulary):
        received = repr(wrong[0])[:80] if wrong else "a word twice"
        raise ValueError(
            "`vocabulary` holds single words in lower case, of at most "
            f"{untrusted.MAX_WORD} characters, each once. Received: {received}."
        )
