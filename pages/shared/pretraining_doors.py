"""The four views of Pre-training: one on the stage at a time."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lmcore.figures.pretraining import loss_by_rate
from lmcore.probes.one_step import RULES, Rule
from lmcore.probes.pairs import Windows
from pages.shared import lesson, pretraining_says, scrubber
from pages.shared import pretraining as parts
from pages.shared.glossary_terms import tip
from pages.shared.models import Loaded
from pages.shared.pretraining import RATES, Batch
from pages.shared.pretraining_loss import Look, look_in, loss_places
from pages.shared.pretraining_pairs import Beside, Cut, cut_in, training_pairs
from pages.shared.pretraining_step import Look as StepLook
from pages.shared.pretraining_step import Part, one_step, part_of
from pages.shared.pretraining_step import look_in as step_look_in
from pages.shared.view import View

DOORS = {"windows": "Windows", "mask": "One mask gives all", "loss": "What it costs", "step": "One step"}
RULE_NAMES = {"sgd": "Plain gradient descent", "adamw": "AdamW"}
QUIET = {"displayModeBar": False}


def the_pairs(view: View, loaded: Loaded, windows: Windows, cut: Cut, key: str, *, masked: bool) -> str:
    """The windows, or one of them under the mask; what is to be seen."""

    def follow() -> None:
        now = cut_in(key)
        if now is not None:
            view.set(length=now.length, stride=now.stride, window=now.at, place=0)

    beside, found = None, None
    if masked:
        x, y = (tuple(array[cut.at].tolist()) for array in (windows.x, windows.y))
        found = parts.compared(loaded, x, y)
        L = len(x)
        beside = Beside(
            found.alone, found.at_once,
            f"{L} × {found.products_at_once:,} = {found.products_alone:,} multiplications",
            f"{found.products_at_once:,} multiplications",
        )  # fmt: skip
    texts = parts.texts_of(loaded, windows.sequence.tolist())
    training_pairs(texts, cut, key=key, longest=parts.longest(loaded), beside=beside, on_cut=follow)
    if masked and view["step"] != scrubber.LAST:
        st.caption(f"The losses are those of the model as it was after {view['step']:,} steps of its training.")
    if found is None:
        return pretraining_says.of_windows(loaded, windows, cut.at)
    return pretraining_says.of_mask(found)


def the_loss(view: View, finished: Loaded, batch: Batch, key: str) -> str:
    """Every place of the batch through the training; what is to be seen."""
    steps, shown, losses = parts.steps_of(finished), parts.shown_steps(finished), parts.through(finished, batch)
    look = Look(steps.index(view["step"]), place_of(view, batch))

    def follow() -> None:
        now = look_in(key, len(steps), batch.n_places)
        if now is not None:
            view.set(step=steps[now.step], place=now.at)

    now = loss_places(
        parts.texts_of(finished, [i for row in batch.x for i in row]),
        parts.texts_of(finished, [i for row in batch.y for i in row]),
        losses, shown, guess=parts.guess(finished), vocab_size=finished.model.vocab_size,
        look=look, first=batch.first, key=key, on_look=follow,
    )  # fmt: skip
    if batch.n_windows > len(batch.x):
        last = batch.first + len(batch.x)
        st.caption(f"Windows {batch.first + 1} to {last} of {batch.n_windows}: those around the one that is looked at.")
    return pretraining_says.of_loss(finished, batch, losses, shown, now.step, now.at)


def place_of(view: View, batch: Batch) -> int:
    """The place of the batch that is looked at: a link may name one that is not there."""
    return view["place"] if view["place"] < batch.n_places else 0


# One step ------------------------------------------------------------------------------------------------------------


def rule_of(view: View) -> Rule:
    """The update that is set."""
    return Rule(view["rule"], view["rate"])


def part_at(view: View, loaded: Loaded, batch: Batch) -> tuple[Part, int]:
    """The matrix that is drawn and the weight of it that is looked at: by itself the one with the largest gradient."""
    titles = parts.matrices(loaded)
    name = view["matrix"] if view["matrix"] in titles else next(iter(titles))
    weights, grads = parts.weights_of(loaded, name), parts.step_of(loaded, batch, rule_of(view)).grads[name]
    cell = _cell(view["weight"], weights.shape)
    part = part_of(name, titles[name], weights, grads, cell)
    at = part.at(cell) if cell else int(np.abs(part.grads).argmax())
    return part, at or 0


def _cell(code: str, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Row and column from a link; nothing where there is no such weight."""
    try:
        row, column = (int(number) for number in code.split("."))
    except ValueError:
        return None
    return (row, column) if 0 <= row < shape[0] and 0 <= column < shape[1] else None


