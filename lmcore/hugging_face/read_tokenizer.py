"""A stranger's tokenizer.json as one of our tokenizers: those that we wrote, and byte-level BPE as GPT-2 has it.

Nothing of the file is run. What it says must be exactly what `tokenizer_json.py` would write for the vocabulary found
in it, or GPT-2's chain; so a file that reads text in any other way cannot pass for one of ours.
"""

from __future__ import annotations

import json
from typing import Any

from lmcore.hugging_face.tokenizer_json import HALVES, pieces, to_tokenizer_json
from lmcore.tokenizers import BPETokenizer, Tokenizer, from_dict
from lmcore.tokenizers.base import START
from lmcore.tokenizers.bpe import piece_bytes
from lmcore.tokenizers.char import FIRST_CHAR
from lmcore.tokenizers.checks import MAX_VOCAB
from lmcore.tokenizers.word import FIRST_WORD
from lmcore.weights import parse_json

GPT2_CUT = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
OTHER = (
    "its tokenizer.json reads text in a way that this project does not have; "
    "it opens byte-level BPE as in GPT-2, and what it exported itself"
)


def from_tokenizer_json(data: bytes, start: int | None) -> tuple[Tokenizer, list[int]]:
    """The tokenizer, and for each of its indices the index that the file had for that token.

    `start` is the number of the special token that stands before every text (bos_token_id), which need not be given
    when there is only one. ValueError says in words what this project cannot represent.
    """
    file = parse_json(data, "tokenizer.json")
    if not isinstance(file, dict) or not isinstance(file.get("model"), dict):
        raise ValueError("tokenizer.json is not a file of Hugging Face tokenizers")
    model = file["model"]
    vocab = model.get("vocab")
    if not isinstance(vocab, dict) or not 2 <= len(vocab) <= MAX_VOCAB:
        raise ValueError(f"tokenizer.json must have a vocabulary of 2 to {MAX_VOCAB:,} tokens")
    vocab = dict(vocab)
    special = _special(file.get("added_tokens", []), vocab)
    if any(type(i) is not int for i in vocab.values()) or sorted(vocab.values()) != list(range(len(vocab))):
        raise ValueError("the tokens of tokenizer.json must be numbered 0, 1, 2, … without a gap")
    kind = model.get("type")
    if kind == "WordLevel":
        tokenizer, rows = _words(vocab), list(range(len(vocab)))
        if not _is_ours(file, tokenizer):
            raise ValueError(OTHER)
        return tokenizer, rows
    if kind in ("BPE", None):
        return _pairs(file, vocab, special, start)
    raise ValueError(OTHER)


def _special(added: Any, vocab: dict[str, int]) -> list[str]:
    """The names of the added tokens, which are put into `vocab` where they are not there yet."""
    if not isinstance(added, list) or len(added) > 1000:
        raise ValueError("the added tokens of tokenizer.json must be a short list")
    names = []
    for token in added:
        name, index = (token.get("content"), token.get("id")) if isinstance(token, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(index, int) or vocab.setdefault(name, index) != index:
            raise ValueError("an added token of tokenizer.json has no name, or no number of its own")
        names.append(name)
    return names


def _words(vocab: dict[str, int]) -> Tokenizer:
    """The char or word tokenizer with this vocabulary, if it is one of ours."""
    tokens = sorted(vocab, key=vocab.__getitem__)
    try:
        if tokens[1] == HALVES[0]:
            chars = [piece_bytes(token).decode("utf-8") for token in tokens[FIRST_CHAR:]]
            if all(len(char) == 1 for char in chars):
                return from_dict({"kind": "char", "chars": "".join(chars)})
        return from_dict({"kind": "word", "words": tokens[FIRST_WORD:]})
    except (ValueError, KeyError) as error:  # UnicodeDecodeError is a ValueError
        raise ValueError(OTHER) from error


def _pairs(
    file: dict[str, Any], vocab: dict[str, int], special: list[str], start: int | None
) -> tuple[Tokenizer, list[int]]:
    """A BPE tokenizer. Ours has its start token at 0, then the bytes, then what merges make, so rows change places."""
    model = file["model"]
    plain = ("unk_token", "dropout", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback")
    if any(model.get(name) for name in (*plain, "ignore_merges")):
        raise ValueError(OTHER)
    merges = model.get("merges")
    if not isinstance(merges, list):
        raise ValueError("tokenizer.json has no list of merges")
    merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in merges]  # older files: "a b"
    cut = file.get("pre_tokenizer") or {}
    theirs = isinstance(cut, dict) and {name: cut.get(name) for name in GPT2_CUT} == GPT2_CUT
    tokenizer = BPETokenizer.from_dict({"kind": "bpe", "merges": merges} | ({"cut": "gpt2"} if theirs else {}))
    name = _start(vocab, special, start)
    known = pieces(tokenizer)
    if name in known and name != START:
        raise ValueError(f"the token before every text, {name!r:.40}, is a piece of text too")
    missing, extra = set(known) - set(vocab) - {START}, set(vocab) - set(known) - {name}
    if missing:
        raise ValueError(
            f"its vocabulary lacks {len(missing):,} tokens that its merges make, or some of the 256 bytes, "
            "without which not every text could be written"
        )
    if extra:
        raise ValueError(
            f"its vocabulary has {len(extra):,} tokens that no merge makes ({min(extra)!r:.40}); "
            "this project has room for one special token, the one before every text"
        )
    if not _is_ours(file, tokenizer):
        raise ValueError(OTHER)
    # <s> is index 0 here, and every text begins after it. A GPT-2 was trained on texts divided by <|endoftext|>, so
    # that this token is what stood before a text: it takes the place of <s>, and the rows move accordingly.
    return tokenizer, [vocab[name], *(vocab[piece] for piece in list(known)[1:])]


def _start(vocab: dict[str, int], special: list[str], start: int | None) -> str:
    """The name of the token that stands before a text."""
    name = next((name for name in special if vocab[name] == start), None)
    if name is None and len(special) == 1:  # a config may still have GPT-2's own number
        name = special[0]
    if name is None:
        raise ValueError(f"it does not say which of its {len(special)} special tokens stands before every text")
    return name


def _is_ours(file: dict[str, Any], tokenizer: Tokenizer) -> bool:
    """Whether the file reads text just as ours does, whatever the numbers of its tokens."""
    ours = json.loads(to_tokenizer_json(tokenizer))
    names = ("normalizer", "pre_tokenizer", "decoder")
    if isinstance(tokenizer, BPETokenizer) and tokenizer.cut == "gpt2":  # has settings that change neither
        decoder = file.get("decoder")
        return file.get("normalizer") is None and isinstance(decoder, dict) and decoder.get("type") == "ByteLevel"
    return all(file.get(name) == ours.get(name) for name in names)
