"""Translator: pairs of one's own, checked as they are pasted, learnt by a worker, and kept as a model."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lmcore.corpora import pairs as reading
from lmcore.corpora.pairs import Pairs
from lmcore.jobs import JobStatus
from lmcore.training import translate
from pages.shared import lesson, live, own_lines, own_run, texts
from pages.shared.own_lines import OwnLines
from pages.shared.view import View

SLOT = "translator.own"
STEPS = [200, 500, 1000, 1500]
N_SHOWN = 4
FAMILIES = {"translator": "A transformer", "bahdanau": "A recurrent one"}

ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def numbers(n: int = 999, step: int = 3) -> str:
    """The example: whole numbers up to `n` and how they are said, a pair a line."""
    return "".join(f"{i}\t{_in_words(i)}\n" for i in range(1, n + 1, step))


def _in_words(i: int) -> str:
    ones = ("zero", *ONES.split())
    tens = ("", "", *TENS.split())
    if i < 20:
        return ones[i]
    if i < 100:
        return tens[i // 10] + (f" {ones[i % 10]}" if i % 10 else "")
    return f"{ones[i // 100]} hundred" + (f" {_in_words(i % 100)}" if i % 100 else "")


OWN = OwnLines(
    SLOT, "translate", reading.parse, reading.from_bytes,
    label="Your pairs", placeholder="good morning\tbonjour\ngood night\tbonne nuit",
    example="numbers in words", example_lines=numbers, go="Train on these pairs",
)  # fmt: skip


def section(view: View) -> None:
    """The box, what stands in it, the run, and its model."""
    st.markdown(
        f"Two columns: a sentence, then a tab, a semicolon or a comma, then its translation; a line a pair, at least "
        f"{reading.MIN_PAIRS}, better some hundred. Any two languages will do, or anything that can be written as one "
        "text for another."
    )
    found = own_lines.box(OWN, _settings)
    if found is not None:
        _read(found)
    own_lines.train_button(OWN, _spec)
    if (job := own_lines.shown_run(OWN)) is not None:
        live.follow(job, lambda now: _watch(view, now))


def _settings() -> None:
    """What to train and how long; at first as in the run whose lines stand in the box."""
    family, steps = "translator", 500
    if (job := own_lines.shown_run(OWN)) is not None:
        family, steps = job.spec["model"]["family"], job.spec["train"]["max_steps"]
    st.session_state.setdefault(f"{SLOT}.family", family)
    st.session_state.setdefault(f"{SLOT}.steps", steps if steps in STEPS else 500)
    st.selectbox("Model", list(FAMILIES), format_func=FAMILIES.__getitem__, key=f"{SLOT}.family")
    st.select_slider("Steps", STEPS, key=f"{SLOT}.steps")


def _spec(text: dict[str, str]) -> dict[str, Any]:
    """The run on pairs that the library keeps as `text`."""
    state = st.session_state
    return translate.make(text, state[f"{SLOT}.family"], seed=1, max_steps=state[f"{SLOT}.steps"])


def _read(found: Pairs) -> None:
    """Say what was read."""
    training, held_out = found.split()
    st.markdown(
        f"**{len(found.pairs):,} pairs**: {len(training):,} to learn from, {len(held_out):,} kept back. "
        + " ".join(lesson.plain(note) for note in found.notes)
    )
    for source, target in found.pairs[:N_SHOWN]:
        st.markdown(f"{lesson.named(source)} → {lesson.named(target)}")


def _watch(view: View, job: JobStatus) -> None:
    """The run as it stands."""
    run = live.of_job(job.job_id)
    family, title = FAMILIES[job.spec["model"]["family"]], texts.title_of(job.spec["corpus"], texts.own_titles())
    st.markdown(f"**{family} on {lesson.named(title)}.** {live.status_sentence(job, run)}")
    if job.max_steps:
        st.progress(min(1.0, job.step / job.max_steps))

    def use(id: str) -> None:
        if st.button(
            "Translate with it", icon=":material/translate:", key=f"{SLOT}.use", on_click=_use, args=(view, id, job)
        ):
            st.rerun()  # the whole page: the stage lies outside of what follows the run

    own_run.buttons(
        SLOT, job, title=f"{family} on {title}", use=use,
        note="Kept. It is in your library, and the list of models above has it now.",
    )  # fmt: skip
    vocab_size = int(run.start.get("config", {}).get("vocab_size", 0))
    if vocab_size:
        live.stage(run, vocab_size=vocab_size, max_steps=job.max_steps or 1, key=f"{SLOT}.{job.job_id}")
    if run.metrics.get("exact") is not None:
        metrics = run.metrics
        right = right_of(metrics["n_pairs"], metrics["exact"])
        st.markdown(f"{right} right to the letter; chrF {metrics['chrf']:.1f}, BLEU {metrics['bleu']:.1f}.")


def right_of(n: int, exact: float) -> str:
    """How many of n kept pairs come out right; one or two are not spoken of in percent."""
    if n == 1:
        return f"The one pair that was kept back **{'comes' if exact else 'does not come'}** out"
    right = round(n * exact)
    share = "" if n < 10 else f" ({lesson.percent(exact)})"
    return f"Of {n:,} pairs that were kept back **{right:,}**{share} come{'s' * (right == 1)} out"


def _use(view: View, id: str, job: JobStatus) -> None:
    """The stage with the kept model, and a sentence that it can read."""
    values: dict[str, Any] = {"model": id, "taken": (), "at": 0, "node": -1}
    samples = live.of_job(job.job_id).samples
    if samples:  # a sample is held-out sentences with what became of them
        values["text"] = samples[-1][1].split("\n")[0].split(" → ")[0]
    view.set(**values)
