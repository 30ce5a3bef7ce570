"""What "A short history" draws and says: the systems in time, and models by their size."""

from __future__ import annotations

import functools
import math

import pandas as pd

from lmcore.history import BY_ID, SYSTEMS, Size, System, gpt_params, sizes
from pages.shared import models
from pages.shared.history_line import Card, Row
from pages.shared.lessons import LESSONS

FIRST, LAST = 1910, 2025
SMALL, LARGE = 4, 12  # powers of ten
YEARS = [((year - FIRST) / (LAST - FIRST), str(year)) for year in (1920, 1940, 1960, 1980, 2000, 2020)]
POWERS = [(0.0, "10 K"), (0.25, "1 M"), (0.5, "100 M"), (0.75, "10 B"), (1.0, "1 T")]
PAGES = {  # where the models of a family run, by how their checkpoint's name begins
    "gpt": "inside-gpt", "ffnn": "neural-lm", "rnn": "rnn", "lstm": "lstm-gates", "word2vec": "embeddings",
    "translator": "translator", "bahdanau": "translator", "masked": "fill-in-the-blanks", "bert": "fill-in-the-blanks",
    "denois": "fill-in-the-blanks", "bart": "fill-in-the-blanks", "classif": "classifier", "opinions": "classifier",
    "chat": "chatbot",
}  # fmt: skip
GPT2 = "gpt2-small"


def _door(slug: str) -> str:
    return f"Open its page: {LESSONS[slug].title}" if slug in LESSONS else ""


def page_of(system: System) -> str:
    """The slug of the page where it runs; empty when there is none."""
    return system.page if system.page in LESSONS else ""


# ---- in time --------------------------------------------------------------------------------------------------------


def _names(ids: tuple[str, ...]) -> str:
    return " and ".join(f"{BY_ID[id].name} ({BY_ID[id].year})" for id in ids)


@functools.cache
def in_time() -> list[Row]:
    """The systems, a row each, in order of time."""
    place = {system.id: i for i, system in enumerate(SYSTEMS)}
    rows = []
    for system in SYSTEMS:
        lines = [("", system.idea), ("What it brought", system.brought)]
        if system.after:
            lines.append(("It stands on", _names(system.after)))
        lines.append(("Paper", f"{system.paper}."))
        slug = page_of(system)
        if not slug:
            lines.append(("", "No page of this playground runs it."))
        rows.append(
            Row(
                system.name,
                (system.year - FIRST) / (LAST - FIRST),
                str(system.year),
                bool(slug),
                Card(f"{system.year}: {system.name}", tuple(lines), _door(slug)),
                tuple(place[id] for id in system.after),
            )
        )
    return rows


def reading_time(system: System) -> str:
    """What the picture in time shows, with the picked system in it."""
    since = sum(one.year >= 2013 for one in SYSTEMS)
    here = sum(bool(page_of(one)) for one in SYSTEMS)
    later = [one.name for one in SYSTEMS if system.id in one.after]
    first = SYSTEMS[0]
    when = "where it all begins" if system is first else f"{system.year - first.year} years after Markov’s count"
    came = f"From it came {_list(later)} (dashed). " if later else "Nothing in this picture stands on it. "
    return (
        f"{system.name}, {system.year}: {when}. {came}Of {len(SYSTEMS)} systems in "
        f"{SYSTEMS[-1].year - first.year} years, {since} came since 2013; {here} have a page here (full dots). "
        "To build on one system is not to need nothing else: larger computers and more text are not in the picture."
    )


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# ---- by size --------------------------------------------------------------------------------------------------------


@functools.cache
def all_sizes() -> dict[str, Size]:
    """Every model with its number of parameters, from the smallest to the largest; the cards are read once."""
    return {size.id: size for size in sizes()}


def page_of_size(size: Size) -> str:
    """The slug of the page where this model runs; empty when there is none."""
    slug = next((page for begins, page in PAGES.items() if size.id.startswith(begins)), "") if size.here else ""
    return slug if slug in LESSONS else ""


def short(n: float) -> str:
    """A large number as one says it: 124 M, 1.56 B."""
    for unit, name in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if n >= unit:
            return f"{n / unit:.3g} {name}"
    return f"{n:,.0f}"


def times(a: int, b: int) -> str:
    """How many b fit into a, in three digits."""
    ratio = a / b
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"


def ours() -> Size:
    """The GPT with which the pages open."""
    return all_sizes()[models.DEFAULT]


