"""Fine-tuning in words: what the pictures say, in this race's numbers, and what goes further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lmcore import measured as shipped
from pages.shared import finetuning, lesson
from pages.shared.finetuning import NAME, Learner

Rows = Sequence[Mapping[str, Any]]


def caught_up(rows: Rows) -> tuple[int, float]:
    """The first step at which the fine-tuned model is as good as the new one at its end, and that loss."""
    found = finetuning.learners(rows)
    goal = found["scratch"].second[-1]
    return next((step for step, loss in found["all"].losses("second") if loss <= goal), found["all"].steps[-1]), goal


def opening() -> str:
    """What is raced, in two sentences."""
    about = finetuning.texts_row(shipped.read(NAME)["rows"])
    return (
        f"A GPT that knows only Shakespeare, letter by letter, is trained on with little tales for {about['steps']} "
        f"steps, {about['chars_read']:,} letters in all. Beside it the same network begins with random weights and "
        "sees the same windows in the same order."
    )


def reading(rows: Rows, part: str, step: int, which: str) -> str:
    """What a part says; while a new race runs and numbers are missing, that they are."""
    found = finetuning.learners(rows)
    wanted = finetuning.NAMES if part == "ways" else ("scratch", "all")
    if part == "few":
        return _few(rows)
    if any(what not in found or not found[what].steps for what in wanted):
        return "The race is being run; its numbers come here as it goes."
    if part == "ways":
        return _ways_forgot(found) if which == "first" else _ways(found)
    return _forgotten(found) if which == "first" else _race(rows, found, step)


def _race(rows: Rows, found: Mapping[str, Learner], step: int) -> str:
    new, tuned = found["scratch"], found["all"]
    at, goal = caught_up(rows)
    now_new, now_tuned = _at(new.losses("second"), step), _at(tuned.losses("second"), step)
    return (
        f"At step {step} the fine-tuned model is at **{now_tuned:.2f}** nats a token on tales it has not seen, the new "
        f"one at **{now_new:.2f}**. {_lead(at, goal, tuned, new)} It need not learn again what letters, words and "
        "sentences are, only which ones come in tales."
    )


def _lead(at: int, goal: float, tuned: Learner, new: Learner) -> str:
    """How far ahead the trained model is."""
    if at == 0:
        return (
            f"Before its first step, when it had never met a tale, the trained one stood at **{tuned.second[0]:.2f}**: "
            f"better than the new one after all its {new.steps[-1]} steps ({goal:.2f})."
        )
    return f"What {new.steps[-1]} steps teach from scratch ({goal:.2f}), the trained one has reached by step **{at}**."


def _forgotten(found: Mapping[str, Learner]) -> str:
    tuned = found["all"].losses("first")
    if not tuned:
        return "The first text is not on this machine, so what is forgotten cannot be measured."
    early = next((point for point in tuned if point[0] >= 20), tuned[-1])
    last, gentler = found.get("last"), ""
    if last and last.first and last.first[-1] is not None:
        gentler = (
            f" With the last block alone it ends at {last.first[-1]:.2f}: what is frozen is not forgotten, but what "
            "comes after it may speak over it."
        )
    return (
        f"On Shakespeare that no model has seen, the fine-tuned model was at **{tuned[0][1]:.2f}** and is now at "
        f"**{tuned[-1][1]:.2f}**. Nothing told it to forget: the weights that tales pull at are the ones that held the "
        "plays. This is called catastrophic forgetting, and most of it happens in the first steps: "
        f"{early[1]:.2f} at step {early[0]}.{gentler}"
    )


def _ways(found: Mapping[str, Learner]) -> str:
    whole, lora, head = found["all"], found["lora"], found["head"]
    best = min((found[what] for what in ("last", "lora", "head")), key=lambda learner: learner.second[-1])
    names = {"last": "the last block, with the LayerNorm after it", "lora": "adapters of rank 4", "head": "the head"}
    return (
        f"All {whole.n_trained:,} numbers together reach **{whole.second[-1]:.2f}** on the new text. "
        f"Of the ways that leave most of the model alone the best here is {names[best.what]}: "
        f"**{best.second[-1]:.2f}** with {lesson.percent(best.n_trained / best.n_params)} of the numbers. Adapters "
        f"of rank 4 train {lora.n_trained:,} and reach {lora.second[-1]:.2f}. The head stops at "
        f"{head.second[-1]:.2f}: how letters become words lies in the blocks. It trains {_head(head.n_trained)}. All "
        f"of them beat the model from scratch, {found['scratch'].second[-1]:.2f}."
    )


def _head(n_trained: int) -> str:
    """What the numbers of the head are: a matrix, and the norm before it, a scale and a shift for each column."""
    vocab_size = int(finetuning.texts_row(shipped.read(NAME)["rows"])["vocab_size"])
    n_embd = n_trained // (vocab_size + 2)
    return (
        f"{n_trained:,} numbers: {vocab_size} × {n_embd} = {vocab_size * n_embd:,} that score the tokens, which are "
        f"also the embeddings, and {2 * n_embd} of the last LayerNorm"
    )


def _ways_forgot(found: Mapping[str, Learner]) -> str:
    """The same ways, asked about the first text."""
    ends = {what: learner.losses("first") for what, learner in found.items()}
    if not ends["all"]:
        return "The first text is not on this machine, so what is forgotten cannot be measured."
    tuned = [what for what in ("all", "last", "lora", "head") if ends[what]]
    least = min(tuned, key=lambda what: ends[what][-1][1])
    listed = ", ".join(f"{finetuning.SHORT[what]} {ends[what][-1][1]:.2f}" for what in tuned if what != "all")
    fewest = min(tuned, key=lambda what: found[what].n_trained)
    moral = "" if least == fewest else f" The fewest numbers are trained by another, the {finetuning.SHORT[fewest]}."
    new = (
        f" From scratch, where Shakespeare was never met, it is {ends['scratch'][-1][1]:.2f}."
        if ends["scratch"]
        else ""
    )
    return (
        f"On Shakespeare that no model has seen, the trained model began at **{ends['all'][0][1]:.2f}**. All four "
        f"forget: with everything trained it ends at **{ends['all'][-1][1]:.2f}**, {listed}. The least is forgotten by "
        f"{finetuning.SHORT[least] if least != 'all' else 'training everything'}.{moral}{new}"
    )


def _few(rows: Rows) -> str:
    new, tuned = finetuning.few_points(rows, "scratch"), finetuning.few_points(rows, "all")
    if len(new) < len(finetuning.SIZES) or len(tuned) < len(new):
        return "The race is being run; its numbers come here as it goes."
    enough = next((chars for chars, loss, _ in tuned if loss <= new[-1][1]), None)
    before = next((row["second"] for row in rows if row["about"] == "loss" and row["what"] == "all"), None)
    beats = (
        f"Before it has seen one of them it stands at {before:.2f}: in so few steps the new one does not get there "
        f"with {new[-1][0]:,} ({new[-1][1]:.2f})."
        if before is not None and before <= new[-1][1]
        else f"As good as the new model with {new[-1][0]:,} characters is the fine-tuned one with **{enough:,}**."
        if enough
        else f"The new model with {new[-1][0]:,} characters is not reached."
    )
    return (
        f"With {tuned[0][0]:,} characters, about a page, the fine-tuned model reaches **{tuned[0][1]:.2f}** and the "
        f"new one **{new[0][1]:.2f}**. {beats} This is why fine-tuning is what people do: the first text was large and "
        "is paid for once, and the second may be small."
    )


def _at(points: Sequence[tuple[int, float]], step: int) -> float:
    """The loss at the last measured moment that is not after this step."""
    return next(loss for at, loss in reversed(points) if at <= step)


SOON = 20  # steps: the question asks how much is forgotten by then


def predict(page: str, part: str, which: str) -> None:
    """One question, answered by the race that came with the project, and never by the words above it."""
    rows = shipped.read(NAME)["rows"]
    if part in ("race", "ways") and which == "first":
        _predict_from_a_page(page, rows)
    else:
        _predict_forgetting(page, rows)


def _predict_forgetting(page: str, rows: Rows) -> None:
    first, steps = finetuning.learners(rows)["all"].losses("first"), finetuning.texts_row(rows)["steps"]
    before, soon, end = first[0][1], _at(first, SOON), first[-1][1]
    share = (soon - before) / (end - before)
    lesson.predict(
        page,
        f"In {steps} steps on tales the trained model gets worse at Shakespeare. How much of that happens in the "
        f"first {SOON} steps?",
        [f"About a tenth: {SOON} of {steps} steps", "About a third", "More than half"],
        0 if share < 0.2 else 1 if share < 0.5 else 2,
        f"It stands at {before:.2f} nats a token before, at {soon:.2f} after {SOON} steps and at {end:.2f} after "
        f"{steps}: {lesson.percent(share)} of what is lost is lost by then. "
        "The weights that tales pull at are the ones that held the plays. “Loss on: The first text” draws it.",
    )


def _predict_from_a_page(page: str, rows: Rows) -> None:
    new, tuned = finetuning.few_points(rows, "scratch")[-1], finetuning.few_points(rows, "all")[0]
    ahead = new[1] - tuned[1]
    lesson.predict(
        f"{page}.few",
        f"The trained model gets {tuned[0]:,} characters of tales, about a page. The same network from scratch gets "
        f"{new[0]:,}. Which is better on tales that neither has seen?",
        ["The one from scratch: it has read far more tales", "They are about equal", "The trained one"],
        1 if abs(ahead) < 0.1 else 2 if ahead > 0 else 0,
        f"With a page the trained one reaches {tuned[1]:.2f} nats a token, the one from scratch {new[1]:.2f}. Letters, "
        "words and sentences are the same in both texts, and those are most of the work. “Few examples” draws it.",
    )


def further() -> None:
    """The formula of adapters, the tied head, forgetting, and where it was read."""
    st.markdown("**Adapters (LoRA).** A trained matrix stays; a thin product learns what to add to it:")
    st.latex(r"y = W x + b + \frac{\alpha}{r}\, B A\, x")
    st.markdown(
        "$W$ is the frozen matrix (out × in), $A$ ($r$ × in) begins random and $B$ (out × $r$) with zeros, so that at "
        "first nothing is changed; $r$ is the rank, 4 here, and $\\alpha = 16$. At the end $B A$ is added to $W$, and "
        "the result is a plain GPT again: that is how it is kept here. For a model of billions of numbers it means "
        "that one large file serves many uses, each with a small one beside it."
    )
    st.markdown(
        "**The head.** In this GPT the matrix that scores tokens at the end is the table of embeddings at the "
        "beginning, so whoever trains the head trains both. The norm before it learns along."
    )
    st.markdown(
        "**Against forgetting** people mix some of the first text into the second, take smaller steps, or freeze more. "
        "The learning rates here were the best of a few tried for each way; smaller ones forget less and learn less."
    )
    st.caption(
        "Hu et al., “LoRA: Low-Rank Adaptation of Large Language Models” (2021); Howard and Ruder, “Universal Language "
        "Model Fine-tuning for Text Classification” (2018); McCloskey and Cohen, “Catastrophic interference in "
        "connectionist networks” (1989)."
    )
