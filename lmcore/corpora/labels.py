"""Labelled texts: what a classifier learns from, shipped or a person's own two columns, checked here."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from lmcore.corpora import opinions
from lmcore.corpora.base import MAX_BYTES, Corpus, CorpusError
from lmcore.corpora.pairs import columns
from lmcore.corpora.uploads import clean_title, cleaned, decoded, title_of

Row = tuple[str, str]  # text, label

MIN_LINES = 4
MAX_LINES = 5_000
MAX_LABELS = 20
MAX_LABEL = 40
"""The longest label, in characters."""
MAX_TEXT = 500
"""The longest text of a line, in characters."""
HELD_OUT = 0.2
SHIPPED_LINES = 200
SHIPPED_HELD_OUT = 500
TARGETS = ("sentiment", "topic")
_HEADS = {"text", "sentence", "review", "comment", "message", "label", "class", "category", "sentiment", "topic"}


@dataclass(frozen=True)
class Labelled:
    """Texts with their labels. Equal `sha256` means equal lines in the same order."""

    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    """What was left out or read in a certain way, as sentences for the person who brought the text."""
    kept_back: int = 0
    """How many of the last lines are the held-out ones; 0 leaves it to `split`."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Sorted."""
        return tuple(sorted({label for _, label in self.rows}))

    @property
    def text(self) -> str:
        """The lines as `parse` reads them back: a tab between text and label; what the library keeps."""
        out = io.StringIO()
        csv.writer(out, delimiter="\t", lineterminator="\n").writerows(self.rows)
        return out.getvalue()

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of `text` as UTF-8."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    def split(self) -> tuple[list[Row], list[Row]]:
        """Lines to learn from and lines that are kept back; no text stands in both, every label is learnt from.

        Of each label a fifth of its texts is kept back, one at least, but never its only one. Which ones depends on
        their words alone, not on their order.
        """
        if self.kept_back:
            return list(self.rows[: -self.kept_back]), list(self.rows[-self.kept_back :])
        by_label: dict[str, set[str]] = defaultdict(set)
        for text, label in self.rows:
            by_label[label].add(text)
        twice = {text for text, n in Counter(text for text, _ in self.rows).items() if n > 1}
        back: set[str] = set()
        for texts in by_label.values():
            single = sorted(texts - twice, key=lambda text: hashlib.sha256(text.encode("utf-8")).digest())
            n = max(1, round(HELD_OUT * len(texts))) if len(texts) > 1 else 0
            back |= set(single[: min(n, len(texts) - 1)])
        return [row for row in self.rows if row[0] not in back], [row for row in self.rows if row[0] in back]

    def singles(self) -> list[str]:
        """Labels of one line only: learnt from, but never tested."""
        n = Counter(label for _, label in self.rows)
        return [label for label in self.labels if n[label] == 1]


@lru_cache(maxsize=2)
def shipped(target: str) -> Labelled:
    """The opinions by their "sentiment" or their "topic": 200 to learn from and 500 kept back."""
    if target not in TARGETS:
        raise ValueError(f"the shipped texts are labelled by {' and '.join(TARGETS)}, not by {target!r:.40}")
    told = (*opinions.labelled(SHIPPED_LINES), *opinions.held_out(SHIPPED_HELD_OUT))
    rows = tuple((one.text, str(getattr(one, target))) for one in told)
    return Labelled(f"Opinions by {target}", rows, kept_back=SHIPPED_HELD_OUT)


def as_corpus(lines: Labelled, name: str) -> Corpus:
    """The lines as a text, for runs."""
    return Corpus(name, lines.title, lines.text, opinions.SOURCE, opinions.LICENCE)


def from_bytes(data: bytes, filename: str) -> Labelled:
    """An uploaded file of two columns; the encodings and refusals of `uploads.from_bytes`, then those of `parse`."""
    return parse(decoded(data), title_of(filename))


