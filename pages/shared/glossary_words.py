"""Where a word of the course first appears on a lesson it can be asked: the glossary's own text, in place.

A marked word is a link to its line in the glossary, drawn by Streamlit like every other. The component beside them only
listens: pointing at one, tapping it or reaching it by Tab shows what the glossary says.
"""

from __future__ import annotations

import functools
import re
from urllib.parse import quote

import streamlit as st

from pages.shared.components import pack, register
from pages.shared.glossary_terms import BY_NAME, TERMS, Term
from pages.shared.lessons import LESSONS

_TIPS = register("glossary_tips", isolate_styles=False)
LINK = "glossary?find="
ALSO = {"indices": "index", "weights": "parameter", "recurrent network": "RNN"}
PLAIN = {"turn", "label", "rank", "head", "width"}  # they mean several things, so they stand under "Words" only
_APART = re.compile(r"(\$[^$]*\$|`[^`]*`|\[[^\]]*\]\([^)]*\))")  # formulas, code and links stay as they are


@functools.cache
def _spelt() -> dict[str, Term]:
    """Every term by what it is called in a text: its name, the plural, and a few that the plural does not give."""
    found: dict[str, Term] = {}
    for term in (one for one in TERMS if one.name not in PLAIN):
        name = term.name.casefold()
        plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}es" if name.endswith("x") else f"{name}s"
        found |= {name: term, plural: term}
    return found | {word: BY_NAME[name] for word, name in ALSO.items()}


@functools.cache
def _pattern() -> re.Pattern[str]:
    names = sorted(map(re.escape, _spelt()), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])", re.IGNORECASE)


def mark(text: str, seen: set[str]) -> str:
    """Markdown in which the first appearance of every term is a link to its line in the glossary.

    `seen` holds the names of those that were marked before, and takes the new ones.
    """

    def link(match: re.Match[str]) -> str:
        term = _spelt()[match[0].casefold()]
        if term.name in seen:
            return match[0]
        seen.add(term.name)
        return f"[{match[0]}]({LINK}{quote(term.name)})"

    parts = _APART.split(text)
    return "".join(part if i % 2 else _pattern().sub(link, part) for i, part in enumerate(parts))


def of_page(slug: str) -> list[Term]:
    """The terms that this lesson brings."""
    return [term for term in TERMS if term.page == slug]


@functools.cache
def _payload() -> bytes:
    """The whole table, the same on every page: a browser that has it is sent nothing. And what each lesson is about."""
    says = {term.name: term.says for term in TERMS}
    return pack({"link": LINK, "says": says, "lessons": {slug: lesson.says for slug, lesson in LESSONS.items()}})


def tips() -> None:
    """What shows a term's text where it is marked. Once, below every page."""
    _TIPS(key="glossary.tips", data=_payload())


def words(slug: str, seen: set[str]) -> None:
    """A quiet button: all words that this lesson brings and those it marks, with what the glossary says."""
    section = st.popover("Words", type="tertiary", icon=":material/menu_book:", key=f"{slug}.words", on_change="rerun")
    if not section.open:
        return
    mine = of_page(slug)
    also = [BY_NAME[name] for name in seen if BY_NAME[name] not in mine]
    with section:
        st.markdown("\n\n".join(f"**{term.name}** · {term.says}" for term in [*mine, *also]))
