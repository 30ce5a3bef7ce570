"""The troubles of counting on a page: what a worker measures on the chosen text (lmcore.probes.troubles), drawn."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from lmcore.corpora import Corpus
from lmcore.figures.ngrams import bars, perplexity_curves
from lmcore.jobs import JobStatus
from pages.shared import lesson, services, work

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


def rows_of(job_id: str) -> dict[str, list[dict[str, Any]]]:
    """What was measured so far, by table."""
    found: dict[str, list[dict[str, Any]]] = {}
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
        spec = {"task": "count-report", "corpus": work.named(corpus), "tokenizer": kind}
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
    names = ["Sparsity", "Short sight", "Size", "Unknown words", "What helps"]
    shown = st.segmented_control(
        "Trouble", names, default=names[0], key=f"{page}.trouble", label_visibility="collapsed", required=True
    )
    draw = {"Sparsity": _sparsity, "Short sight": _sight, "Size": _size, "Unknown words": _unknown}
    if shown == "What helps":
        _helps(page, rows, smoothing)
    else:
        draw[shown](page, rows, kind)


def _sparsity(page: str, rows: dict[str, list[dict[str, Any]]], kind: str) -> None:
    found = rows.get("sparsity", [])
    if not found:
        return
    last = found[-1]
    st.markdown(
        f"Of {_power(last['possible'])} possible {last['order']}-grams the text holds {last['seen']:,}, and "
        f"{last['once'] / max(1, last['seen']):.0%} of these only once. Of the held-out ones "
        f"**{last['never_seen']:.0%} were never seen**: counting alone gives each of them the probability 0."
    )
    figure = bars(
        [f"order {row['order']}" for row in found],
        [row["never_seen"] for row in found],
        [f"{row['never_seen']:.1%} never seen · {row['seen']:,} of {_power(row['possible'])}" for row in found],
        theme=lesson.theme(), title="share of held-out n-grams that were never seen",
    )  # fmt: skip
    st.plotly_chart(figure, key=f"{page}.sparsity", config=QUIET)
    st.dataframe(pd.DataFrame(found)[["order", "possible", "seen", "once", "never_seen"]], hide_index=True)


def _sight(page: str, rows: dict[str, list[dict[str, Any]]], kind: str) -> None:
    found = rows.get("sight", [])
    if not found:
        return
    longest, far = found[0]["longest"], found[0]["only_far"]
    st.markdown(
        f"**{far:.0%} of the held-out tokens stand a little further back too**, 5 to 50 tokens before, and not among "
        "the last 4: a reader remembers them, and no model here can see them. "
        f"And even four tokens are often too many: only {longest[-1]:.0%} of the contexts of four were ever seen."
    )
    figure = bars(
        [f"{length} tokens" if length != 1 else "1 token" for length in range(len(longest))],
        longest, [f"{share:.1%}" for share in longest],
        theme=lesson.theme(), title="share of held-out tokens by the longest context that was ever seen",
    )  # fmt: skip
    st.plotly_chart(figure, key=f"{page}.sight", config=QUIET)


def _size(page: str, rows: dict[str, list[dict[str, Any]]], kind: str) -> None:
    found = rows.get("sparsity", [])
    if not found:
        return
    st.markdown(
        f"Order 1 needs {_bytes(found[0]['bytes'])}; order {found[-1]['order']} needs "
        f"**{_bytes(found[-1]['bytes'])}**, {found[-1]['bytes'] / max(1, found[0]['bytes']):,.0f} times as much, "
        "to remember what it has mostly seen once."
    )
    figure = bars(
        [f"order {row['order']}" for row in found],
        [row["bytes"] for row in found],
        [f"{_bytes(row['bytes'])} · {row['seen']:,} n-grams" for row in found],
        theme=lesson.theme(), title="bytes of the table",
    )  # fmt: skip
    st.plotly_chart(figure, key=f"{page}.size", config=QUIET)


def _unknown(page: str, rows: dict[str, list[dict[str, Any]]], kind: str) -> None:
    if kind != "word":
        st.markdown("Letters are few: a text has nearly all of them. Cut it into words, and this trouble appears.")
        return
    found = rows.get("unknown", [])
    if not found:
        return
    first, last = found[0], found[-1]
    st.markdown(
        f"A closed vocabulary of every word seen has {first['V']:,} tokens, and still **{first['unknown']:.1%} of the "
        f"held-out words are not in it**. Read every word seen fewer than {last['min_count']} times as "
        f"{lesson.chip('<unk>')}, and {last['V']:,} are left, {last['unknown']:.1%} unknown. The perplexity (order 3, "
        "modified Kneser-Ney) then looks better, and is not: guessing that some rare word comes is easier than "
        "guessing which."
    )
    figure = bars(
        [f"seen {row['min_count']}× or more" for row in found],
        [row["unknown"] for row in found],
        [f"{row['unknown']:.1%} unknown · V = {row['V']:,} · perplexity {_number(row['perplexity'])}" for row in found],
        theme=lesson.theme(), title="share of held-out words that are unknown",
    )  # fmt: skip
    st.plotly_chart(figure, key=f"{page}.unknown", config=QUIET)


def _helps(page: str, rows: dict[str, list[dict[str, Any]]], smoothing: str) -> None:
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
            f"{best['held_out']:,.4g}. On its own text a higher order is always better: that is memory, not "
            "understanding. Stupid backoff does not sum to 1, so its number is no perplexity and cannot be compared."
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
