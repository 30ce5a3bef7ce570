"""Where each token of a cut stands in the text, and what other scripts cost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore import tokenizers
from lmcore.probes.cuts import Cut, cut, cut_bytes
from lmcore.probes.script_costs import SENTENCES, costs

TRAIN = "The mouse ate the cheese. Don't, said the mouse.\nNaïve mice eat more cheese than mice.\n" * 4
TOKENIZERS = {kind: tokenizers.train(kind, TRAIN) for kind in tokenizers.KINDS}
ODD = [
    "", " ", "\n", "a", "  The  mouse\t\n\n ate ", "don't", "naïve", "e\u0301\u0301", "مرحبا بالعالم",
    "👨\u200d👩\u200d👧",
    "<script>alert(1)</script>", r"$\href{javascript:x}$", "\x00\x07\ud800x", "<s><unk>", "aaaa" * 50, "mouse" * 30,
]  # fmt: skip


def texts_of(found: Cut, text: str) -> list[bytes]:
    data = text.encode("utf-8", "replace")
    return [data[start:end] for start, end in zip(found.starts, found.ends, strict=True)]


def test_by_hand() -> None:
    text = "mé."
    assert texts_of(cut_bytes(text), text) == [b"m", b"\xc3", b"\xa9", b"."]
    assert cut_bytes(text).ids.tolist() == [0x6D, 0xC3, 0xA9, 0x2E]
    letters = tokenizers.train("char", "m.")
    found = cut(text, letters)  # é was never seen: c3 a9 as four hex halves, two at each byte
    assert [letters.itos[i] for i in found.ids] == ["m", "<c>", "<3>", "<a>", "<9>", "."]
    assert found.starts.tolist() == [0, 1, 1, 2, 2, 3]
    assert found.ends.tolist() == [1, 2, 2, 3, 3, 4]
    words = cut(" the zebra  ate", TOKENIZERS["word"])
    assert words.starts.tolist() == [1, 5, 12]
    assert words.ends.tolist() == [4, 10, 15]
    assert words.ids[1] == TOKENIZERS["word"].unk_id


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("kind", TOKENIZERS)
def test_odd_texts(kind: str, text: str) -> None:
    check(kind, text)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(max_size=50) | st.text("The mouse'’é\u0301\n\r\t\xa0\u2028😀", max_size=50))
def test_any_text(text: str) -> None:
    for kind in TOKENIZERS:
        check(kind, text)


def check(kind: str, text: str) -> None:
    """The ids are the encoding; a known token stands where it says; bytes, characters and pieces tile the text."""
    tokenizer = TOKENIZERS[kind]
    found, text = cut(text, tokenizer), tokenizers.checks.clean(text)
    assert found.ids.tolist() == tokenizer.encode(text)
    spans = texts_of(found, text)
    if kind == "word":
        for i, span in zip(found.ids.tolist(), spans, strict=True):
            assert i == tokenizer.unk_id or tokenizer.itos[i].encode() == span
        assert all(a <= b for a, b in zip(found.ends[:-1], found.starts[1:], strict=True))
        left_out = "".join(text.split())
        assert b"".join(spans).replace(b"\n", b"") == left_out.encode()
    else:
        covered = sorted(set(zip(found.starts.tolist(), found.ends.tolist(), strict=True)))
        assert [start for start, _ in covered] == [0, *(end for _, end in covered)][: len(covered)]
        assert (covered[-1][1] if covered else 0) == len(text.encode())


def test_what_scripts_cost() -> None:
    found = {cost.language: cost for cost in costs(TOKENIZERS)}
    assert [*found] == [language for language, _ in SENTENCES]
    for language, sentence in SENTENCES:
        cost = found[language]
        assert cost.sentence == sentence
        assert (cost.characters, cost.n_bytes) == (len(sentence), len(sentence.encode()))
        assert cost.tokens == {kind: len(t.encode(sentence)) for kind, t in TOKENIZERS.items()}
        assert cost.unknown["char"] == cost.unknown["bpe"] == 0
    assert found["English"].tokens["bpe"] < found["English"].characters
    assert found["A family"].n_bytes == 4 * 4 + 3 * 3  # four people of 4 bytes, three joiners of 3
    assert found["Chinese"].tokens["bpe"] == found["Chinese"].n_bytes  # nothing of it was ever seen
    assert found["Arabic"].unknown["word"] == 3  # the full stop is known