def the_step(view: View, finished: Loaded, loaded: Loaded, batch: Batch, key: str) -> str:
    """One step in slow motion; what is to be seen."""
    titles = parts.matrices(loaded)
    if view["matrix"] not in titles:
        view.set(matrix=next(iter(titles)), weight="")
    row = st.columns([3, 3, 3], vertical_alignment="bottom")
    with row[0]:
        st.selectbox(
            "Matrix", list(titles), format_func=titles.__getitem__, key=view.key("matrix"),
            on_change=lambda: view.set(weight=""),
        )  # fmt: skip
    with row[1]:
        st.segmented_control(
            "Update",
            list(RULES),
            format_func=RULE_NAMES.__getitem__,
            key=view.key("rule"),
            required=True,
            help=tip("AdamW"),
        )
    with row[2]:
        st.select_slider(
            "Learning rate η",
            RATES,
            format_func=lambda rate: f"{rate:g}",
            key=view.key("rate"),
            help=tip("learning rate"),
        )
    rule = rule_of(view)
    step = parts.step_of(loaded, batch, rule)
    part, at = part_at(view, loaded, batch)
    checked = parts.one_weight(loaded, batch, rule, part.name, part.cell(at))

    def follow() -> None:
        now = step_look_in(key, part.size)
        if now is not None:
            row, column = part.cell(now.at)
            view.set(phase=now.phase, weight=f"{row}.{column}")

    names = [loaded.tokenizer.itos[i] for i in part.rows] if part.name == "wte.weight" else [""] * len(part.rows)
    one_step(
        part, step, rule, n_places=batch.n_places, row_names=names, checked=(at, checked),
        look=StepLook(view["phase"], at), key=key, on_look=follow,
    )  # fmt: skip
    scrubber.pick(view, "step", finished, "The weights as they were after training step")
    st.markdown("**How long should the step be?** The same step with other learning rates.")
    losses = parts.by_rate(loaded, batch, rule)
    st.plotly_chart(
        loss_by_rate(RATES, losses, step.loss, rule.learning_rate, theme=lesson.theme()),
        key="pre-training.rates", config=QUIET,
    )  # fmt: skip
    return pretraining_says.of_step(step, rule, batch, part)


# Go further ----------------------------------------------------------------------------------------------------------


def further(view: View, page: str, finished: Loaded, loaded: Loaded, batch: Batch) -> None:
    """Where gradients begin, what real batches are, what the trainer does besides."""
    spec = finished.card.get("spec", {}).get("train", {})
    config = getattr(finished.model, "config", None)
    if spec and config is not None:
        B, L, steps = int(spec["batch_size"]), int(config.block_size), int(spec["max_steps"])
        st.markdown(
            f"**In earnest.** This model learnt from batches of {B} windows of {L} tokens, {B * L:,} pairs a step, "
            f"drawn at random from its text; {steps:,} steps saw {B * L * steps:,} pairs. About a quarter of the "
            "windows begin with the start token, so that it learns how texts begin. Each step is the one shown here, "
            "with two things more: a gradient longer than 1 is scaled down to 1 (clipping), and AdamW keeps running "
            "means of gradients and squares from step to step, where a first step, as here, has only its own."
        )
    st.markdown(
        "**Padding or a mask.** Pairs padded with `*` need a pass each. In a batch of texts of different lengths "
        "padding is still there, behind the shorter ones, and its places are left out of the loss. The causal mask is "
        "what makes every place of one pass an honest question: without it a place could read its own answer."
    )
    if st.toggle("The gradient where it begins: at the scores", key=f"{page}.logits"):
        place = place_of(view, batch)
        probs, grad = parts.at_logits(loaded, batch, place)
        target = batch.y[place // len(batch.x[0])][place % len(batch.x[0])]
        best = [target, *(i for i in np.argsort(-probs, kind="stable")[:6].tolist() if i != target)]
        st.dataframe(
            {
                "token": [loaded.tokenizer.itos[i] for i in best],
                "p": probs[best],
                "wanted": [1 if i == target else 0 for i in best],
                "p − wanted": [float(probs[i]) - (i == target) for i in best],
                "gradient": grad[best],
            },
            hide_index=True,
        )
        st.caption(
            f"∂ loss / ∂ score = (p − wanted) / {batch.n_places}, for the place of the batch that is looked at. All of "
            "them together sum to 0: what the right token gains the others give. Back-propagation, the chain rule from "
            "here to the front, makes of these the gradient of every weight (Rumelhart, Hinton and Williams, 1986)."
        )
