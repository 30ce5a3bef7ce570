"""Translator: the likeliest word each time, or several beginnings at once until the end token."""

from __future__ import annotations

import math

import streamlit as st

from pages.shared import lesson
from pages.shared import translator_models as translators
from pages.shared import translator_says as says
from pages.shared.sampling_tree import beam_tree, locked_in
from pages.shared.translator_here import PAGE, Here

MAX_BEAMS = 5
SURE = math.log(0.5)  # a sentence with more than half of the probability has no rival
TREE = f"{PAGE}.tree"


def section(here: Here) -> None:
    """Both results with their probabilities, and the tree of the search."""
    view = here.view
    rows = []
    for name, beams in (("Greedy", 1), (f"Beam of {max(2, view['beams'])}", max(2, view["beams"]))):
        made, _ = translators.written(here.loaded, here.source, here.taken, beams)
        rows.append((name, made))
    for name, made in rows:
        ends = "" if made.ended else ", without an end"
        st.markdown(
            f"**{name}** {lesson.named(translators.text_of(here.loaded, made.tokens))}  \n"
            f"p = {says.small(made.log_prob)}, ln p = {_minus(made.log_prob)}, {len(made.tokens)} tokens{ends}"
        )
    if rows[0][1].tokens == rows[1][1].tokens:
        sure = "The model is sure of its words, so" if rows[0][1].log_prob > SURE else "Here"
        st.markdown(
            f"Both find the same sentence. {sure} looking ahead finds nothing better; take another word on the stage, "
            "or ask for a sentence with unknown words, and they may differ."
        )
    else:
        ratio = math.exp(min(rows[1][1].log_prob - rows[0][1].log_prob, 50))
        st.markdown(f"The beam's sentence is {ratio:.3g} times as probable as the greedy one.")
    if here.tree is None:
        return
    tree = here.tree.likeliest(2 * view["beams"])

    def on_locked() -> None:
        node = locked_in(TREE, len(tree.nodes))
        if node is not None:
            view.set(node=node)

    prompt = translators.text_of(here.loaded, here.taken) if here.taken else "start"
    itos = [*here.loaded.tokenizer.itos[:-1], "end"]
    beam_tree(
        tree, itos, prompt, 1.0, locked=min(view["node"], len(tree.nodes) - 1), key=TREE, on_locked=on_locked
    )  # fmt: skip


def _minus(x: float) -> str:
    """Three decimals, with a minus sign and not a hyphen."""
    return f"{x:.3f}".replace("-", "−")