@functools.cache
def by_size() -> list[Row]:
    """The models, a row each, from the smallest to the largest."""
    gpt, gpt2 = ours(), all_sizes()[GPT2]
    rows = []
    for size in all_sizes().values():
        lines = [("", f"{size.n_params:,} parameters" if size.here else f"{short(size.n_params)} parameters")]
        if size.here:
            lines.append(("Beside GPT-2 small", f"That one has {times(gpt2.n_params, size.n_params)} times as many."))
        else:
            lines.append((f"Beside “{gpt.name}”", f"{times(size.n_params, gpt.n_params)} times as many."))
        lines.append(("Where the number stands", f"In {size.source}."))
        at = (math.log10(size.n_params) - SMALL) / (LARGE - SMALL)
        rows.append(
            Row(
                size.name,
                min(1.0, max(0.0, at)),
                short(size.n_params),
                size.here,
                Card(size.name, tuple(lines), _door(page_of_size(size))),
            )
        )
    return rows


def reading_size() -> str:
    """What the picture of sizes shows."""
    gpt, gpt2, largest = ours(), all_sizes()[GPT2], list(all_sizes().values())[-1]
    here = [size for size in all_sizes().values() if size.here]
    return (
        f"Each step of the axis is a hundred times more. The {len(here)} networks of this playground (full dots) have "
        f"{here[0].n_params:,} to {here[-1].n_params:,} parameters; the one that the pages open with has "
        f"{gpt.n_params:,}. {times(gpt2.n_params, gpt.n_params)} of it would make one GPT-2 small, "
        f"{times(largest.n_params, gpt.n_params)} one {largest.name.split(',')[0]}. Of many closed models of today "
        "(GPT-4, Claude, Gemini) the number is not published, so they are not in the picture. Models that count have "
        "no parameters of this kind: they keep their counts."
    )


OPTIONS = ["About 10", "About 100", "About 1,000", "About 10,000"]


def answer() -> int:
    """Which of the options comes nearest, on a log axis."""
    power = math.log10(all_sizes()[GPT2].n_params / ours().n_params)
    return min(range(len(OPTIONS)), key=lambda i: abs(power - (i + 1)))


# ---- further, code, numbers -----------------------------------------------------------------------------------------

INPUTS = (
    "**Other inputs.** A language model reads indices or vectors; nothing says that they must come from text. A "
    "picture is cut into small squares, and each square becomes a vector, or the index of the nearest entry in a "
    "learnt table. Sound becomes indices by a codec that has such a table for every few hundredths of a second. From "
    "there on all is as on these pages: a sequence, attention, a next token. A model that takes text, pictures and "
    "sounds in one sequence is called multimodal. No lesson here runs one yet."
)


def where_from() -> str:
    """How the parameters of a GPT are counted, with two examples that come out."""
    small = gpt_params(12, 768, 50257, 1024)
    large = 12 * 96 * 12288**2
    return (
        "**Where the parameters are.** A block of width C holds 12 C² weights: 4 C² in attention (queries, keys, "
        "values and what puts the heads together), 8 C² in its MLP. GPT-2 small has 12 blocks of width 768, its two "
        f"tables of embeddings, biases and norms: {small:,} parameters, of which 12 × 12 × 768² = "
        f"{12 * 12 * 768**2:,} are those weights. GPT-3 has 96 blocks of width 12,288: {large:,}, nearly all of its "
        "175 billion."
    )


def script(part: str) -> str:
    """A script that prints what is drawn."""
    if part == "time":
        return """
from lmcore.history import BY_ID, SYSTEMS

for system in SYSTEMS:
    print(system.year, system.name, "<-", ", ".join(BY_ID[id].name for id in system.after) or "nothing here")
    print("    ", system.paper)
"""
    return f"""
from lmcore.history import sizes

found = {{size.id: size for size in sizes()}}
for size in found.values():
    print(f"{{size.n_params:>15,}}", size.name, "(here)" if size.here else f"({{size.source}})")
ratio = found[{GPT2!r}].n_params / found[{models.DEFAULT!r}].n_params
print(f"GPT-2 small holds {{ratio:.3g}} of our GPT")
"""


def table(part: str) -> pd.DataFrame:
    """What is drawn, as a table."""
    if part == "time":
        return pd.DataFrame(
            [
                (one.year, one.name, one.idea, one.paper, _list([BY_ID[id].name for id in one.after] or ["—"]),
                 LESSONS[page_of(one)].title if page_of(one) else "—")
                for one in SYSTEMS
            ],
            columns=["year", "system", "idea", "paper", "stands on", "page"],
        )  # fmt: skip
    return pd.DataFrame(
        [(one.name, one.n_params, "yes" if one.here else "no", one.source) for one in all_sizes().values()],
        columns=["model", "parameters", "runs here", "source"],
    )
