"""Two small components for what Streamlit's own elements do not do: a large line of tokens, a link in the same tab."""

from __future__ import annotations

from collections.abc import Sequence

from pages.shared.components import pack, register

_TEXT = register("written_text")
_LINK = register("same_tab_link")


def written_text(prompt: str, tokens: Sequence[str], *, key: str, most: int = 40) -> None:
    """A prompt and the tokens that joined it (the last `most` of them), to be read from the back row."""
    _TEXT(key=key, data=pack({"prompt": prompt, "tokens": list(tokens[-most:]), "skipped": len(tokens) > most}))


def same_tab_link(text: str, path: str, *, key: str) -> None:
    """A link to an address of this server that is no page of the app. ValueError for any other address."""
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"{path!r} is not an address of this server")
    _LINK(key=key, data=pack({"text": text, "href": path}))
