"""One sentence a line: the words, the ends, what is unknown and what is refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.tokenizers import sentences


def said(data: bytes) -> list[list[str]]:
    words, read = sentences.read(data, 100)
    bounds = [*read.starts.tolist(), read.ids.size]
    return [[words[i] for i in read.ids[a:b].tolist()] for a, b in pairwise(bounds)]


def test_words_and_ends() -> None:
    words, read = sentences.read(b"the cat\nate the cat\n", 100)
    assert words == ["<s>", "<unk>", "</s>", "ate", "cat", "the"]
    assert read.ids.tolist() == [5, 4, 2, 3, 5, 4, 2]
    assert read.starts.tolist() == [0, 3]
    assert read.ids.dtype == np.int32


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a b", [["a", "b", "</s>"]]),
        (b"a b\n", [["a", "b", "</s>"]]),
        (b"\na\n\n", [["</s>"], ["a", "</s>"], ["</s>"]]),
        (b"  a \t b  \r\nc\r\n", [["a", "b", "</s>"], ["c", "</s>"]]),
        (b"\xef\xbb\xbfa\n", [["a", "</s>"]]),
        (b"a\0b\n", [["a", "b", "</s>"]]),
        (b"a\x0bb\x0cc\n", [["a", "b", "c", "</s>"]]),
        ("犬 é 👩‍🚀 سلام\n".encode(), [["犬", "é", "👩‍🚀", "سلام", "</s>"]]),
        ("a\u00a0b\u3000c\n".encode(), [["a\u00a0b\u3000c", "</s>"]]),  # only plain spaces divide, as in other tools
    ],
)
def test_what_divides_words(data: bytes, lines: list[list[str]]) -> None:
    assert said(data) == lines


def test_words_are_sorted_by_their_bytes() -> None:
    words, _ = sentences.read("z é Z 犬 a 👍\n".encode(), 100)
    assert words[3:] == sorted(words[3:], key=str.encode) == ["Z", "a", "z", "é", "犬", "👍"]


def test_other_texts_in_the_same_words() -> None:
    words, _ = sentences.read(b"the cat\n", 100)
    read = sentences.encode(b"the dog\n\ncat <unk> <s>\n", words)
    assert [words[i] for i in read.ids] == ["the", "<unk>", "</s>", "</s>", "cat", "<unk>", "<unk>", "</s>"]
    assert read.starts.tolist() == [0, 3, 4]
    assert sentences.encode(b"the cat", words).ids.tolist() == [4, 3, 2]
    assert sentences.encode(b"", words).ids.tolist() == [2]  # the empty sentence
    assert sentences.encode(b"\xff the\n", words).ids.tolist() == [1, 4, 2]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no words"),
        (b"\n \n", "no words"),
        (b"a <s> b\n", "the word <s>, which is reserved"),
        (b"a <unk>\n", "the word <unk>, which is reserved"),
        (b"a </s>\n", "the word </s>, which is reserved"),
        (b"</s>\n", "the word </s>, which is reserved"),
        (b"a \xff\n", "not UTF-8"),
        (b"a b c d\n", "4 different words; the limit is 3"),
    ],
)
def test_what_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        sentences.read(data, 3)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.sampled_from(["a", "b", "ä", "<x>", "s>"]), max_size=5), min_size=1, max_size=6))
def test_reading_is_splitting(lines: list[list[str]]) -> None:
    data = "\n".join(" ".join(line) for line in [["z"], *lines, ["z"]]).encode()
    assert said(data) == [[*line, "</s>"] for line in [["z"], *lines, ["z"]]]
    words, read = sentences.read(data, 100)
    again = sentences.encode(data, words)
    np.testing.assert_array_equal(again.ids, read.ids)
    np.testing.assert_array_equal(again.starts, read.starts)
