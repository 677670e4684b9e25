"""Lines of text as symbols, by hand and back, and what is refused."""

import numpy as np
import pytest

from ganzoo.data import account, codecs, load_data
from ganzoo.data.symbols import one_hot
from ganzoo.data.text import Text
from ganzoo.utils import untrusted


def test_symbols_by_hand():
    codec = Text("ab")
    assert codec.symbols(["ba", "", "b"], 3).tolist() == [
        [2, 1, 0],
        [0, 0, 0],
        [2, 0, 0],
    ]


def test_a_text_ends_at_its_first_end():
    samples = one_hot(np.array([[1, 2, 2], [1, 0, 2], [0, 1, 1]]), 3)
    assert Text("ab").strings(samples) == ["abb", "a", ""]


def test_the_codec_comes_back_from_its_table():
    codec = Text("abc")
    assert codecs.get(codec.spec) == codec
    for wrong in ("", "aba", "a\nb", 5, ["a", "b"]):
        with pytest.raises(ValueError, match="distinct characters.*line. Received"):
            codecs.get({"name": "text", "alphabet": wrong})
    with pytest.raises(ValueError, match="'text' needs .*: 'alphabet'. Received: 'te"):
        codecs.get("text")


@pytest.mark.parametrize("line", ["abc", "aaba"])
def test_what_the_symbols_cannot_hold(line):
    message = f"up to 3 characters of the alphabet 'ab'. Received: '{line}'"
    with pytest.raises(ValueError, match=message):
        Text("ab").symbols(["a", line], 3)


@pytest.mark.parametrize("shape", [(1, 3, 4), (1, 3, 2), (3, 3), (1, 3, 3, 1)])
def test_samples_of_other_symbols_say_nothing(shape):
    with pytest.raises(ValueError, match=r"of 3 symbols .*shape \(L, 3\). Rec"):
        Text("ab").strings(np.zeros(shape))


@pytest.mark.parametrize("form", [{"image_size": 32}, {"channels": 3}])
def test_text_has_no_size_of_images(form, tmp_path):
    (tmp_path / "x.txt").write_text("a\nb\n")
    with pytest.raises(ValueError, match=r"images alone.*\(1, 3\) in"):
        load_data(tmp_path / "x.txt", split="all", **form)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_ends_where_an_editor_ends_it(end, tmp_path):
    lines = ["first\u2028half", "second\x85end", "third\x0cx", "", "four\x1cq"]
    (tmp_path / "x.txt").write_bytes((end.join(lines) + end).encode())
    assert untrusted.read_lines(tmp_path / "x.txt") == lines


def test_a_file_of_lines(tmp_path):
    lines = [f"word {i:02}" for i in range(40)] + ["é"]
    path = tmp_path / "words.TXT"
    path.write_text("\n\n".join(lines), "utf-8")
    train, test, whole = (
        load_data(path, split=split) for split in ("train", "test", "all")
    )
    said = {d: d.codec.strings(d.arrays["real"]) for d in (train, test, whole)}
    assert said[whole] == lines
    assert sorted(said[train] + said[test]) == sorted(lines)
    assert len(test) == 5
    assert whole.codec.alphabet == " 0123456789dorwé"
    assert whole.sample_shape == (7, 17)
    line = account.line(train)
    assert line.startswith("words: 41 samples 7x17, 36 train / 5 test; 16 distinct")
    assert line.endswith("40 empty lines left out")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\n\n", "two lines or more.*with 1"),
        (b"\xff\xfe\n", "no text in UTF-8"),
        (b"a" * 129 + b"\nb", "up to 128 characters.*Received: 129"),
        ("".join(f"{chr(0x4E00 + i)}\n" for i in range(256)).encode(), "up to 255"),
    ],
)
def test_refusals(content, message, tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_data(path)


def test_an_unknown_split_is_refused(tmp_path):
    (tmp_path / "x.txt").write_text("a\nb\n")
    with pytest.raises(ValueError, match="Unknown split.*'validation'"):
        load_data(tmp_path / "x.txt", split="validation")


def test_the_mark_of_windows_is_no_symbol(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xef\xbb\xbfab\r\nba\r\nabb\r\n")
    data = load_data(path, split="all")
    assert data.codec.strings(data.arrays["real"]) == ["ab", "ba", "abb"]
    assert data.sample_shape == (3, 3)
