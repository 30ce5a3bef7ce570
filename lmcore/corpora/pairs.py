"""Sentence pairs: what a translator learns from, shipped or a person's own two columns, checked here."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from lmcore.corpora import french
from lmcore.corpora.base import MAX_BYTES, CorpusError
from lmcore.corpora.uploads import LICENCE, SOURCE, clean_title, cleaned, decoded, title_of

MIN_PAIRS = 2
"""One to learn from and one to be kept back."""
MAX_PAIRS = 50_000
MAX_SENTENCE = 200
"""The longest side of a pair, in characters."""
HELD_OUT = 0.1
MAX_HELD_OUT = 1_000
_NAMES = {"\t": "tab", ";": "semicolon", ",": "comma"}


@dataclass(frozen=True)
class Pairs:
    """Sentences and their translations. Equal `sha256` means equal pairs in the same order."""

    title: str
    pairs: tuple[tuple[str, str], ...]
    source: str = SOURCE
    licence: str = LICENCE
    notes: tuple[str, ...] = ()
    """What was left out or read in a certain way, as sentences for the person who brought the text."""
    kept_back: int = field(default=0)
    """How many of the last pairs are the held-out ones; 0 leaves it to `split`."""

    @property
    def text(self) -> str:
        """The pairs as `parse` reads them back: a line a pair, a tab between; what the library keeps."""
        out = io.StringIO()
        csv.writer(out, delimiter="\t", lineterminator="\n").writerows(self.pairs)
        return out.getvalue()

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of `text` as UTF-8: the pairs' identity in specs and in the library."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    def split(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Pairs to learn from and pairs that are kept back; no source stands in both, neither is empty.

        Which sources are kept back (a tenth of the different ones, 1,000 at most, one at least) depends on their
        words alone, not on their order.
        """
        if self.kept_back:
            return list(self.pairs[: -self.kept_back]), list(self.pairs[-self.kept_back :])
        sources = {source for source, _ in self.pairs}
        ranked = sorted(sources, key=lambda source: hashlib.sha256(source.encode("utf-8")).digest())
        back = set(ranked[: min(max(1, round(HELD_OUT * len(ranked))), MAX_HELD_OUT)])
        training = [pair for pair in self.pairs if pair[0] not in back]
        return training, [pair for pair in self.pairs if pair[0] in back]


@lru_cache(maxsize=1)
def shipped() -> Pairs:
    """The English-French sentences of `lmcore.corpora.french`: 20,000 to learn from and 1,000 kept back."""
    training, held_out = french.training_pairs(), french.held_out_pairs()
    every = tuple((pair.source, pair.target) for pair in (*training, *held_out))
    return Pairs(french.TITLE, every, french.SOURCE, french.LICENCE, kept_back=len(held_out))


def from_bytes(data: bytes, filename: str) -> Pairs:
    """An uploaded file of two columns; the encodings and refusals of `uploads.from_bytes`, then those of `parse`."""
    return parse(decoded(data), title_of(filename))


def parse(text: str, title: str = "Your pairs") -> Pairs:
    """Two columns as pairs: a sentence, a tab, a semicolon or a comma, its translation.

    A cell may stand in double quotes and then hold the separator, line breaks and doubled quotes, as spreadsheets
    write them. Empty lines and repeated pairs are left out, and further columns where every line has them; `notes` say
    so. Spaces inside a cell become single ones. CorpusError, with the number of the line, for a line without a
    translation, with an empty side, with a side longer than MAX_SENTENCE characters, for fewer than MIN_PAIRS
    different sources and more than MAX_PAIRS pairs, and for all that is no plain text.
    """
    if len(text) > MAX_BYTES:
        raise CorpusError(f"The text is longer than {MAX_BYTES // 2**20} MB. Bring a part of it.")
    above = text[: len(text) - len(text.lstrip())].replace("\r\n", "\n").count("\n")  # lines that `cleaned` strips
    text = cleaned(text)
    if not text:
        raise CorpusError("There is no pair yet. Write a sentence, a tab or a semicolon, and its translation.")
    rows, notes = columns(text, above)
    found: dict[tuple[str, str], None] = {}
    for line, (source, target) in rows:
        for side, cell in (("first", source), ("second", target)):
            if not cell:
                raise CorpusError(f"Line {line:,}: the {side} side is empty. A pair needs both.")
            if len(cell) > MAX_SENTENCE:
                raise CorpusError(
                    f"Line {line:,}: the {side} side has {len(cell):,} characters; a sentence may have at most "
                    f"{MAX_SENTENCE}. Cut it into sentences."
                )
        found[source, target] = None
        if len(found) > MAX_PAIRS:
            raise CorpusError(f"There are more than {MAX_PAIRS:,} pairs. Bring a part of them.")
    if repeated := len(rows) - len(found):
        notes.append(f"{repeated:,} repeated pair{' is' if repeated == 1 else 's are'} read once.")
    if len(found) < MIN_PAIRS:
        only = f"All {len(rows):,} pairs are equal, and equal ones count once" if repeated else "There is one pair only"
        raise CorpusError(
            f"{only}. It takes at least two different ones: one to learn from and one to be kept back for the test."
        )
    if len({source for source, _ in found}) < MIN_PAIRS:
        raise CorpusError("All pairs have the same first side. It takes at least two different ones.")
    return Pairs(clean_title(title) if title else "Your pairs", tuple(found), notes=tuple(notes))


