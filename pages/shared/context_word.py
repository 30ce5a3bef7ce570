"""Context, third part: a made-up word used twice in a prompt, token by token."""

from __future__ import annotations

import functools
import math

import pandas as pd
import streamlit as st

from lmcore.figures.context import bars
from lmcore.figures.numbers import small
from lmcore.probes import in_context
from lmcore.probes.in_context import TwoUses
from pages.shared import lesson, long_text, models, scripts, scrubber
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.view import View

QUIET = {"displayModeBar": False}
LETTERS = "gpt-shakespeare-char"
WORD = "Zorblax"
FRAME = "Good my lord, the Duke of * is come.\nWhere is the Duke of *"
OTHERS = ("Quimpet", "Vithgar")  # stand at the first place for comparison
BITS = math.log(2)
MAX_WORD, MAX_FRAME = 24, 400  # characters


def box(view: View) -> None:
    """Where the word is typed."""
    typed = st.text_input("A word nobody has written before", key=view.key("word"))
    view.store["word"] = long_text.first_of(typed, MAX_WORD)


def frame_of(text: str) -> tuple[str, str] | None:
    """What stands before the first * and what between it and the second; None unless there are two."""
    parts = text.split("*")
    return (parts[0], parts[1]) if len(parts) == 3 and not parts[2].strip() and parts[1] else None


def uses(loaded: Loaded, frame: tuple[str, str], word: str) -> TwoUses | str:
    """What the word costs at both uses, or why that cannot be said."""
    return _uses(loaded.hash, frame, word, Unhashed(loaded))


@functools.lru_cache(maxsize=128)
def _uses(content: str, frame: tuple[str, str], word: str, hidden: Unhashed) -> TwoUses | str:
    loaded: Loaded = hidden.value
    try:
        return in_context.two_uses(loaded.model, loaded.tokenizer, frame, word, other_than(word))
    except ValueError as error:
        text = str(error)
        return f"{text[0].upper()}{text[1:]}."


def other_than(word: str) -> str:
    """Another made-up word, written as this one is."""
    other = next(other for other in OTHERS if other.lower() != word.lower())
    return other.upper() if word.isupper() else other.lower() if word.islower() else other


def section(view: View, loaded: Loaded) -> None:
    """The bars of both uses."""
    typed = st.text_area(
        "The prompt, with * where the word stands", key=view.key("frame"), height=80,
        help="Two stars: the first use, and the second, which ends the prompt.",
    )  # fmt: skip
    view.store["frame"] = long_text.first_of(typed, MAX_FRAME)
    frame, word = frame_of(view["frame"]), view["word"].strip()
    if frame is None or not word:
        st.caption("Type a word, and a prompt that ends with its second use: two stars, the second one at the end.")
        return
    if loaded.tokenizer.unknown(word):
        _unknown(view, loaded, frame, word)
        return
    found = uses(loaded, frame, word)
    if isinstance(found, str):
        lesson.tell(found)
        return
    theme, names = lesson.theme(), [loaded.tokenizer.itos[token] for token in found.tokens]
    groups = [
        ("first use", (found.first / BITS).tolist(), theme.quiet, "/"),
        ("second use", (found.second / BITS).tolist(), theme.attention, ""),
    ]
    if found.control is not None:
        name = f"second place, after {other_than(word)} at the first"
        groups.append((name, (found.control / BITS).tolist(), theme.held_out, "."))
    st.plotly_chart(bars(groups, names, "surprise, bits", theme=theme), key=f"{view.page}.uses", config=QUIET)


