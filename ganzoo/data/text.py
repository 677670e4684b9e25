"""Text as symbols: the lines of a file, one symbol per character."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganzoo.data.account import Account
from ganzoo.data.dataset import Data
from ganzoo.data.reading import Reading
from ganzoo.data.symbols import check_kinds, one_hot, rows_of
from ganzoo.utils import untrusted

SUFFIX = ".txt"
MOST_CHARACTERS = 128
"""Longer lines are refused: G makes all characters of a line at once."""
MOST_KINDS = 255
"""More distinct characters are refused."""


@dataclass(frozen=True)
class Text:
    """The codec of text: symbols (n, L, V) to strings.

    Symbol 0 ends a text; the others are the characters of the alphabet, in its order.

    Args:
        alphabet: the characters, each once, without line ends.

    Raises:
        ValueError: no character, one twice, or not a string.
    """

    alphabet: str
    kind = "text"

    def __post_init__(self):
        given = self.alphabet
        distinct = isinstance(given, str) and given and len(set(given)) == len(given)
        if not distinct or "\n" in given:
            raise ValueError(
                "An alphabet is a string of distinct characters, without the end of a "
                f"line. Received: {given!r}."
            )

    @property
    def kinds(self) -> int:
        """The number of symbols, one more than the characters."""
        return len(self.alphabet) + 1

    @property
    def spec(self) -> dict:
        """The table that `codecs.get` makes this from."""
        return {"name": self.kind, "alphabet": self.alphabet}

    def symbols(self, lines: list[str], length: int) -> np.ndarray:
        """Returns lines of up to `length` characters as codes (n, length).

        Raises:
            ValueError: a longer line, or a character that the alphabet lacks.
        """
        places = {character: i + 1 for i, character in enumerate(self.alphabet)}
        codes = np.zeros((len(lines), length), np.uint8)
        for row, line in zip(codes, lines, strict=True):
            if len(line) > length or not places.keys() >= set(line):
                raise ValueError(
                    f"A text is up to {length} characters of the alphabet "
                    f"{self.alphabet!r}. Received: {line!r}."
                )
            row[: len(line)] = [places[character] for character in line]
        return codes

    def strings(self, samples: np.ndarray) -> list[str]:
        """Returns the text of each sample, up to its first end.

        Raises:
            ValueError: samples of another number of symbols.
        """
        check_kinds(samples.shape[1:], self.kinds)
        letters = np.array(["\n", *self.alphabet])[np.argmax(samples, axis=-1)]
        return ["".join(row).split("\n", 1)[0] for row in letters]


def load_text(path: Path, reading: Reading) -> Data:
    """Returns the lines of a file of UTF-8 text, in one-hot code.

    A line is a sample; empty ones are left out. Every tenth line, in a random order
    that is always the same, is the test split.

    Returns:
        `real` uint8 (N, L, V), L the length of the longest line, V one more than the
        number of distinct characters of the whole file.

    Raises:
        ValueError: not UTF-8, fewer than two lines, a line or an alphabet that is too
            long, more of both than memory holds, or a size of images.
    """
    where = str(path)
    try:
        read = untrusted.read_lines(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{where!r} is no text in UTF-8: {error}.") from error
    lines = [line for line in read if line]
    if len(lines) < 2:
        raise ValueError(
            f"A text file needs two lines or more, a sample each. Received: {where!r} "
            f"with {len(lines)}."
        )
    longest = max(lines, key=len)
    if len(longest) > MOST_CHARACTERS:
        raise ValueError(
            f"Lines of text may have up to {MOST_CHARACTERS} characters, since all of "
            f"them are made at once; break longer ones. Received: {len(longest)} in "
            f"{where!r}, {longest[:20]!r}..."
        )
    counts = Counter(character for line in lines for character in line)
    if len(counts) > MOST_KINDS:
        rare = "".join(c for c, _ in counts.most_common()[MOST_KINDS : MOST_KINDS + 20])
        raise ValueError(
            f"Text may have up to {MOST_KINDS} distinct characters; replace rare ones. "
            f"Received: {len(counts)} in {where!r}, the rarest such as {rare!r}."
        )
    codec = Text("".join(sorted(counts)))
    rows = rows_of(reading.split, len(lines))
    codes = codec.symbols(
        [x for x, kept in zip(lines, rows, strict=True) if kept], len(longest)
    )
    untrusted.check_fits(codes.size * (len(counts) + 1), f"The text {where!r}")
    real = one_hot(codes, len(counts) + 1)
    test = int(np.sum(~rows)) if reading.split == "train" else None
    remarks = [f"{len(counts)} distinct characters"]
    if len(lines) < len(read):
        remarks.append(f"{len(read) - len(lines):,} empty lines left out")
    account = Account(test, remarks=tuple(remarks))
    return Data(path.stem, {"real": real}, codec=codec, account=account)
