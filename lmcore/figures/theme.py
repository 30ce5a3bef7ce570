"""One look for every figure. A colour means the same thing on every page, in light and in dark.

Hues are from Okabe and Ito's set where it has one (safe for colour-blind eyes); nothing is told by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Colours by meaning, as CSS hex."""

    name: str
    paper: str
    ink: str
    quiet: str  # axes, secondary text
    accent: str
    query: str
    key: str
    value: str
    attention: str
    gates: tuple[str, str, str, str]  # forget, input, candidate, output
    probability: tuple[str, ...]  # 0 to 1
    signed: tuple[str, ...]  # negative, zero, positive
    train: str
    held_out: str
    reference: str  # the line of random guessing


LIGHT = Theme(
    name="light",
    paper="#fbfaf7",
    ink="#1d2129",
    quiet="#68707c",
    accent="#2457d6",
    query="#2457d6",
    key="#c2341d",
    value="#1f7f57",
    attention="#7a3fb0",
    gates=("#115578", "#783d05", "#0a842a", "#ae34b0"),
    probability=("#f2f0e9", "#c9d8f7", "#8fb0f0", "#4f80e3", "#2457d6", "#143896"),
    signed=("#b4531f", "#f6f3ec", "#2457d6"),
    train="#2457d6",
    held_out="#b4531f",
    reference="#8a8f98",
)

DARK = Theme(
    name="dark",
    paper="#12151b",
    ink="#e8e6e0",
    quiet="#98a1ae",
    accent="#7ea6ff",
    query="#7ea6ff",
    key="#ff8a75",
    value="#6fcfa3",
    attention="#c79bf2",
    gates=("#6e9ee8", "#f5793a", "#7fe08a", "#e2bdf0"),
    probability=("#1c212a", "#22345c", "#2f519a", "#4b78d6", "#7ea6ff", "#cfdeff"),
    signed=("#f0a070", "#1c212a", "#7ea6ff"),
    train="#7ea6ff",
    held_out="#f0a070",
    reference="#7b8491",
)

THEMES = {"light": LIGHT, "dark": DARK}


def colorscale(colors: tuple[str, ...]) -> list[list[float | str]]:
    """Plotly's colour scale of evenly spaced colours."""
    return [[i / (len(colors) - 1), color] for i, color in enumerate(colors)]


def ink_on(colors: tuple[str, ...], share: float) -> str:
    """Black or white, whichever is easier to read on the place `share` (0 to 1) of a scale of colours."""
    at = min(max(share, 0.0), 1.0) * (len(colors) - 1)
    low = min(int(at), len(colors) - 2)
    pair = [[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in colors[low : low + 2]]
    mixed = [a + (b - a) * (at - low) for a, b in zip(*pair, strict=True)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in mixed)]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]  # relative luminance, WCAG 2
    return "#0b0e14" if (light + 0.05) ** 2 > 1.05 * 0.0544 else "#ffffff"


VISIBLE = str.maketrans({" ": "·", "\n": "↵", "\r": "↵", "\t": "→"})


def shown(token: str) -> str:
    """A token with its whitespace made visible: · for a space, ↵ for a newline, → for a tab."""
    return token.translate(VISIBLE)


def label(token: str) -> str:
    """A token as a plotly label: whitespace visible, and no character that plotly would read as HTML."""
    return shown(token).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
