"""The view What if of Inside a GPT: parts switched off, a moment of another text patched in, and what comes of it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lmcore import sampling
from lmcore.figures.gates import moved_along, true_and_held
from lmcore.figures.numbers import small
from lmcore.probes import what_if
from lmcore.probes.what_if import Part
from lmcore.tokenizers.base import START_ID
from pages.shared import inside, inside_says, lesson, long_text
from pages.shared.inside import Ids, Patch, Seen
from pages.shared.inside_doors import QUIET, place_picker
from pages.shared.models import Loaded
from pages.shared.view import Field, View

N_NEXT = 7
MAX_OFF = 60
MAX_TYPED = 2000  # characters of the other text


def off_field() -> Field:
    """The view's field for what is switched off: codes with dots between."""

    def parse(value: str) -> list[str]:
        return [code for code in value.split(".")[:MAX_OFF] if code]

    return Field([], parse, ".".join)


def parts_off(view: View, loaded: Loaded) -> list[Part]:
    """What the view has switched off, as far as this model has it; the view forgets the others."""
    config, found = inside.config_of(loaded), []
    for code in view["off"]:
        try:
            found.append(what_if.part(code, config.n_layer, config.n_head))
        except ValueError:
            continue
    codes = list(dict.fromkeys(part.code for part in found))
    if codes != view["off"]:
        view.set(off=codes)
    return found


def patch_of(view: View, loaded: Loaded, ids: Ids) -> Patch | None:
    """The patch that the view asks for, brought into the bounds of model and texts."""
    if not view["patch"]:
        return None
    other = tuple(loaded.tokenizer.encode(view["other"][:MAX_TYPED]))[: inside.most_tokens(loaded)]
    position, at = (
        n if not 0 <= view[name] <= n else view[name] for name, n in (("to", len(ids)), ("from", len(other)))
    )
    return Patch(other, min(view["after"], inside.config_of(loaded).n_layer), position, at)


def interventions(view: View, loaded: Loaded, ids: Ids, seen: Seen) -> None:
    """The controls, and the next token as it is and changed."""
    parts_off(view, loaded)  # before the widgets: links may name what this model has not
    config, tokens = inside.config_of(loaded), inside.tokens_of(loaded, ids)
    codes = {part.code: part.title for part in what_if.parts(config.n_layer, config.n_head)}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        st.multiselect(
            "Switched off", list(codes), format_func=codes.__getitem__, key=view.key("off"), max_selections=MAX_OFF,
            placeholder="A head, a block's attention or MLP, a block",
        )  # fmt: skip
    with right:
        st.toggle("Patch in a moment of another text", key=view.key("patch"))
    if view["patch"]:
        _patch_controls(view, loaded, tokens)
    off, patch = parts_off(view, loaded), patch_of(view, loaded, ids)
    place = place_picker(view, "place", tokens, "Look at the next token after")
    moved = inside.changed(loaded, ids, tuple(part.code for part in off), patch)
    true, held = (_probs(rows[place]) for rows in (seen.log_probs, moved.log_probs))
    likeliest = [token for token, _ in sampling.top(np.maximum(true, held), N_NEXT)]
    itos, theme = loaded.tokenizer.itos, lesson.theme()
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(f"**After {lesson.chip(tokens[place])}**: filled as it is, hatched as it would be.")
        names = [itos[token] for token in likeliest]
        st.plotly_chart(
            true_and_held(names, true[likeliest].tolist(), held[likeliest].tolist(), None, theme=theme),
            key="inside-gpt.next", config=QUIET,
        )  # fmt: skip
    with right:
        st.markdown("**At every token**, how far the prediction moves: total variation, 0 the same, 1 all of it.")
        st.plotly_chart(
            moved_along(tokens, moved.total_variation.tolist(), place, None, theme=theme), key="inside-gpt.moved",
            config=QUIET,
        )  # fmt: skip
        before, after = (itos[int(p.argmax())] for p in (true, held))
        what = f"With {inside_says.changes(off, patch) or 'everything on'}"
        st.markdown(
            f"{what} the next token moves by **KL {small(float(moved.kl[place]))} nats** (total variation "
            f"{small(float(moved.total_variation[place]))}): {lesson.chip(before)} "
            + ("stays the first choice." if before == after else f"gives way to {lesson.chip(after)}.")
        )


def _patch_controls(view: View, loaded: Loaded, tokens: list[str]) -> None:
    n_layer = inside.config_of(loaded).n_layer
    if view["after"] > n_layer:
        view.set(after=n_layer)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        typed = long_text.first_of(st.text_input("The other text", key=view.key("other")), MAX_TYPED)
        lesson.say_unknown(loaded.tokenizer, typed)
    with right:
        st.selectbox("Taken after", range(n_layer + 1), format_func=inside_says.when, key=view.key("after"))
    other = tuple(loaded.tokenizer.encode(view["other"][:MAX_TYPED]))[: inside.most_tokens(loaded)]
    left, right = st.columns(2)
    with left:
        place_picker(view, "from", inside.tokens_of(loaded, other), "This place of the other text")
    with right:
        place_picker(view, "to", tokens, "goes to this place of the text")
    st.caption(
        "A patch puts one vector of the other text's stream into this one; all that follows is computed from it. Where "
        "the answer goes along, that place carries what the answer needs."
    )


def _probs(log_probs: np.ndarray) -> np.ndarray:
    """(V,) probabilities without the start token, which no text contains."""
    probs = np.exp(log_probs.astype(np.float64))
    probs[START_ID] = 0
    return probs / max(probs.sum(), 1e-300)
