from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lmcore.library import Library, LibraryError
from lmcore.library import texts as module


def test_a_text_comes_back_as_it_was(library: Library, anna: str):
    text = "Ein Wörterbuch\r\n\t – 日本語 😀\x00\n"
    kept = library.add_text(anna, "My <b>text</b>\n", text)
    assert library.read_text(anna, kept.id) == text
    assert (kept.title, kept.n_chars, kept.n_bytes) == ("My <b>text</b>", len(text), len(text.encode()))
    assert library.texts(anna) == [kept]
    assert kept.as_corpus() == {"kind": "text", "sha256": kept.sha256, "title": kept.title}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(), text=st.text(min_size=1))
def test_no_title_and_no_text_breaks_anything(library: Library, anna: str, title: str, text: str):
    try:
        kept = library.add_text(anna, title, text)
    except LibraryError:
        assert any(0xD800 <= ord(c) <= 0xDFFF for c in text)
        return
    assert library.read_text(anna, kept.id) == text
    assert 0 < len(kept.title) <= 120
    assert kept.title.isprintable() or "\u3000" in kept.title


def test_the_same_text_is_kept_once(library: Library, anna: str, ben: str):
    first = library.add_text(anna, "One", "the same text")
    again = library.add_text(anna, "Two", "the same text")
    other = library.add_text(ben, "Ben's", "the same text")
    assert (again.id, again.title) == (first.id, "Two")
    assert other.sha256 == first.sha256
    assert len(list(library.texts_folder.iterdir())) == 1
    library.delete_text(anna, first.id)
    assert library.read_text(ben, other.id) == "the same text"
    library.delete_text(ben, other.id)
    assert list(library.texts_folder.iterdir()) == []


def test_nobody_reaches_the_text_of_another(library: Library, anna: str, ben: str):
    kept = library.add_text(anna, "Mine", "a secret")
    for call in (
        lambda: library.text(ben, kept.id),
        lambda: library.read_text(ben, kept.id),
        lambda: library.rename_text(ben, kept.id, "Ben's"),
        lambda: library.delete_text(ben, kept.id),
        lambda: library.text("not a handle", kept.id),
    ):
        with pytest.raises(LibraryError):
            call()
    assert library.has_text(anna, kept.sha256)
    assert not library.has_text(ben, kept.sha256)
    assert library.rename_text(anna, kept.id, "Still mine").title == "Still mine"


def test_limits_are_named(library: Library, anna: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(LibraryError, match="empty"):
        library.add_text(anna, "", "")
    with pytest.raises(LibraryError, match="not valid Unicode"):
        library.add_text(anna, "", "\ud800")
    monkeypatch.setattr(module, "MAX_TEXT", 2_000_000)
    with pytest.raises(LibraryError, match=r"2\.1 MB; the limit is 2 MB"):
        library.add_text(anna, "", "x" * 2_100_000)


def test_a_file_that_was_changed_by_hand_is_noticed(library: Library, anna: str):
    kept = library.add_text(anna, "Mine", "the text")
    path = library.texts_folder / f"{kept.sha256}.txt"
    path.write_text("another text")
    with pytest.raises(LibraryError, match="was changed"):
        library.read_text(anna, kept.id)
    path.unlink()
    with pytest.raises(LibraryError, match="missing"):
        library.read_text(anna, kept.id)
