"""Home's map: each chapter a card, each lesson a link in it. One component draws all, where Streamlit's own columns,
cards and links would be some fifty elements and a quarter of what Home takes to open."""

from __future__ import annotations

import functools
import zlib
from typing import Any

from pages.shared.components import nothing, pack, register
from pages.shared.lessons import CHAPTER_SAYS, CHAPTERS, LESSONS

_CARDS = register("chapter_cards")


@functools.cache
def shown() -> list[dict[str, Any]]:
    """What the cards say: a chapter's name, its sentence, and its lessons."""
    return [
        {
            "name": chapter,
            "says": CHAPTER_SAYS[chapter],
            "lessons": [
                {"slug": one.slug, "title": one.title, "says": one.says, "icon": one.icon.split("/")[1].strip(":")}
                for one in lessons
            ],
        }
        for chapter, lessons in CHAPTERS.items()
        if chapter
    ]


@functools.cache
def payload() -> bytes:
    return pack({"chapters": shown(), "sig": zlib.crc32(repr(shown()).encode())})


def chapter_cards(*, key: str) -> str | None:
    """Draw the cards. Returns the slug of the lesson whose link was just clicked, if any."""
    result = _CARDS(key=key, data=payload(), on_go_change=nothing)
    slug = result.go.get("slug") if hasattr(result.go, "get") else None
    return slug if isinstance(slug, str) and slug in LESSONS else None
