"""What all tokenizers check before they build anything: sizes, options, and files written by someone else."""

from __future__ import annotations

from typing import Any

MAX_VOCAB = 65_536  # 16 bits: four tokens fit in one 64-bit n-gram key


def clean(text: str) -> str:
    """The text with lone surrogates (not valid Unicode, refused by UTF-8) as U+FFFD. ValueError if it is no string."""
    if not isinstance(text, str):
        raise ValueError(f"a tokenizer reads text, not {type(text).__name__}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
    return text


def training_text(text: str) -> str:
    """A cleaned text to make a vocabulary from; ValueError when there is nothing in it."""
    text = clean(text)
    if not text.strip():
        raise ValueError("there is no text to make a vocabulary from")
    return text


def whole_number(name: str, value: Any, low: int, high: int) -> int:
    """The option as an int; ValueError names the option and its limits."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r:.40}")
    return value


def fields(data: Any, kind: str, *names: str) -> list[Any]:
    """The named fields of a tokenizer's dict, which must have these, "kind", and nothing else."""
    if not isinstance(data, dict) or data.get("kind") != kind:
        raise ValueError(f"this is not the description of a {kind} tokenizer")
    if set(data) != {"kind", *names}:
        raise ValueError(f"a {kind} tokenizer has the fields {', '.join(('kind', *names))} and no others")
    return [data[name] for name in names]


def strings(name: str, value: Any, most: int) -> list[str]:
    """A list of at most `most` different strings of valid Unicode, or ValueError."""
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"{name} must be a list of at most {most} strings")
    if not all(isinstance(item, str) for item in value) or len(set(value)) != len(value):
        raise ValueError(f"{name} must be strings, none of them twice")
    if any(clean(item) != item for item in value):
        raise ValueError(f"{name} holds text that is not valid Unicode")
    return value
