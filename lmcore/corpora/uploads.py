"""A person's own text, pasted or uploaded: everything is checked here, and what is wrong is said in a sentence.

The upload widget's limits are a courtesy, not a guard; whatever reaches these functions may be anything at all.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from lmcore.corpora.base import MAX_BYTES, MIN_CHARS, Corpus, CorpusError

SOURCE = "Brought by a person."
LICENCE = "Not known to us: whoever brings a text answers for its use."
MAX_TITLE = 60
# More control characters than this share, and it is no text.
_MAX_CONTROL_SHARE = 0.001

# How files that are no plain text begin.
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a Word document, an e-book or another zipped file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word or Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh91AY&SY", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"SQLite format 3\x00", "a database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"OggS\x00", "a sound"),
    (b"ID3\x03\x00", "a sound"),
    (b"ID3\x04\x00", "a sound"),
)
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_BLANK = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")


def from_text(text: str, title: str = "Your text") -> Corpus:
    """A pasted text as a corpus named "text".

    Newlines of every system become "\\n" (U+2029 a blank line), stray control characters and blank space at both ends
    go away, one "\\n" ends the text; nothing else is changed. CorpusError when the text is longer than MAX_BYTES as
    UTF-8 or shorter than MIN_CHARS, holds NULs or halves of characters, or is not text at all.
    """
    text = cleaned(text)
    if len(text) < MIN_CHARS:
        raise CorpusError(
            f"The text has {len(text):,} character{'' if len(text) == 1 else 's'}; it takes at least {MIN_CHARS} to "
            "learn something from."
        )
    text += "\n"
    n_bytes = len(text.encode("utf-8"))
    if n_bytes > MAX_BYTES:
        raise _too_long(n_bytes)
    return Corpus("text", clean_title(title), text, SOURCE, LICENCE)


def cleaned(text: str) -> str:
    """What `from_text` does before it looks at the length: newlines, control characters and blank ends put right.

    CorpusError when the text is longer than MAX_BYTES characters or is not text.
    """
    if len(text) > MAX_BYTES:
        raise _too_long(len(text))
    if lone := _SURROGATE.search(text):
        raise CorpusError(
            f"The text holds half of a character (U+{ord(lone.group()):04X}) at place {lone.start() + 1:,}. "
            "Copy it again from where it came from."
        )
    if "\x00" in text:
        raise CorpusError(f"There is a NUL character at place {text.index(chr(0)) + 1:,}: this is not plain text.")
    text = _NEWLINES.sub("\n", text).replace("\u2029", "\n\n")
    text, n_control = _CONTROL.subn("", text)
    if n_control > _MAX_CONTROL_SHARE * (len(text) + n_control):
        raise CorpusError(f"There are {n_control:,} control characters in it: this is not plain text.")
    return text.strip(_BLANK)


def from_bytes(data: bytes, filename: str) -> Corpus:
    """An uploaded file as a corpus: UTF-8 with or without its mark (BOM), or UTF-16 with its mark.

    The name of the file only gives the title. CorpusError for every other encoding, for binary files, and for all that
    `from_text` refuses; byte positions in messages count from 1.
    """
    return from_text(decoded(data), title_of(filename))


def decoded(data: bytes) -> str:
    """The text of an uploaded file; CorpusError for too long ones, other encodings and binary files."""
    if len(data) > MAX_BYTES:
        raise _too_long(len(data))
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise CorpusError(f"This looks like {what}; copy its text and paste it instead.")
    if data.startswith(b"RIFF") and data[8:12] in (b"WAVE", b"AVI ", b"WEBP"):
        raise CorpusError("This looks like a sound, a film or an image; only text can be used.")
    return _decode(data)


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise CorpusError("This file is in UTF-32; save it as UTF-8 and try again.")
    marks = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
    bom = next((mark for mark in marks if data.startswith(mark)), b"")
    encoding = marks.get(bom, "utf-8")
    if encoding == "utf-8":
        _refuse_binary(data)
    try:
        return data[len(bom) :].decode(encoding)
    except UnicodeDecodeError as error:
        place = len(bom) + error.start
        name = "UTF-8" if encoding == "utf-8" else "UTF-16"
        if error.end == len(data) - len(bom) and error.reason in ("unexpected end of data", "truncated data"):
            advice = "The file seems to be cut off at its end."
        elif encoding == "utf-8":
            advice = "It is probably Latin-1 (Windows-1252), an older encoding. Save it as UTF-8 and try again."
        else:
            advice = "Save it as UTF-8 and try again."
        raise CorpusError(
            f"This file is not {name}: byte 0x{data[place]:02X} at position {place + 1:,} cannot be read. {advice}"
        ) from error


def _refuse_binary(data: bytes) -> None:
    """NULs mean a binary file, or UTF-16 that lost its mark: then every other byte of plain English is one."""
    if b"\x00" not in data:
        return
    head = data[:2000]
    for start in (0, 1):
        if head[start::2].count(0) > 0.8 * len(head[start::2]) and head[1 - start :: 2].count(0) < 0.1 * len(head):
            raise CorpusError("This looks like UTF-16 without its mark (BOM); save it as UTF-8 and try again.")
    raise CorpusError(
        f"There is a NUL byte at position {data.index(0) + 1:,}: this is a binary file. "
        "Copy its text and paste it instead."
    )


def _too_long(n_bytes: int) -> CorpusError:
    return CorpusError(
        f"The text has {n_bytes:,} bytes; at most {MAX_BYTES // 2**20} MB ({MAX_BYTES:,} bytes) can be used. "
        "Bring a part of it."
    )


def title_of(filename: str) -> str:
    """A short title from a file's name: no folders, no ending, nothing invisible."""
    name = re.split(r"[/\\]", filename)[-1]
    return clean_title(re.sub(r"(?<=[^. ])\.[A-Za-z0-9]{1,5}$", "", name))


def clean_title(title: str) -> str:
    """One line of at most MAX_TITLE visible characters; "Your text" when nothing is left."""
    # Categories C* are control, invisible formatting (also right-to-left overrides), halves, and unassigned.
    visible = "".join(
        " " if char.isspace() else char
        for char in title[:2000]
        if char.isspace() or not unicodedata.category(char).startswith("C")
    )
    short = " ".join(visible.split())
    if len(short) > MAX_TITLE:
        short = short[: MAX_TITLE - 1].rstrip() + "…"
    return short.strip(". ") or "Your text"
