"""A text that may be too long: it is cut, and the page says so.

A `max_chars` of the box would not do: the browser then ignores all of what was pasted, without a word.
"""

from __future__ import annotations

import streamlit as st


def first_of(typed: str, limit: int = 2000) -> str:
    """The first `limit` characters; the page says when there are more."""
    if len(typed) <= limit:
        return typed
    st.caption(f"Only the first {limit:,} of these {len(typed):,} characters are read here.")
    return typed[:limit]
