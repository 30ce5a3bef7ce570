"""A person's own sentence pairs: read as they were meant, or refused with the number of the line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.corpora import french
from lmcore.corpora.base import CorpusError
from lmcore.corpora.pairs import MAX_SENTENCE, from_bytes, parse, shipped

seeded = settings(deadline=None, derandomize=True)
TWO = (("a cat", "un chat"), ("a dog", "un chien"))


@pytest.mark.parametrize(
    "text",
    [
        "a cat\tun chat\na dog\tun chien",
        "a cat;un chat\na dog;un chien\n",
        "a cat,un chat\r\na dog,un chien\r\n",
        '"a cat";"un chat"\n"a dog";"un chien"',
        "\n\n a  cat \t un chat\n\n\t\na dog\tun chien\n\n",
        "\ufeffa cat\tun chat\ra dog\tun chien",
        "a cat\tun chat\na dog\tun chien\na cat\tun chat",
        "a cat\tun chat\tCC-BY\na dog\tun chien\tCC-BY",
        'a cat,"un\nchat"\na dog,un chien',
    ],
)
def test_two_columns_however_they_were_copied(text):
    assert parse(text).pairs == TWO


def test_cells_with_separators_and_quotes_inside():
    rows = parse('"Yes, I do.","Oui, je veux."\n"He said ""no"".","Il a dit « non »."\n').pairs
    assert rows == (("Yes, I do.", "Oui, je veux."), ('He said "no".', "Il a dit « non »."))
    rows = parse("Yes, I do.;Oui, je veux.\nNo, thanks.;Non, merci.").pairs
    assert rows[0] == ("Yes, I do.", "Oui, je veux.")
    rows = parse('"Go," he said.\t« Va », dit-il.\nAn 8" nail\tUn clou').pairs
    assert rows == (('"Go," he said.', "« Va », dit-il."), ('An 8" nail', "Un clou"))


def test_what_was_left_out_is_said():
    assert parse("a\tb\na\tb\nc\td").notes == ("1 repeated pair is read once.",)
    assert parse("a\tb\tx\nc\td\ty").notes == ("There are 3 columns; the first two are read.",)
    assert parse("a\tb\nc\td").notes == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no pair yet"),
        ("  \n ", "no pair yet"),
        ("a cat", "Line 1: there is no tab, semicolon or comma"),
        ("\n\na cat", "Line 3: there is no tab"),
        ("a cat\tun chat", "one pair only"),
        ("a\tb\na\tb", "All 2 pairs are equal, and equal ones count once"),
        ("a\tb\na\tc", "same first side"),
        ("a\tb\nc\nd\te", "Line 2: there is no tab"),
        ("\na\tb\nc\nd\te", "Line 3: there is no tab"),
        ("a;b\nc;d;e\nf;g", "Line 2: there are 2 semicolons"),
        ("a\tb\n\tc\nd\te", "Line 2: the first side is empty"),
        ("a\tb\nc\t \nd\te", "Line 2: the second side is empty"),
        ("a\tb\n" + "x" * 10_000 + "\tc", "Line 2: the first side has 10,000 characters"),
        ("a\tb\nc\t" + "x" * (MAX_SENTENCE + 1), "Line 2: the second side has 201"),
        ("a\tb\nc\t" + "x" * 200_000, "characters"),
        ('"a\nb";c\nd', "Line 3: there is no semicolon"),
        ("a,b\nc;d", "Line 1: there is no semicolon .* It has a comma, but one separator serves all lines"),
        ("a;b\nc,d\ne;f", "Line 2: there is no semicolon .* It has a comma, but one separator serves all lines"),
        (
            '"The dog, black";"Le ""chien"""\n"a;b";"c"\nx;"unclosed\ny;z',
            "Line 3: a double quote is opened there and never closed",
        ),
        ('\n"a;b";"c"\nx;"open', "Line 3: a double quote is opened there"),
        ('"a;b";"c"\nx;"open\ny;"z"', "Line 2: its double quotes do not fit"),
        ('"Go," he said;va\nno', "Line 2: there is no semicolon"),
        ("a\tb\x00\nc\td", "NUL"),
        ("a\tb\ud800\nc\td", "half of a character"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(text, said):
    with pytest.raises(CorpusError, match=said):
        parse(text)


def test_too_many_pairs_are_refused():
    with pytest.raises(CorpusError, match="more than 50,000 pairs"):
        parse("".join(f"{i}\t{i}\n" for i in range(50_001)))


def test_any_script_is_kept_to_the_letter():
    text = "hello\tשלום עולם\nthank you\tشكرا جزيلا\n猫\t<b>&amp;</b>\n🙂\t<s> <unk>"
    assert parse(text).pairs == tuple(tuple(line.split("\t")) for line in text.split("\n"))


def test_uploads():
    assert from_bytes("é;è\na;b".encode(), "mine.csv").pairs == (("é", "è"), ("a", "b"))
    assert from_bytes("é\tè\na\tb".encode("utf-16"), "../x/mine.tsv").title == "mine"
    with pytest.raises(CorpusError, match="not UTF-8"):
        from_bytes("é;è\na;b".encode("latin-1"), "mine.csv")
    with pytest.raises(CorpusError, match="looks like"):
        from_bytes(b"PK\x03\x04abc", "mine.xlsx")


def test_the_shipped_pairs():
    training, held_out = shipped().split()
    assert training == [tuple(pair) for pair in french.training_pairs()]
    assert held_out == [tuple(pair) for pair in french.held_out_pairs()]
    assert parse(shipped().text).pairs == shipped().pairs


def test_some_sources_are_kept_back_whatever_their_order():
    rows = [(f"source {i}", f"target {i}") for i in range(50)] + [("source 3", "another")]
    one = parse("\n".join(map("\t".join, rows)))
    other = parse("\n".join(map("\t".join, reversed(rows))))
    training, held_out = one.split()
    assert len({source for source, _ in held_out}) == 5
    assert sorted(training + held_out) == sorted(rows)
    assert not {source for source, _ in training} & {source for source, _ in held_out}
    assert sorted(other.split()[1]) == sorted(held_out)
    assert one.sha256 != other.sha256


cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


@seeded
@given(st.lists(st.tuples(cells, cells), max_size=6))
def test_what_was_read_reads_back_the_same(rows):
    try:
        read = parse("\n".join(map("\t".join, rows)))
    except CorpusError:
        return
    assert parse(read.text).pairs == read.pairs
    assert parse(read.text).sha256 == read.sha256
    training, held_out = read.split()
    assert training
    assert held_out
    assert sorted(training + held_out) == sorted(read.pairs)


@seeded
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(CorpusError):
        assert parse(text).pairs
