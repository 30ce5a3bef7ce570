"""Our tokenizers as the tokenizer.json of Hugging Face `tokenizers`: the same ids, and the same text back.

Their library runs a fixed chain: a normalizer rewrites the text, a pre-tokenizer cuts it, a model looks the pieces up,
a decoder joins them. Each function here spells one of our tokenizers in that chain. `<s>` is put before every text by
the post-processor, because every model here has seen it there; `add_special_tokens=False` gives the ids alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from tokenizers import AddedToken, Regex, decoders, normalizers, pre_tokenizers
from tokenizers import Tokenizer as HuggingFaceTokenizer
from tokenizers.models import BPE, WordLevel
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import TemplateProcessing

from lmcore.tokenizers import BPETokenizer, CharTokenizer, Tokenizer, WordTokenizer
from lmcore.tokenizers.base import START, START_ID
from lmcore.tokenizers.bpe import byte_letters
from lmcore.tokenizers.char import FIRST_CHAR
from lmcore.tokenizers.letters import marks
from lmcore.tokenizers.word import CLOSING, MAX_WORD, OPENING, UNK

# The tokens <0>..<f> of a char tokenizer, as letters that no byte has, so that nobody can type them.
HALVES = "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡𝕒𝕓𝕔𝕕𝕖𝕗"
NO_NUL = "this vocabulary has the NUL character, which cannot be written for Hugging Face"
REPLACEMENT = "ï¿½"  # U+FFFD as the letters of its three bytes


def to_tokenizer_json(tokenizer: Tokenizer) -> str:
    """The whole tokenizer.json. ValueError for a vocabulary that their chain cannot spell."""
    kinds: dict[type[Any], Callable[[Any], HuggingFaceTokenizer]] = {
        CharTokenizer: _char,
        WordTokenizer: _word,
        BPETokenizer: _bpe,
    }
    theirs = kinds[type(tokenizer)](tokenizer)
    theirs.add_special_tokens([AddedToken(START, special=True, normalized=False)])
    theirs.post_processor = TemplateProcessing(
        single=f"{START} $A", pair=f"{START} $A $B", special_tokens=[(START, START_ID)]
    )
    return theirs.to_str(pretty=False)


# Characters ---------------------------------------------------------------------------------------------------------


def _char(tokenizer: CharTokenizer) -> HuggingFaceTokenizer:
    """One letter a byte, as in GPT-2; then each character of the vocabulary is a word of one to four letters.

    The bytes of all other characters become two halves each, as `CharTokenizer` has it. The normalizer can only
    replace a pattern by a fixed text, so it goes in steps, with NUL as a mark after what is to be spelled.
    """
    chars = tokenizer.itos[FIRST_CHAR:]
    if "\0" in chars:
        raise ValueError(NO_NUL)
    vocab = {START: START_ID, **{half: 1 + i for i, half in enumerate(HALVES)}}
    vocab |= {_letters(char): FIRST_CHAR + i for i, char in enumerate(chars)}
    theirs = HuggingFaceTokenizer(WordLevel(vocab, unk_token=START))
    theirs.normalizer = _spelling(chars)
    # One character is a word: a lead byte says how many bytes follow it.
    two, three, four, rest = (_bytes(range(*ends)) for ends in ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 256), (0x80, 0xC0)))
    character = f"[{two}][{rest}]|[{three}][{rest}]{{2}}|[{four}][{rest}]{{3}}|(?m:.)"
    theirs.pre_tokenizer = pre_tokenizers.Split(Regex(character), "isolated")
    # A half that has lost its other one is U+FFFD; pairs become the letter of their byte, counted from the run's end.
    half = f"[{HALVES}]"
    lone = f"(?<!{half})(?:{half}{{2}})*\\K{half}(?!{half})"
    steps: list[Any] = [decoders.Fuse(), decoders.Replace(Regex(lone), REPLACEMENT)]
    for byte, letter in byte_letters().items():
        pair = HALVES[byte >> 4] + HALVES[byte & 15]
        steps.append(decoders.Replace(Regex(f"{pair}(?=(?:{half}{{2}})*(?!{half}))"), letter))
    theirs.decoder = decoders.Sequence([*steps, decoders.ByteLevel()])
    return theirs


def _spelling(chars: Iterable[str]) -> Any:
    """Text to letters of bytes, and the bytes of characters that are not in `chars` to pairs of halves."""
    mark = byte_letters()[0]
    rest = _bytes(range(0x80, 0xC0))
    unknown = f"[^{''.join(map(_escaped, chars))}]" if chars else "(?m:.)"
    steps: list[Any] = [
        normalizers.Replace("\0", "\ufffd"),  # NUL is the mark from here on; no text of ours has it
        normalizers.Replace(Regex(f"(?<={unknown})"), "\0"),
        normalizers.ByteLevel(),
        # letters, mark -> letter, mark, letter, mark, … for characters of two, three and four bytes
        *(normalizers.Replace(Regex(f"(?<!{mark})(?=[{rest}]{mark})"), mark) for _ in range(3)),
    ]
    for low, half in enumerate(HALVES):  # letter, mark -> letter, mark, low half
        steps.append(normalizers.Replace(Regex(f"(?<=[{_bytes(range(low, 256, 16))}]){mark}"), mark + half))
    for high, half in enumerate(HALVES):  # letter, mark, low half -> high half, mark, low half
        letters = _bytes(range(16 * high, 16 * high + 16))
        steps.append(normalizers.Replace(Regex(f"[{letters}](?={mark})"), half))
    return normalizers.Sequence([*steps, normalizers.Replace(mark, "")])


def _letters(char: str) -> str:
    return "".join(byte_letters()[byte] for byte in char.encode("utf-8"))


def _bytes(values: Iterable[int]) -> str:
    """The letters of bytes, for a regular expression's [ ]."""
    return "".join(_escaped(byte_letters()[byte]) for byte in values)


