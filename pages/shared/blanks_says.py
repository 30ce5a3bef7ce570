"""Fill in the blanks, in words: what stands under the stage, the script, the table, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lmcore import measured
from lmcore.blanks import SHARES
from pages.shared import lesson, models
from pages.shared.blanks import NAMES
from pages.shared.blanks_here import DENOISER, KINDS, MASKED, Answer, Here, load

WHERE = {
    "all": "all blanks",
    "later": "the hidden word stands again, but only later",
    "before": "the hidden word stands before the blank too",
    "nowhere": "the hidden word stands nowhere else",
}


def reading(here: Here, answers: dict[str, Answer]) -> str:
    """What the picture says, with this passage's numbers."""
    if not answers:
        return "Nothing is hidden, so there is nothing to say. Click a word of the passage to hide it."
    b = here.blank
    word = here.words[here.at]
    hidden = lesson.chip(word)
    if here.at in here.unknown:
        return f"The hidden word is {hidden}. It is not in the models' vocabulary, so none of them can ever say it."
    masked, left, denoiser = (answers[kind].of_truth(b) for kind in KINDS)
    after = [i for i, other in enumerate(here.words) if other == word and i > here.at and i not in here.places]
    why = (
        f" {hidden} stands again later in the passage, at word {after[0] + 1}: who may look there can copy it."
        if after
        else ""
    )
    before = here.at - b
    n, right = len(here.places), sum(answers["masked"].rank(i) == 1 for i in range(len(here.places)))
    return (
        f"The hidden word is {hidden}. The masked model, which sees both sides, gives it {lesson.percent(masked)}; the "
        f"GPT, which has read only the {before} {'word' if before == 1 else 'words'} before it, "
        f"{lesson.percent(left)}; the denoiser {lesson.percent(denoiser)}.{why} Of {n} "
        f"{'blank' if n == 1 else 'blanks'} the masked model's "
        f"first choice is the hidden word in {right}."
    )


def further(here: Here) -> None:
    """How the three were asked, and what was decided in training."""
    st.markdown(
        "**Asked fairly.** No model is told a hidden word. The GPT and the denoiser's writer reach a blank with what "
        "was written before it; where an earlier blank was, stands the word that they took for it. The masked model "
        "answers all blanks at once, and none of its answers knows the others.\n\n"
        f"**Trained.** The masked model (Devlin et al., BERT, 2019) had between {100 * SHARES[0]:.0f} and "
        f"{100 * SHARES[1]:.0f} words in 100 hidden and was asked for these only. BERT leaves some of them as "
        "they are, or puts a random word, since it is fine-tuned on texts without masks later; here masks are all it "
        "is for, so every hidden word became one. The denoiser (Lewis et al., BART, 2020) read the same broken "
        "passages, with neighbouring blanks as *one* mask, and wrote the whole passage anew.\n\n"
        "**What neither can do.** A masked model has no order in which to write, so it writes no stories. A GPT cannot "
        "look ahead. The denoiser does both halves and pays for it: it must write every word to fill one blank."
    )


def restored(here: Here) -> None:
    """The passage as the denoiser writes it."""
    if not here.places:
        st.caption("Nothing is hidden: the denoiser has nothing to restore.")
        return
    written = here.restored
    loaded = load(DENOISER)
    whole = loaded.tokenizer.decode(list(here.ids(loaded)))
    st.markdown(
        "The denoiser does not only answer: from the broken passage it writes all of it anew, word by word, until its "
        "end token. Neighbouring blanks are one mask, so it decides itself how many words were lost."
    )
    st.text(written)
    if written == whole:
        st.caption("This is the passage to the letter.")
    else:
        st.caption("This is not the passage to the letter. What it made of your blanks may be good all the same.")


def quality(rows: Sequence[dict[str, Any]]) -> None:
    """Whose likeliest word is the hidden one, by where else that word stands."""
    st.dataframe(
        pd.DataFrame([_row(row) for row in rows]), hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(f"{name}, %", format="%.0f")
            for name in (*NAMES.values(), "Commonest word")
        },
    )  # fmt: skip


def _row(row: dict[str, Any]) -> dict[str, Any]:
    n = max(1, row["n"])
    shares = {NAMES[kind]: 100 * row[kind] / n for kind in KINDS}
    return {"blanks": WHERE[row["where"]], "how many": row["n"], **shares, "Commonest word": 100 * row["commonest"] / n}


def later() -> str:
    """A sentence with the row that the lesson is about."""
    rows = {row["where"]: row for row in measured.read("blanks")["rows"]}
    row = rows["later"]
    shares = {kind: f"{100 * row[kind] / max(1, row['n']):.0f}" for kind in KINDS}
    return (
        f"Where the hidden word stands again, but only later, the masked model's first choice is right in "
        f"{shares['masked']} of 100, the denoiser's in {shares['denoiser']}, and the GPT's in {shares['left']}."
    )


def code(here: Here) -> tuple[list[str], str]:
    """(the source behind the picture, a script that computes it)."""
    sources = [
        "lmcore.models.masked:Masked.forward",
        "lmcore.probes.blanks:by_masked",
        "lmcore.probes.blanks:from_left",
        "lmcore.probes.blanks:by_denoiser",
        "lmcore.blanks:infilled",
    ]
    script = f"""\
import numpy as np

from lmcore import checkpoints
from lmcore.probes import blanks
from lmcore.tokenizers.word import split

words = split({here.text!r})[:{len(here.words)}]
hidden = np.isin(np.arange(len(words)), {list(here.places)!r})
for name, ask in (
    ({MASKED!r}, blanks.by_masked),
    ({models.DEFAULT!r}, blanks.from_left),
    ({DENOISER!r}, blanks.by_denoiser),
):
    checkpoint = checkpoints.load(checkpoints.shipped()[name])
    tokenizer = checkpoint.tokenizer
    index = {{word: i for i, word in enumerate(tokenizer.itos)}}
    ids = np.array([index.get(word, tokenizer.unk_id) for word in words])
    for place, log_probs in zip(np.flatnonzero(hidden), ask(checkpoint.model, ids, hidden)):
        best = np.argsort(-log_probs, kind="stable")[:6]
        print(name, place, [(tokenizer.itos[i], round(float(np.exp(log_probs[i])), 4)) for i in best])
"""
    return sources, script


def table(here: Here, answers: dict[str, Answer]) -> pd.DataFrame:
    """A row for each of the words drawn."""
    rows: list[list[Any]] = []
    for b, place in enumerate(here.places):
        for kind in KINDS:
            answer = answers[kind]
            p = answer.p(b)
            best = (-p).argsort(kind="stable")[:6]
            rows += [[place, here.words[place], NAMES[kind], answer.itos[i], float(p[i])] for i in best]
    return pd.DataFrame(rows, columns=["blank", "hidden", "model", "word", "p"])
