"""A person's own text: any bytes give a usable Corpus or a sentence that says what is wrong, never anything else."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.corpora import MAX_BYTES, MIN_CHARS, Corpus, CorpusError, from_bytes, from_text
from lmcore.corpora.uploads import MAX_TITLE, clean_title, title_of

seeded = settings(deadline=None, derandomize=True)

ENGLISH = "The quick brown fox jumps over the lazy dog, naïvely.\n" * 10


def usable(corpus: Corpus) -> None:
    """What everything that takes a corpus may rely on."""
    text = corpus.text
    assert text.encode("utf-8").decode("utf-8") == text
    assert len(text.encode("utf-8")) <= MAX_BYTES + 1
    assert len(text) > MIN_CHARS
    assert text == text.strip() + "\n"
    assert not set("\x00\r\u2028\u2029\x0b\x0c\x85\x1b") & set(text)
    train, held_out = corpus.split()
    assert train.strip()
    assert held_out.strip()
    assert train + held_out == text
    assert from_text(text, corpus.title) == corpus
    assert 1 <= len(corpus.title) <= MAX_TITLE


def check(make: Callable[[], Corpus]) -> None:
    """Either a usable corpus, or a CorpusError; any other exception fails the test."""
    with contextlib.suppress(CorpusError):
        usable(make())


def said(error: pytest.ExceptionInfo[CorpusError]) -> str:
    message = str(error.value)
    assert message[0].isupper()
    assert message.endswith((".", "0"))
    assert "!" not in message
    assert len(message) < 300
    return message


@seeded
@given(
    st.binary(max_size=600),
    st.sampled_from([b"", *ENGLISH.encode().splitlines(keepends=True)[:1]]),
    st.text(max_size=30),
)
def test_any_bytes_give_a_corpus_or_a_corpus_error(data, repeat, filename):
    check(lambda: from_bytes(data + repeat * 6, filename))


@seeded
@given(
    st.text(st.characters(codec="utf-8"), min_size=150, max_size=500),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_text_in_a_known_encoding_gives_a_corpus_or_a_corpus_error(text, encoding):
    check(lambda: from_bytes(text.encode(encoding), "a.txt"))


@seeded
@given(st.text(max_size=400), st.text(max_size=100))
def test_any_pasted_text_and_title_too(text, title):
    check(lambda: from_text(text + " and so on" * 20, title))


@pytest.mark.parametrize(
    "data",
    [
        ENGLISH.encode("utf-8"),
        ENGLISH.encode("utf-8-sig"),
        ENGLISH.encode("utf-16"),
        codecs.BOM_UTF16_LE + ENGLISH.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + ENGLISH.encode("utf-16-be"),
        ENGLISH.replace("\n", "\r\n").encode("utf-8"),
        ENGLISH.replace("\n", "\r").encode("utf-8"),
        ENGLISH.replace("\n", "\u2028").encode("utf-8"),
        b"\n \n" + ENGLISH.encode("utf-8") + b"\n\n\n",
    ],
)
def test_the_same_text_whatever_the_encoding_and_newlines(data):
    corpus = from_bytes(data, "fox.txt")
    assert corpus.text == ENGLISH
    assert corpus.title == "fox"
    assert corpus.sha256 == from_text(ENGLISH).sha256
    usable(corpus)


def test_a_paragraph_separator_is_a_blank_line():
    assert from_text("One passage.\u2029Another." + " more" * 50).text.startswith("One passage.\n\nAnother.")


def test_latin1_is_refused_by_name_with_the_place_of_the_byte():
    data = ("x" * 300 + "é").encode("latin-1") + b" and more text"
    with pytest.raises(CorpusError, match="Latin-1") as error:
        from_bytes(data, "a.txt")
    assert "0xE9 at position 301 " in said(error)
    with pytest.raises(CorpusError, match="position 304 "):  # the mark's three bytes are part of the file
        from_bytes(codecs.BOM_UTF8 + data, "a.txt")


def test_a_cut_off_file_is_told_from_latin1():
    with pytest.raises(CorpusError, match="cut off") as error:
        from_bytes(("x" * 300 + "é").encode()[:-1], "a.txt")
    assert "Latin" not in said(error)
    with pytest.raises(CorpusError, match=r"UTF-16.*cut off"):
        from_bytes(ENGLISH.encode("utf-16")[:-1], "a.txt")


def test_a_lone_half_in_utf16_is_refused():
    data = codecs.BOM_UTF16_LE + ("x" * 300).encode("utf-16-le") + b"\x00\xd8" + "more".encode("utf-16-le")
    with pytest.raises(CorpusError, match="position 603 "):
        from_bytes(data, "a.txt")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_its_mark_is_named(encoding):
    with pytest.raises(CorpusError, match="UTF-16 without its mark") as error:
        from_bytes(ENGLISH.encode(encoding), "a.txt")
    said(error)


def test_utf32_is_refused_by_name():
    with pytest.raises(CorpusError, match="UTF-32"):
        from_bytes(ENGLISH.encode("utf-32"), "a.txt")


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04", "Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Word"),
        (b"{\\rtf1", "RTF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"GIF89a", "GIF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"SQLite format 3\x00", "database"),
        (b"RIFF\x00\x00\x00\x00WAVE", "sound"),
    ],
)
def test_known_files_that_are_no_text_are_named(start, what):
    with pytest.raises(CorpusError, match=what) as error:
        from_bytes(start + b"x" * 500, "essay.txt")
    assert "text" in said(error)


def test_the_advice_for_a_pdf_is_what_the_page_shows():
    with pytest.raises(CorpusError) as error:
        from_bytes(b"%PDF-1.4" + b"x" * 500, "a.pdf")
    assert str(error.value) == "This looks like a PDF; copy its text and paste it instead."


def test_a_text_may_begin_with_the_word_riff():
    assert from_bytes(b"RIFF RAFF, said the sea. " * 20, "a.txt").text.startswith("RIFF RAFF")


def test_nul_is_refused_with_its_place():
    with pytest.raises(CorpusError, match="NUL byte at position 301"):
        from_bytes(b"x" * 300 + b"\x00" + b"y" * 300, "a.txt")
    with pytest.raises(CorpusError, match="NUL character at place 301"):
        from_text("x" * 300 + "\x00" + "y" * 300)


def test_a_few_control_characters_go_away_and_many_are_refused():
    assert from_text("a\x07b" + " word" * 400).text.startswith("ab word")
    with pytest.raises(CorpusError, match="control characters"):
        from_text("\x1b[0m word" * 100)


@pytest.mark.parametrize("half", [chr(0xD800), chr(0xDFFF)])
def test_lone_surrogates_are_refused_with_their_place(half):
    with pytest.raises(CorpusError, match=r"half of a character.*place 301") as error:
        from_text("x" * 300 + half + "y" * 300)
    said(error)


@pytest.mark.parametrize(
    ("n", "words"), [(0, "0 characters"), (1, "1 character;"), (MIN_CHARS - 1, f"{MIN_CHARS - 1} ch")]
)
def test_a_short_text_is_told_how_short_it_is(n, words):
    with pytest.raises(CorpusError, match=str(MIN_CHARS)) as error:
        from_text("  \n" + "x" * n + "  \n")
    assert words in said(error)


def test_the_minimum_is_enough():
    usable(from_text("x" * MIN_CHARS))
    usable(from_text("ab " * 67))


def test_the_maximum_is_named_and_counted_in_utf8_bytes():
    usable_text = "x" * (MAX_BYTES - 1)
    assert len(from_text(usable_text).text) == MAX_BYTES
    for too_long in (b"x" * (MAX_BYTES + 1), ("é" * (MAX_BYTES // 2 + 1)).encode()):
        with pytest.raises(CorpusError, match="at most 20 MB") as error:
            from_bytes(too_long, "a.txt")
        said(error)
    with pytest.raises(CorpusError, match="at most 20 MB"):
        from_text("é" * (MAX_BYTES // 2 + 1))


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("fox.txt", "fox"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\secret\\my  notes.md", "my notes"),
        ("archive.tar.gz", "archive.tar"),
        (".bashrc", "bashrc"),
        ("Dr. Who", "Dr. Who"),
        ("", "Your text"),
        ("...", "Your text"),
        ("a\x00b\x1bc\nd.txt", "abc d"),
        ("cod\u202etxt.exe", "codtxt"),
        ("half\ud800.txt", "half"),
        ("<script>x<script>.txt", "<script>x<script>"),
        ("x" * 500, "x" * (MAX_TITLE - 1) + "…"),
    ],
)
def test_titles_from_file_names(filename, title):
    assert title_of(filename) == title


@seeded
@given(st.text(max_size=300))
def test_a_title_is_one_short_visible_line(title):
    short = clean_title(title)
    assert 1 <= len(short) <= MAX_TITLE
    assert short.isprintable() or not short.isascii()
    assert "\n" not in short
    assert clean_title(short) == short


def test_what_a_person_brings_is_marked_as_theirs():
    corpus = from_text(ENGLISH, "My fox")
    assert (corpus.name, corpus.title) == ("text", "My fox")
    assert corpus.source
    assert corpus.licence
