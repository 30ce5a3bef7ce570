"""Home's first light: the same title, living sentence and cards inside the HTML that the server sends for "/".

A browser takes a second or more to fetch and compile Streamlit before it draws anything. Until then this stands on the
screen and works: the components' own code plays the sentence, the cards are real links. Streamlit's Home draws itself
under it and takes over where it is (assets/shell/first_light.js).
"""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path

import streamlit as st
from streamlit import config

from lmcore.paths import ROOT
from pages.shared import chapter_cards, components, living

TITLE = "See how a language model works"
SAYS = (
    "A language model does one thing: from the tokens so far it computes a probability for **every** token that could "
    "come next. One is drawn, it joins the sentence, and everything begins again. This one runs on the server now."
)
WHERE = "Where to go"

SHELL = ROOT / "assets" / "shell"
COMPONENTS = ("living_sentence", "chapter_cards")
COLOURS = {
    "--st-background-color": "backgroundColor", "--st-secondary-background-color": "secondaryBackgroundColor",
    "--st-text-color": "textColor", "--st-primary-color": "primaryColor", "--st-border-color": "borderColor",
    "--st-sidebar": "sidebar.backgroundColor",
}  # fmt: skip
MEDIA = Path(st.__file__).parent / "static" / "static" / "media"
FONTS = (  # family, weight, what stands there until it has come, its file among Streamlit's
    ("Source Sans", "200 900", "swap", "SourceSansVF-Upright.*.woff2"),
    ("Material Symbols Rounded", "400", "block", "MaterialSymbols-Rounded.*.woff2"),
)


def script() -> str:
    """The components' own code, and what makes it run here; in the page itself, so that it waits for nothing. For the
    Content-Security-Policy app.py names its hash.
    """
    drawn = [components.assets(name)[0].replace("export default", "return") for name in COMPONENTS]
    draw = ",\n".join(f"{name}: (() => {{\n{js}\n}})()" for name, js in zip(COMPONENTS, drawn, strict=True))
    return f"const DRAW = {{\n{draw}\n}};\n" + (SHELL / "first_light.js").read_text("utf-8")


def styles() -> str:
    """Where things stand, and the theme's colours under the names that Streamlit gives them."""

    def colour(option: str) -> str:
        light, dark = (config.get_option(f"theme.{theme}.{option}") for theme in ("light", "dark"))
        return f"light-dark({light}, {dark})"

    given = {name: colour(option) for name, option in COLOURS.items()}
    given |= {"--st-font": '"Source Sans", sans-serif', "--st-base-radius": config.get_option("theme.baseRadius")}
    faces = [
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-display: {display}; '
        f'src: url("./static/media/{path.name}") format("woff2"); }}'
        for family, weight, display, pattern in FONTS
        for path in MEDIA.glob(pattern)
    ]
    variables = "".join(f"{name}: {value}; " for name, value in given.items())
    return "\n".join([*faces, f"#first-light {{ {variables}}}", (SHELL / "first_light.css").read_text("utf-8")])


def component(name: str, payload: bytes) -> str:
    """One component's place, with its styles about it and its payload at hand."""
    data, css = base64.b64encode(payload).decode(), components.assets(name)[1]
    return (
        f'<div data-component="{name}" data-payload="{data}"><template shadowrootmode="open"><style>{css}</style>'
        f'<div class="lm {name.replace("_", "-")}"></div></template></div>'
    )


def titled(index: str) -> str:
    """Streamlit's index.html under this app's name, which a tab shows before the page has one."""
    return index.replace("<title>Streamlit</title>", "<title>LM Playground</title>")


def page(index: str) -> str:
    """Streamlit's index.html with Home's first light in it. The first call computes the sentences: some 0.1 s."""
    says = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(SAYS))
    body = (
        f'<div id="first-light"><h1>{html.escape(TITLE)}</h1><p>{says}</p>'
        + component("living_sentence", components.living_sentence_payload(living.runs()))
        + f"<h3>{html.escape(WHERE)}</h3>{component('chapter_cards', chapter_cards.payload())}</div>"
        f'<script type="module" async>{script()}</script>'  # async: not after Streamlit's own, which come first
    )
    index = index.replace("</head>", f"<style>{styles()}</style></head>")
    return index.replace('<div id="root"></div>', body + '<div id="root"></div>')
