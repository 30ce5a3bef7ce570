"""Translator: every head of the three kinds of attention, each with its own mask."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.probes.attention import Attention, packed
from pages.shared import translator_models as translators
from pages.shared.attention_explorer import Picked, attention_explorer, picked_in
from pages.shared.translator_here import PAGE, Here

KINDS = {"cross": "Cross-attention", "encoder": "Encoder", "decoder": "Decoder"}
SAYS = {
    "cross": "The words that are written (rows) look at all words that were read (columns). There is no mask: the "
    "source is there as a whole. One head is large here; the lines of the stage are the average of the last block's.",
    "encoder": "The words that are read look at each other, to both sides: no mask. So “small” knows what is small.",
    "decoder": "The words that are written look at those before them only: the causal mask of a GPT. The row of the "
    "start token writes the first word.",
}
OLDER = (
    "Bahdanau's network has no heads: one matrix of alignments, from the state of the writer to the states of the "
    "reader, was the first attention (2014). Its reader and writer are recurrent, so that this is all the looking "
    "there is."
)


def section(here: Here) -> None:
    """The explorer, for the kind of attention that is asked for."""
    view = here.view
    cross = here.made.cross
    recurrent = here.loaded.model.family == "bahdanau"
    kind = "cross" if recurrent else view["heads"]
    if not recurrent:
        st.segmented_control(
            "Kind", list(KINDS), format_func=KINDS.__getitem__, key=view.key("heads"), required=True,
            label_visibility="collapsed",
        )  # fmt: skip
    st.markdown(OLDER if recurrent else SAYS[kind])
    end = translators.end_of(here.loaded)
    words = tuple("end" if i == end else text for i, text in zip(here.tokens, here.words, strict=True))
    if kind == "cross":
        weights, rows, columns = cross, words, here.pieces
    elif kind == "encoder":
        weights, rows, columns = translators.encoder_weights(here.loaded, here.source), here.pieces, here.pieces
    else:
        weights = translators.decoder_weights(here.loaded, here.source, here.tokens[:-1])
        rows, columns = ("start", *words[:-1]), None
    found = _packed(here.loaded.hash, weights.tobytes(), weights.shape, kind == "decoder")
    L, H, R, _ = found.shape
    key = f"{PAGE}.{kind}"

    def follow() -> None:
        now = picked_in(key, L, H, R)
        if now is None:
            return
        view.set(layer=now.layer, head=now.head)
        if kind != "encoder" and now.row is not None:
            view.set(at=now.row)  # the stage follows

    row = None if kind == "encoder" else min(view["at"], R - 1)
    picked = Picked(min(view["layer"], L - 1), min(view["head"], H - 1), row)
    attention_explorer(
        found, rows, columns, picked=picked, key=key, sides=("It writes", "It read") if kind == "cross" else
        ("It reads", "It reads"), only="The alignments" if recurrent else "", starts=kind == "decoder", apart=True,
        first=int(kind != "decoder"), on_picked=follow,  # as the stage counts: words from 1; the start token is 0
    )  # fmt: skip
    st.caption(
        "Attention is not explanation: a weight says that something was taken from a word, not what it was good for."
    )


@functools.lru_cache(maxsize=64)
def _packed(content: str, weights: bytes, shape: tuple[int, ...], causal: bool) -> Attention:
    array: NDArray[np.float32] = np.frombuffer(weights, np.float32).reshape(shape)
    return packed(array, causal=causal)
