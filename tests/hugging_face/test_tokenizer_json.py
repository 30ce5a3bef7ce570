"""tokenizer.json: transformers reads the same ids, and writes the same text, as our own tokenizers do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from lmcore.hugging_face.tokenizer_json import to_tokenizer_json
from lmcore.hugging_face.write import TOKENIZER_CONFIG
from lmcore.tokenizers import Tokenizer, train

TEXT = 'The cat’s "mat" — a dog said: “don\'t, (no)!” Café 12 £\n\nnaïve 3rd\n\tthe_end %5 {x} [y]\n' * 3
KINDS = {"char": {}, "word": {}, "bpe": {"vocab_size": 320}}
LIKELY = "at1_.'\"’(\n \té£😀"
HARD = [
    "", "a", " ", "\n", "  two  spaces ", "<s>", "<unk> </s>", "é", "Café über", "😀 x😀", "a\u0301b", "ABC\r\n\tx",
    "\u2028\u00a0\x1c\x85", "हिन्दी", 'say "yes" and "no', '"a" "b" "c', '("x")', "l'été", "don't they'll 'tis",
    "²½Ⅷ٣", "x" * 90, "1" * 70, "." * 70, "\n" * 70, " " * 70, "#\u200d##", "##a", "\ufffd", "𝕔𝟛", "Ā ĀĠ", "_a_",
]  # fmt: skip


@pytest.fixture(scope="module", params=list(KINDS))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, object]:
    ours = train(request.param, TEXT, **KINDS[request.param])
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    (folder / "tokenizer.json").write_text(to_tokenizer_json(ours), "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(TOKENIZER_CONFIG))
    return ours, AutoTokenizer.from_pretrained(folder)


def same(pair: tuple[Tokenizer, object], text: str) -> None:
    ours, theirs = pair
    ids = ours.encode(text)
    assert theirs.encode(text, add_special_tokens=False) == ids
    assert theirs(text)["input_ids"] == [0, *ids]
    for skip in (True, False):
        assert theirs.decode(ids, skip_special_tokens=skip) == ours.decode(ids)
    assert theirs.decode([0, *ids], skip_special_tokens=True) == ours.decode(ids)


@pytest.mark.parametrize("text", [TEXT, *HARD])
def test_ids_and_text_are_the_same(pair: tuple[Tokenizer, object], text: str) -> None:
    same(pair, text)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30) | st.text(LIKELY, max_size=40))
def test_ids_and_text_are_the_same_for_any_text(pair: tuple[Tokenizer, object], text: str) -> None:
    same(pair, text)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_tokens_are_the_same_text(pair: tuple[Tokenizer, object], data: st.DataObject) -> None:
    """Also what a model may write: halves of a character, quotation marks that are never closed."""
    ours, theirs = pair
    few = [i for i, token in enumerate(ours.itos) if token in '"\n.(' or i in (1, 4, 13, 14, 2, 11)]
    ids = data.draw(st.lists(st.sampled_from([i for i in few if i]) | st.integers(1, ours.vocab_size - 1), max_size=20))
    assert theirs.decode(ids) == ours.decode(ids)
