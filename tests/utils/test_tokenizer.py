import numpy as np
import pytest

from ganzoo.utils import untrusted
from ganzoo.utils.tokenizer import Tokenizer, vocabulary, words

CAPTIONS = ["A red apple", "a green apple", "Man: in-tuxedo, n_1"]


def test_words_are_runs_of_letters_and_digits():
    assert words(CAPTIONS[2]) == ["man", "in", "tuxedo", "n_1"]
    assert words("Überraschung 2 çà!") == ["überraschung", "2", "çà"]
    assert words("?! ...") == []


def test_a_vocabulary_begins_with_the_most_frequent():
    assert vocabulary(CAPTIONS)[:3] == ("a", "apple", "green")
    assert len(vocabulary(CAPTIONS)) == 8


def test_captions_become_tokens_and_words_again():
    tokenizer = Tokenizer(["a", "apple", "red"], 4)
    tokens, unknown = tokenizer.encode(["A red apple", "a blue apple", "", "a " * 9])
    assert tokens.dtype == np.int32
    assert tokens.tolist() == [[1, 3, 2, 0], [1, 0, 2, 0], [0] * 4, [1] * 4]
    assert unknown == ["blue"]
    assert tokenizer.decode(tokens) == ["a red apple", "a ? apple", "", "a a a a"]


@pytest.mark.parametrize(
    "given,message",
    [
        ([], "1 to 65536 words.*0 words"),
        ("red", "1 to 65536 words.*'red'"),
        (["red", "red"], "each once.*a word twice"),
        (["Red"], "single words in lower case.*'Red'"),
        (["a b"], "single words.*'a b'"),
        (["red", 3], "single words.*3"),
        (["x" * 101], "at most 100 characters"),
    ],
)
def test_what_is_no_vocabulary_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer(given, 4)


def test_sizes_are_limited():
    many = [f"w{i}" for i in range(untrusted.MAX_WORDS + 1)]
    with pytest.raises(ValueError, match="65537 words"):
        Tokenizer(many, 4)
    for length in (0, 257, 2.0):
        with pytest.raises(ValueError, match="from 1 to 256"):
            Tokenizer(["red"], length)
