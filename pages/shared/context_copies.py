"""Context, third part: a passage that comes twice, and what the model does better the second time."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lmcore import corpora
from lmcore.corpora import CorpusError, tales
from lmcore.figures.context import Axis, Line, Mark, lines
from lmcore.models.base import LanguageModel
from lmcore.probes import context_length, in_context
from lmcore.probes.in_context import Copies
from pages.shared import lesson, scripts, scrubber
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.view import View

QUIET = {"displayModeBar": False}
KINDS = {"echo": "Random words, as in its text", "random": "Random tokens", "text": "Held-out text"}
ECHO = 8  # words, as many as the longest echo in the tales
Texts = tuple[tuple[tuple[int, ...], ...], tuple[int, ...], tuple[int, ...]]  # passages, before, between


def kinds(loaded: Loaded) -> list[str]:
    """Which passages this model can be given; none when two do not fit into its window."""
    return [kind for kind in KINDS if passages(loaded, kind) is not None]


def pick_kind(view: View, found: Sequence[str]) -> str:
    """What is repeated."""
    if not found:
        return ""
    if view["kind"] not in found:
        view.set(kind=found[0])
    st.selectbox("What comes twice", found, format_func=KINDS.__getitem__, key=view.key("kind"))
    return str(view["kind"])


def passages(loaded: Loaded, kind: str) -> Texts | None:
    """The passages of a kind for this model, what stands before the first copy and what between the two."""
    on = loaded.card.get("corpus", {}).get("name", "")
    window = loaded.model.block_size
    vocabulary = _vocabulary(loaded.hash, Unhashed(loaded.tokenizer))
    return _passages(on, kind, window or 0, vocabulary, Unhashed(loaded.tokenizer))


@functools.lru_cache(maxsize=256)
def _vocabulary(content: str, hidden: Unhashed) -> str:
    """What tells a tokenizer from others; every snapshot of a model has the same."""
    return str(hidden.value.to_json())


@functools.lru_cache(maxsize=64)
def _passages(on: str, kind: str, window: int, vocabulary: str, hidden: Unhashed) -> Texts | None:
    tokenizer = hidden.value
    before: list[int] = []
    between: list[int] = []
    try:
        if kind == "echo":
            if not on.startswith("tales") or tokenizer.kind != "word":
                return None
            before, between = tokenizer.encode("echo: "), tokenizer.encode("\n")
            words = [token for word in tales.vocabulary_of_echoes() for token in tokenizer.encode(word)]
            words = [token for token in words if token != tokenizer.unk_id]
            n = min(ECHO, in_context.passage_length(window or None, len(before) + len(between)))
            found = in_context.random_passages(sorted(set(words)), n)
        elif kind == "random":
            found = in_context.random_passages(
                in_context.drawable(tokenizer), in_context.passage_length(window or None)
            )
        else:
            if on not in corpora.CATALOG:
                return None
            ids = tokenizer.encode(context_length.held_out(on)[:20_000])
            found = in_context.text_passages(ids, in_context.passage_length(window or None))
    except (CorpusError, ValueError):
        return None
    return tuple(map(tuple, found)), tuple(before), tuple(between)


def copies(loaded: Loaded, kind: str) -> Copies:
    """The losses of a model on the passages of a kind."""
    texts = passages(loaded, kind)
    if texts is None:
        raise ValueError("this model cannot be given such passages")
    return _copies(loaded.hash, texts, Unhashed(loaded.model))


@functools.lru_cache(maxsize=256)
def _copies(content: str, texts: Texts, hidden: Unhashed) -> Copies:
    model: LanguageModel = hidden.value
    return in_context.copies(model, *texts)


def through_training(finished: Loaded, kind: str) -> list[tuple[int, Copies]]:
    """(step, losses) for every step whose weights were kept; the last is the finished model."""
    kept = scrubber.steps(finished)
    found = [(step, copies(scrubber.at(finished, step), kind)) for step in kept[:-1]]
    return [*found, (kept[-1] if kept else 0, copies(finished, kind))]


def section(view: View, finished: Loaded, loaded: Loaded, kind: str) -> None:
    """Loss on both copies against the training step, and place by place at the picked one."""
    if not kind:
        st.caption("This model's window is too short for a passage and its copy.")
        return
    theme, found = lesson.theme(), copies(loaded, kind)
    runs = through_training(finished, kind)
    step = runs[-1][0] if view["step"] == scrubber.LAST else view["step"]
    guess, n = math.log(loaded.model.vocab_size), found.first.shape[1]
    left, right = st.columns(2)
    hues = (("1st copy", theme.quiet, "dot"), ("2nd copy", theme.attention, "solid"))
    with left:
        st.markdown(f"**Place by place**, at step {step:,}")
        xs = list(range(1, n + 1))
        drawn = []
        for (name, color, dash), losses in zip(hues, (found.first, found.second), strict=True):
            mean, error = losses.mean(axis=0), losses.std(axis=0, ddof=1) / math.sqrt(len(losses))
            says = [f"{name}, place {i}<br>{m:.2f} ± {e:.2f} nats" for i, m, e in zip(xs, mean, error, strict=True)]
            drawn.append(Line(name, xs, mean.tolist(), color, dash, [(e, e) for e in error.tolist()], says))
        top = max(guess, *(y for line in drawn for y in line.ys)) * 1.15
        figure = lines(
            drawn, Axis("place in the passage", 0.5, n + 0.5), Axis("loss, nats a token", 0, top),
            [Mark(f"guessing {guess:.2f}", y=guess)], theme=theme, height=360,
        )  # fmt: skip
        st.plotly_chart(figure, key=f"{view.page}.places", config=QUIET)
    with right:
        st.markdown("**Through training**, both copies as a whole")
        if len(runs) < 2:
            st.caption("Of this model only the end was kept.")
        else:
            _training(view, runs, step, guess, top, hues)
    _as_text(loaded, found, passages(loaded, kind))


def _training(
    view: View, runs: Sequence[tuple[int, Copies]], step: int, guess: float, top: float,
    hues: Sequence[tuple[str, str, str]],
) -> None:  # fmt: skip
    xs = [at + 1 for at, _ in runs]
    drawn = []
    for i, (name, color, dash) in enumerate(hues):
        ys, errors = [run.means[i] for _, run in runs], [run.errors[i] for _, run in runs]
        says = [
            f"{name}, step {at:,}<br>{y:.2f} ± {e:.2f} nats" for (at, _), y, e in zip(runs, ys, errors, strict=True)
        ]
        drawn.append(Line(name, xs, ys, color, dash, [(e, e) for e in errors], says))
    top = max(top, *(y for line in drawn for y in line.ys))
    figure = lines(
        drawn, Axis("training step", 0.8, max(xs) * 1.15, True), Axis("loss, nats a token", 0, top),
        [Mark(f"guessing {guess:.2f}", y=guess), Mark(f"step {step:,}", x=step + 1)],
        theme=lesson.theme(), height=360,
    )  # fmt: skip
    ticks = [0, *(10**k for k in range(9) if 10**k <= max(xs))]
    figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext = [t + 1 for t in ticks], [f"{t:,}" for t in ticks]
    st.plotly_chart(figure, key=f"{view.page}.copies", config=QUIET)


def _as_text(loaded: Loaded, found: Copies, texts: Texts | None) -> None:
    if texts is None:
        return
    before, between = texts[1], texts[2]
    shown = loaded.tokenizer.decode([*before, *found.passages[0], *between, *found.passages[0]])
    st.markdown(f"One of the {len(found.passages)} passages, with its copy: {lesson.chip(shown)}")
    st.caption(
        f"A passage has {found.first.shape[1]} tokens. Nothing but the first copy can tell what comes in the second. A "
        "bar is one standard error up and down, over the passages; the first token of each copy is left out of the "
        "means, for nothing says that a copy begins."
    )


def reading(finished: Loaded, loaded: Loaded, kind: str) -> str:
    """What the two copies say, in their own numbers."""
    if not kind:
        return "A passage that comes twice must fit twice into the window."
    found = copies(loaded, kind)
    (first, second), guess = found.means, math.log(loaded.model.vocab_size)
    gain, sure = first - second, math.hypot(*found.errors)
    if gain > 3 * sure:
        verdict = (
            f"**{gain:.2f} nats less** a token: no weight has changed between the two, so what it gained it read in "
            f"the prompt. A perfect copier would stand at 0, so this one copies "
            f"{'almost perfectly' if second < 0.3 else 'in part'}."
        )
    elif gain < -3 * sure:
        verdict = "It is no better the second time but worse: it does not copy."
    else:
        verdict = "That is no more than chance: it has not learnt to copy from its prompt."
    worse = (
        f" Above the line of guessing ({guess:.2f}) a model is wrong with confidence: it expects text, and these "
        "tokens are none."
        if first > guess + 0.3
        else ""
    )
    runs = through_training(finished, kind)
    began = next((step for step, run in runs if run.means[0] - run.means[1] > 3 * math.hypot(*run.errors)), None)
    came = ""
    if began is not None and len(runs) > 1:
        last = " kept" if began != runs[-1][0] else " kept, which is the last one,"
        came = (
            f" Step {began:,} is the first{last} at which the second copy is cheaper by more than three standard "
            "errors."
        )
    return (
        f"The first copy costs {first:.2f} nats a token, the second {second:.2f}. {verdict}{worse}{came} In large "
        "models heads that look at what came after the same token before do this; the page Inside a GPT measures "
        "whether this one has such a head."
    )


def table(finished: Loaded, kind: str) -> pd.DataFrame:
    """One row a kept step."""
    if not kind:
        return pd.DataFrame({"step": []})
    made = [(step, *run.means, *run.errors) for step, run in through_training(finished, kind)]
    columns = ["step", "first copy, nats", "second copy, nats", "standard error, first", "standard error, second"]
    return pd.DataFrame(made, columns=columns)


def script(loaded: Loaded, step: int, kind: str) -> str:
    """A script that measures both copies at this step."""
    found = passages(loaded, kind) if kind else None
    texts, before, between = found or (((1, 1), (1, 1)), (), ())
    return f"""
{scripts.open_model(loaded, step)}
from lmcore.probes import in_context

passages = {[list(map(int, text)) for text in texts]!r}
found = in_context.copies(model, passages, {list(map(int, before))!r}, {list(map(int, between))!r})
for name, mean, error, losses in zip(("first", "second"), found.means, found.errors, (found.first, found.second)):
    print(f"{{name}} copy: {{mean:.4f}} ± {{error:.4f}} nats a token; by place", losses.mean(axis=0).round(2))
"""
