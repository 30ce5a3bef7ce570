"""The troubles of counting on a page: what a worker measures on the chosen text (lmcore.probes.troubles), drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from lmcore.corpora import Corpus
from lmcore.figures.ngrams import bars, perplexity_curves
from lmcore.jobs import JobStatus
from lmcore.training import spec as specs
from pages.shared import lesson, services, work

Rows = list[dict[str, Any]]

QUIET = {"displayModeBar": False}
TITLES = {
    "mle": "Maximum likelihood",
    "add-k": "Add k",
    "witten-bell": "Witten-Bell",
    "jelinek-mercer": "Jelinek-Mercer (interpolation)",
    "absolute-discounting": "Absolute discounting",
    "kneser-ney": "Kneser-Ney",
    "modified-kneser-ney": "Modified Kneser-Ney",
    "stupid-backoff": "Stupid backoff (no distribution)",
}


def rows_of(job_id: str) -> dict[str, Rows]:
    """What was measured so far, by table."""
    found: dict[str, Rows] = {}
    for event in services.runner().events(job_id):
        if event.kind == "row":
            found.setdefault(event.payload["about"], []).append(event.payload)
    return found


def section(page: str, corpus: Corpus, kind: str, smoothing: str) -> None:
    """An expander that sends the measuring to a worker when it is opened."""
    outer = st.expander(
        "Four troubles, measured on this text", icon=":material/query_stats:", key=f"{page}.troubles", on_change="rerun"
    )
    if not outer.open:
        return
    with outer:
        spec = {"task": "count-report", "corpus": specs.named(corpus), "tokenizer": kind}
        job = work.wanted(spec, f"{page}.report")
        if job is not None:
            work.watch(job, f"{page}.report", lambda now: _draw(page, now, smoothing, kind))


def _draw(page: str, job: JobStatus, smoothing: str, kind: str) -> None:
    rows = rows_of(job.job_id)
    if "text" not in rows:
        st.caption(work.said(job))
        return
    text = rows["text"][0]
    st.caption(
        f"Counted on the first {text['tokens']:,} tokens, judged on the last {text['held_out']:,}, which the counts "
        f"have never seen.{'' if not job.active else ' More is coming.'}"
    )
    names = [*TROUBLES, "What helps"]
    shown = st.segmented_control(
        "Trouble", names, default=names[0], key=f"{page}.trouble", label_visibility="collapsed", required=True
    )
    if shown == "What helps":
        _helps(page, rows, smoothing)
    elif shown == "Unknown words" and kind != "word":
        st.markdown("Letters are few: a text has nearly all of them. Cut it into words, and this trouble appears.")
    else:
        about, measure = TROUBLES[shown]
        if about in rows:
            _bars(page, measure(rows[about]))


@dataclass(frozen=True)
class Measured:
    """A trouble on one text: what it says, and a bar a row."""

    said: str
    names: list[str]
    values: list[float]
    texts: list[str]
    unit: str
    """What the bars are."""


def _bars(page: str, found: Measured) -> None:
    """The sentence, the bars and their table."""
    st.markdown(found.said)
    figure = bars(found.names, found.values, found.texts, theme=lesson.theme(), title=found.unit)
    st.plotly_chart(figure, key=f"{page}.measured", config=QUIET)
    table = pd.DataFrame({"": found.names, found.unit: found.values, "in words": found.texts})
    st.dataframe(table, hide_index=True, key=f"{page}.measured-table")


def _sparsity(rows: Rows) -> Measured:
    last = rows[-1]
    return Measured(
        f"Of {_power(last['possible'])} possible {last['order']}-grams the text holds {last['seen']:,}, and "
        f"{last['once'] / max(1, last['seen']):.0%} of these only once. Of the held-out ones "
        f"**{last['never_seen']:.0%} were never seen**: counting alone gives each of them the probability 0.",
        [f"order {row['order']}" for row in rows],
        [row["never_seen"] for row in rows],
        [f"{row['never_seen']:.1%} never seen · {row['seen']:,} of {_power(row['possible'])}" for row in rows],
        "share of held-out n-grams that were never seen",
    )


def _sight(rows: Rows) -> Measured:
    longest, far = rows[0]["longest"], rows[0]["only_far"]
    return Measured(
        f"**{far:.0%} of the held-out tokens stand a little further back too**, 5 to 50 tokens before, and not among "
        "the last 4: a reader remembers them, and no model here can see them. "
        f"Of the last 4 tokens before each, {longest[-1]:.0%} had been seen in a row; the others are read by fewer.",
        [f"{length} tokens" if length != 1 else "1 token" for length in range(len(longest))],
        longest,
        [f"{share:.1%}" for share in longest],
        "share of held-out tokens by the longest context that was ever seen",
    )


def _size(rows: Rows) -> Measured:
    first, last = rows[0], rows[-1]
    return Measured(
        f"Order 1 needs {_bytes(first['bytes'])}; order {last['order']} needs **{_bytes(last['bytes'])}**, "
        f"{last['bytes'] / max(1, first['bytes']):,.0f} times as much, to remember {last['seen']:,} n-grams, "
        f"{last['once'] / max(1, last['seen']):.0%} of them seen once.",
        [f"order {row['order']}" for row in rows],
        [row["bytes"] for row in rows],
        [f"{_bytes(row['bytes'])} · {row['seen']:,} n-grams" for row in rows],
        "bytes of the table",
    )


def _unknown(rows: Rows) -> Measured:
    first, last = rows[0], rows[-1]
    return Measured(
        f"A closed vocabulary of every word seen has {first['V']:,} tokens, and still **{first['unknown']:.1%} of the "
        f"held-out words are not in it**. Read every word seen fewer than {last['min_count']} times as "
        f"{lesson.chip('<unk>')}, and {last['V']:,} are left, {last['unknown']:.1%} unknown. The perplexity (order 3, "
        "modified Kneser-Ney) then looks better, and is not: guessing that some rare word comes is easier than "
        "guessing which.",
        [f"seen {row['min_count']}× or more" for row in rows],
        [row["unknown"] for row in rows],
        [f"{row['unknown']:.1%} unknown · V = {row['V']:,} · perplexity {_number(row['perplexity'])}" for row in rows],
        "share of held-out words that are unknown",
    )


TROUBLES: dict[str, tuple[str, Callable[[Rows], Measured]]] = {  # title -> (which rows it reads, what it makes of them)
    "Sparsity": ("sparsity", _sparsity),
    "Short sight": ("sight", _sight),
    "Size": ("sparsity", _size),
    "Unknown words": ("unknown", _unknown),
}


def _helps(page: str, rows: dict[str, Rows], smoothing: str) -> None:
    """The perplexity of every order and smoothing, on the text itself and on what was held out."""
    found = rows.get("prediction", [])
    if not found:
        return
    held_out: dict[str, dict[int, float | None]] = {}
    train: dict[str, dict[int, float | None]] = {}
    for row in found:
        held_out.setdefault(TITLES[row["smoothing"]], {})[row["order"]] = row["held_out"]
        train.setdefault(TITLES[row["smoothing"]], {})[row["order"]] = row["train"]
    fair = [row for row in found if row["held_out"] is not None and row["smoothing"] != "stupid-backoff"]
    best = min(fair, key=lambda row: row["held_out"], default=None)
    if best is not None:
        st.markdown(
            f"Best on held-out text so far: **{TITLES[best['smoothing']]}, order {best['order']}**, perplexity "
            f"{best['held_out']:,.4g}. On its own text a high order looks better than it is: that is memory, not "
            "understanding. Add k is read with k = 0.01. Stupid backoff does not sum to 1, so its number is no "
            "perplexity and cannot be compared."
        )
    figure = perplexity_curves(held_out, train, TITLES[smoothing], theme=lesson.theme())
    st.plotly_chart(figure, key=f"{page}.helps", config=QUIET)
    table = pd.DataFrame(
        {
            "smoothing": [TITLES[row["smoothing"]] for row in found],
            "order": [row["order"] for row in found],
            "held-out perplexity": [_number(row["held_out"]) for row in found],
            "on its own text": [_number(row["train"]) for row in found],
        }
    )
    st.dataframe(table, hide_index=True)


def _number(value: float | None) -> str:
    return "∞" if value is None else f"{value:,.4g}"


def _power(value: float) -> str:
    """A number of possibilities: 677,329 or 2.2 · 10¹²."""
    if value < 1e7:
        return f"{value:,.0f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} · 10" + str(int(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _bytes(value: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:,.3g} {unit}"
        value /= 1000
    return f"{value:,.3g} GB"