def parse(text: str, title: str = "Your labels") -> Labelled:
    """Two columns as labelled texts: a text, a tab, a semicolon or a comma, its label; the label may come first.

    Cells are read as in `pairs.parse`. The label's column is the one with fewer different cells. Empty lines, repeated
    lines and a first line that names the columns are left out; `notes` say so. CorpusError, with the number of the
    line, for a line without a label, an empty or too long side, and for lines that give nothing to decide or to test:
    one label only, more than 20 labels, fewer than 4 lines, no label with two lines, more than 5,000 lines.
    """
    if len(text) > MAX_BYTES:
        raise CorpusError(f"The text is longer than {MAX_BYTES // 2**20} MB. Bring a part of it.")
    above = text[: len(text) - len(text.lstrip())].replace("\r\n", "\n").count("\n")
    text = cleaned(text)
    if not text:
        raise CorpusError("There is no line yet. Write a text, a tab or a semicolon, and its label.")
    cells, notes = columns(text, above, "a text and its label")
    head = {cell.strip().lower() for cell in cells[0][1]}
    if len(cells) > 1 and head <= _HEADS:
        notes.append(f"Line {cells[0][0]:,} names the columns and is left out.")
        cells = cells[1:]
    if len({row[0] for _, row in cells}) < len({row[1] for _, row in cells}):
        notes.append("The label is the first column here: it has fewer different cells than the second.")
        cells = [(line, (row[1], row[0])) for line, row in cells]
    found: dict[Row, None] = {}
    for line, (said, label) in cells:
        _check(line, said, label)
        found[said, label] = None
    if len(found) < len(cells):
        n = len(cells) - len(found)
        notes.append(f"{n:,} repeated line{' is' if n == 1 else 's are'} read once.")
    labelled = Labelled(clean_title(title) if title else "Your labels", tuple(found))
    _check_all(labelled)
    return Labelled(labelled.title, labelled.rows, (*notes, *_warnings(labelled)))


def _check(line: int, said: str, label: str) -> None:
    if not said:
        raise CorpusError(f"Line {line:,}: the text is empty. A line needs a text and a label.")
    if not label:
        raise CorpusError(f"Line {line:,}: the label is empty. A line needs a text and a label.")
    if len(said) > MAX_TEXT:
        raise CorpusError(
            f"Line {line:,}: its text has {len(said):,} characters; it may have at most {MAX_TEXT}. Cut it."
        )


def _check_all(labelled: Labelled) -> None:
    rows, labels = labelled.rows, labelled.labels
    if len(rows) > MAX_LINES:
        raise CorpusError(f"There are {len(rows):,} different lines; at most {MAX_LINES:,} are read. Bring a part.")
    if len(labels) == 1:
        raise CorpusError(
            f"Every line has the label {labels[0][:MAX_LABEL]!r}. A classifier decides between labels: bring lines of "
            "at least two."
        )
    if len(labels) > MAX_LABELS:
        raise CorpusError(
            f"There are {len(labels):,} different labels in {len(rows):,} lines; at most {MAX_LABELS} can be told "
            "apart here. Merge some, or look whether the second column really holds labels."
        )
    if long := next((label for label in labels if len(label) > MAX_LABEL), None):
        raise CorpusError(
            f"The label that begins with {long[:20]!r} has {len(long):,} characters; a label has at most {MAX_LABEL}."
        )
    if len(rows) < MIN_LINES:
        raise CorpusError(
            f"There are {len(rows)} different lines. It takes at least {MIN_LINES}, and better 20 of each label."
        )
    if not labelled.split()[1]:
        raise CorpusError(
            "No label has two texts of its own, so that none could be kept back to test what was learnt. Bring at "
            "least two of some label."
        )


def _warnings(labelled: Labelled) -> list[str]:
    found = []
    if single := labelled.singles():
        names = ", ".join(single[:5]) + (" and others" if len(single) > 5 else "")
        found.append(f"Only one line has the label {names}: it is learnt from, but nothing of it can be tested.")
    both = sum(n > 1 for n in Counter(text for text, _ in labelled.rows).values())
    if both:
        found.append(
            f"{both:,} text{' stands' if both == 1 else 's stand'} with two labels; nobody can get both right."
        )
    n_back = len(labelled.split()[1])
    if n_back < 20:
        found.append(
            f"Only {n_back} line{' is' if n_back == 1 else 's are'} kept back, so how good the result is can be said "
            "only roughly."
        )
    return found


def texts_of(rows: Sequence[Row]) -> list[str]:
    """The texts as models read them: in lower case."""
    return [text.lower() for text, _ in rows]