def _escaped(char: str) -> str:
    return f"\\x{{{ord(char):x}}}"


# Words --------------------------------------------------------------------------------------------------------------


def _word(tokenizer: WordTokenizer) -> HuggingFaceTokenizer:
    """Words are cut out, spaces dropped; the decoder sets spaces where English has them, quotation marks in pairs."""
    if "\0" in tokenizer.itos:
        raise ValueError(NO_NUL)
    theirs = HuggingFaceTokenizer(WordLevel({word: i for i, word in enumerate(tokenizer.itos)}, unk_token=UNK))
    letters = f"_{_ranges(str.isalnum)}{_runs(map(ord, marks()))}"
    word = f"[{letters}]{{1,{MAX_WORD}}}"
    pattern = f"\\n|{word}(?:['’]{word}){{0,2}}|[^{letters}{_ranges(str.isspace)}]"
    theirs.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    # A line with an odd number of quotation marks gets one more, NUL, so that counted from the line's end every
    # opening one has an odd number of them after it.
    end = r"(?=\n|\z)"
    # Sorted: a set has another order in every process, and the file must be the same to the letter.
    closing, opening = ("".join(map(_escaped, sorted(letters))) for letters in (CLOSING, OPENING))
    quote, other = '["\0]', '[^"\\n\0]'
    pairs = f"(?:{other}*{quote}{other}*{quote})*{other}*{end}"
    odd = f'(?<![^\\n]){other}*"(?:{other}*"{other}*")*{other}*\\K{end}'
    after_opening, before_closing = f'(?<=") (?={other}*{quote}{pairs})', f' (?="{pairs})'
    theirs.decoder = decoders.Sequence(
        [
            decoders.Replace(Regex(rf"\A{START}\z"), ""),
            decoders.WordPiece(prefix="##", cleanup=False),  # a space before every word but the first
            decoders.Fuse(),
            decoders.Replace(Regex(odd), "\0"),
            decoders.Replace(Regex(f"{after_opening}|{before_closing}"), ""),
            decoders.Replace("\0", ""),
            decoders.Replace(Regex(r" ?\n ?"), "\n"),
            decoders.Replace(Regex(f" (?=[{closing}])|(?<=[{opening}]) "), ""),
        ]
    )
    return theirs


# Byte pairs ---------------------------------------------------------------------------------------------------------


def _bpe(tokenizer: BPETokenizer) -> HuggingFaceTokenizer:
    """The same merges inside the same pieces: `split` of lmcore/tokenizers/bpe.py in their regular expressions."""
    theirs = HuggingFaceTokenizer(BPE(pieces(tokenizer), tokenizer.merges))
    theirs.decoder = decoders.ByteLevel()
    if tokenizer.cut == "gpt2":
        theirs.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=True)
        return theirs
    mark, space, blank = _runs(map(ord, marks())), _ranges(str.isspace), _ranges(_is_blank)
    letter, digit = f"[{_ranges(_is_letter)}{mark}]", f"[{_ranges(str.isdecimal)}]"
    other = f"[^{_ranges(str.isalnum)}{mark}{space}]"
    pattern = (
        f"'(?:[sdmt]|ll|ve|re)(?!{letter})| ?{letter}{{1,32}}| ?{digit}{{1,32}}| ?{other}{{1,32}}"
        f"|\\n{{1,32}}|[{blank}]{{1,32}}(?![^{space}])|[{blank}]"
    )
    cut = pre_tokenizers.Split(Regex(pattern), "isolated")
    theirs.pre_tokenizer = pre_tokenizers.Sequence([cut, ByteLevel(add_prefix_space=False, use_regex=False)])
    return theirs


def pieces(tokenizer: BPETokenizer) -> dict[str, int]:
    """Every token of a BPE tokenizer in the letters of its bytes, and its index."""
    vocab = {START: START_ID}
    for piece in [*sorted(byte_letters().values()), *(left + right for left, right in tokenizer.merges)]:
        vocab.setdefault(piece, len(vocab))
    return vocab


# Which characters Python means --------------------------------------------------------------------------------------


def _is_letter(char: str) -> bool:
    return char.isalnum() and not char.isdecimal()


def _is_blank(char: str) -> bool:
    return char.isspace() and char != "\n"


@lru_cache(maxsize=8)
def _ranges(test: Callable[[str], bool]) -> str:
    """All characters for which `test` holds: Python's own, so that both cut alike whatever their Unicode versions."""
    return _runs(code for code in range(sys.maxunicode + 1) if test(chr(code)))


def _runs(codes: Iterable[int]) -> str:
    """Rising code points as runs, for a regular expression's [ ]."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in runs)