def columns(
    text: str, above: int = 0, between: str = "a sentence and its translation"
) -> tuple[list[tuple[int, tuple[str, str]]], list[str]]:
    """The first two cells of every line with the number it has, `above` lines further down; and what there is to note.

    `text` is `cleaned`. CorpusError, with the number of the line, where a line has not two cells.
    """
    rows, separator = _rows(text, above, between)
    n = min(len(cells) for _, cells in rows)
    found = []
    for line, cells in rows:
        if len(cells) != 2 and n <= 2:
            raise _open_quote(text, line, cells, separator, above) or _uneven(line, cells, separator)
        first, second = (" ".join(cell.replace("\ufeff", "").split()) for cell in cells[:2])
        found.append((line, (first, second)))
    return found, [f"There are {n} columns; the first two are read."] if n > 2 else []


def _rows(text: str, above: int, between: str) -> tuple[list[tuple[int, list[str]]], str]:
    """The numbered lines as cells, by the separator with which most lines have two cells or more."""
    best: tuple[int, list[tuple[int, list[str]]], str] | None = None
    for separator in _NAMES:
        if separator not in text:
            continue
        rows = _cells(text, separator, above)
        # Exactly two cells count most: "Yes, I do; oui" has one semicolon and one comma.
        fit = sum(2 if len(cells) == 2 else len(cells) > 2 for _, cells in rows)
        if separator == "\t":
            fit *= 3  # nobody types a tab inside a sentence
        if best is None or fit / len(rows) > best[0] / len(best[1]):
            best = fit, rows, separator
    if best is None:
        raise CorpusError(f"Line {above + 1:,}: there is no tab, semicolon or comma in it. Put one between {between}.")
    return best[1], best[2]


def _cells(text: str, separator: str, above: int) -> list[tuple[int, list[str]]]:
    """By the rules of CSV where they hold to the letter; else every quote is a quote: "Hello," he said."""
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, strict=True)
        rows, first = [], above + 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    rows.append((first, cells))
                first = above + reader.line_num + 1
        except csv.Error:
            continue
        return rows
    raise CorpusError("There is a line of more than 100,000 characters; a pair must be shorter than that.")


def _open_quote(text: str, line: int, cells: list[str], separator: str, above: int) -> CorpusError | None:
    """Is a line uneven only because the rules of CSV, which would fit it, break at a double quote? Then that quote."""
    n_quotes = sum(cell.count('"') for cell in cells)
    if not (n_quotes if len(cells) > 2 else n_quotes % 2):
        return None
    reader, first = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), above + 1
    try:
        for _ in reader:
            first = above + reader.line_num + 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return CorpusError(f"Line {first:,}: a double quote is opened there and never closed. Close it or drop it.")
        if "expected after" in str(error):
            return CorpusError(
                f"Line {first:,}: its double quotes do not fit. A side that begins with one ends with one, and a "
                "quote inside it is written twice."
            )
    return None


def _uneven(line: int, cells: list[str], separator: str) -> CorpusError:
    name = _NAMES[separator]
    if len(cells) == 1:
        other = next((_NAMES[one] for one in _NAMES if one in cells[0]), None)
        one_for_all = f" It has a {other}, but one separator serves all lines, here the {name}." if other else ""
        return CorpusError(f"Line {line:,}: there is no {name} in it, so that its second side is missing.{one_for_all}")
    return CorpusError(
        f"Line {line:,}: there are {len(cells) - 1} {name}s in it, but two columns have one between. Put a side with a "
        f"{name} inside into double quotes, or put a tab between the sides."
    )