def _unknown(view: View, loaded: Loaded, frame: tuple[str, str], word: str) -> None:
    """A word model cannot take the word in at all."""
    found = uses(loaded, frame, word)
    numbers = ""
    if not isinstance(found, str) and len(found.tokens) == 1:
        p, q = math.exp(-float(found.first[0])), math.exp(-float(found.second[0]))
        numbers = f" Here it gives {lesson.chip('<unk>')} p = {small(p)} at the first use and {small(q)} at the second."
    st.markdown(
        f"This model reads words, and {lesson.chip(word)} is none of its {loaded.model.vocab_size:,} tokens: it is "
        f"read as {lesson.chip('<unk>')}, the same token as every other unknown word. **What was not read cannot be "
        "learnt**: neither its letters nor which unknown word it was reach the network, and it can never write it. A "
        f"model that reads letters can spell anything.{numbers}"
    )
    if loaded.id != LETTERS and LETTERS in models.shipped():
        st.button(
            "Ask the model that reads letters", key=f"{view.page}.letters", icon=":material/abc:",
            on_click=lambda: view.set(model=LETTERS, step=scrubber.LAST),
        )  # fmt: skip


def reading(view: View, loaded: Loaded) -> str:
    """What the two uses say."""
    frame, word = frame_of(view["frame"]), view["word"].strip()
    if frame is None or not word:
        return "A word that stands in no text can only be known from the prompt itself."
    if loaded.tokenizer.unknown(word):
        return (
            f"To this model {lesson.chip(word)} is {lesson.chip('<unk>')}. Word pieces and letters exist for this "
            "reason: whatever is typed can be read, and so copied."
        )
    found = uses(loaded, frame, word)
    if isinstance(found, str):
        return "A word that stands in no text can only be known from the prompt itself."
    first, second = float(found.first.sum()) / BITS, float(found.second.sum()) / BITS
    k = len(found.tokens)
    said = (
        f"The {k} token{'s' * (k != 1)} of {lesson.chip(word)} cost **{first:.1f} bits** at the first use and "
        f"**{second:.1f} bits** at the second. "
    )
    if found.control is None:
        return said
    control = float(found.control.sum()) / BITS
    gain = control - second
    said += (
        f"The two places differ, so the fair comparison is the second place after another made-up word, "
        f"{lesson.chip(other_than(word))}: there the same letters cost {control:.1f} bits. "
    )
    if gain > 0.15 * control:
        return said + (
            f"Having read the word once saved **{gain:.1f} bits**, with no weight changed: it was learnt within the "
            "prompt, for as long as the prompt is in sight."
        )
    if gain > 1:
        return said + f"Having read the word once saved {gain:.1f} bits: a little, no more."
    return said + (
        "Having read the word once saved nothing to speak of: this model, of this size and at this step, has not "
        "learnt to copy a name from its prompt. Larger ones do."
    )


def table(view: View, loaded: Loaded) -> pd.DataFrame:
    """One row a token of the word."""
    frame, word = frame_of(view["frame"]), view["word"].strip()
    found = uses(loaded, frame, word) if frame is not None and word else ""
    if isinstance(found, str):
        return pd.DataFrame({"token": []})
    columns = {
        "token": [loaded.tokenizer.itos[token] for token in found.tokens],
        "bits, first use": found.first / BITS,
        "bits, second use": found.second / BITS,
    }
    if found.control is not None:
        columns[f"bits, after {other_than(word)}"] = found.control / BITS
    return pd.DataFrame(columns)


def script(view: View, loaded: Loaded) -> str:
    """A script that prints what the word costs at both uses."""
    frame, word = frame_of(view["frame"]) or ("", " and "), view["word"].strip() or WORD
    step = view["step"]
    return f"""
import math

{scripts.open_model(loaded, step)}
from lmcore.probes import in_context

found = in_context.two_uses(model, tokenizer, {frame!r}, {word!r}, {other_than(word)!r})
for i, token in enumerate(found.tokens):
    first, second = found.first[i] / math.log(2), found.second[i] / math.log(2)
    control = math.nan if found.control is None else found.control[i] / math.log(2)
    print(f"{{tokenizer.itos[token]!r:8}} {{first:8.3f}} {{second:8.3f}} {{control:8.3f}}")
"""
