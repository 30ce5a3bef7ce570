"""The views behind the doors of Inside a GPT: one on the stage at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from lmcore.figures.inside import lengths, pushes, through_training
from lmcore.figures.numbers import small
from lmcore.figures.theme import shown
from lmcore.probes.heads import CLEAR, KINDS, SAYS, TIMES, Heads
from lmcore.probes.what_if import Part
from lmcore.tokenizers.base import START_ID
from pages.shared import inside, inside_says, lesson, scrubber
from pages.shared.attention_explorer import Picked, attention_explorer, picked_in
from pages.shared.inside import Ids, Seen
from pages.shared.inside_lens import locked_in, logit_lens
from pages.shared.inside_map import door_in, model_map
from pages.shared.models import Loaded
from pages.shared.view import View

DOORS = {
    "map": "Map", "embedding": "Embedding", "attention": "Attention", "mlp": "MLP", "lens": "Block by block",
    "what-if": "What if",
}  # fmt: skip
BEHIND = {"embedding": "embedding", "positions": "embedding", "attention": "attention", "mlp": "mlp"}  # else the lens
LAST = -1  # as a place in the view: the last one
QUIET = {"displayModeBar": False}


def place_of(view: View, n: int) -> int:
    """The place that is looked at, of `n` tokens and the start."""
    return view["place"] if 0 <= view["place"] <= n else n


def place_picker(view: View, name: str, tokens: list[str], label: str) -> int:
    """A slider over the tokens of a text; the last one is the default, however long the text is."""
    last = len(tokens) - 1
    options = [*range(last), LAST]
    if view[name] not in options:
        view.set(**{name: LAST})
    if last < 1:
        return 0
    st.select_slider(
        label, options, key=view.key(name),
        format_func=lambda at: f"{last if at == LAST else at}: {shown(tokens[at])}",
    )  # fmt: skip
    return last if view[name] == LAST else view[name]


# The map --------------------------------------------------------------------------------------------------------------


def the_map(view: View, loaded: Loaded, n_tokens: int, key: str) -> None:
    """The architecture as a picture; a click on a part goes to the view of it."""
    config = inside.config_of(loaded)
    boxes = inside_says.boxes(config, n_tokens + 1)

    def enter() -> None:
        at = door_in(key, len(boxes))
        if at is None:
            return
        view.set(door=BEHIND.get(boxes[at].kind, "lens"))
        if boxes[at].kind in ("attention", "mlp"):
            view.set(block=(at - 2) // 2)

    model_map(boxes, key=key, on_door=enter)
    st.caption("Every part is a door. + means that what the part computes is added to the stream that runs through.")
    st.markdown(inside_says.arithmetic(config, n_tokens + 1))


# What comes in --------------------------------------------------------------------------------------------------------


def embedding(view: View, loaded: Loaded, ids: Ids, seen: Seen) -> None:
    """The token's row, the position's, their lengths, and the tokens that lie nearest."""
    tokens = inside.tokens_of(loaded, ids)
    place = place_picker(view, "place", tokens, "Token")
    norm = np.linalg.norm
    series = {"token embedding": norm(seen.trace["token_embedding"], axis=1).tolist()}
    if "position_embedding" in seen.trace:
        series["position embedding"] = norm(seen.trace["position_embedding"], axis=1).tolist()
    st.plotly_chart(lengths(tokens, series, place, theme=lesson.theme()), key="inside-gpt.lengths", config=QUIET)
    model: Any = loaded.model
    table = model.wte.weight.detach().cpu().float().numpy()
    row = seen.trace["token_embedding"][place]
    cosines = table @ row / np.maximum(norm(table, axis=1) * norm(row), 1e-9)
    token = START_ID if place == 0 else ids[place - 1]
    near = [i for i in np.argsort(-cosines).tolist() if i != token][:6]
    said = ", ".join(f"{lesson.chip(loaded.tokenizer.itos[i])} {cosines[i]:.2f}" for i in near)
    at = lesson.chip(tokens[place])
    st.markdown(
        f"{at} is row {token} of {table.shape[0]:,}: {table.shape[1]} numbers, of length "
        f"{series['token embedding'][place]:.3g}. "
        + (
            f"The row of place {place}, of length {series['position embedding'][place]:.3g}, is added. "
            if "position embedding" in series
            else f"Nothing is added for the place: {inside_says.POSITIONS[inside.config_of(loaded).position]}. "
        )
        + f"The rows that point most in the same direction (cosine): {said}."
    )


# Attention ------------------------------------------------------------------------------------------------------------


def picked_of(view: View, loaded: Loaded, n_tokens: int) -> Picked:
    """What the view asks to look at, brought into this model's bounds: links come from anywhere."""
    config = inside.config_of(loaded)
    row = view["place"] if 0 <= view["place"] <= n_tokens else None
    return Picked(min(view["block"], config.n_layer - 1), min(view["head"], config.n_head - 1), row, view["mode"])


def attention(
    view: View, loaded: Loaded, ids: Ids, seen: Seen, heads: Heads | None, off: Callable[[Part], None], key: str
) -> None:
    """The explorer, what the picked head does, and what that does not tell."""
    L, H, R, _ = seen.attention.shape

    def follow() -> None:
        now = picked_in(key, L, H, R)
        if now is not None:
            view.set(block=now.layer, head=now.head, mode=now.mode, place=LAST if now.row is None else now.row)

    now = attention_explorer(
        seen.attention, inside.tokens_of(loaded, ids), picked=picked_of(view, loaded, len(ids)), key=key,
        labels=inside.labels(heads, L, H), apart=loaded.tokenizer.kind == "word", on_picked=follow,
    )  # fmt: skip
    if heads is not None:
        st.markdown(inside_says.scores(heads, now.layer, now.head))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            f"Switch off block {now.layer + 1} head {now.head + 1}", key="inside-gpt.off-this", on_click=off,
            args=(Part(now.layer, now.head),), icon=":material/power_settings_new:",
        )  # fmt: skip
        st.caption(
            "Attention is not explanation. The picture tells where a head reads, not what it reads there, nor whether "
            "the answer would be another without it (Jain and Wallace, 2019; a reply: Wiegreffe and Pinter, 2019). "
            "Switch it off and see.",
            width=620,
        )


# The MLP --------------------------------------------------------------------------------------------------------------


def mlp(view: View, loaded: Loaded, ids: Ids, seen: Seen) -> None:
    """Which hidden units fire at a place, and what the MLP's output pushes there."""
    config, tokens = inside.config_of(loaded), inside.tokens_of(loaded, ids)
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    if view["block"] >= config.n_layer:
        view.set(block=config.n_layer - 1)
    with left:
        st.selectbox("Block", range(config.n_layer), format_func=lambda b: f"block {b + 1}", key=view.key("block"))
    with right:
        place = place_picker(view, "place", tokens, "Token")
    b = view["block"]
    hidden = seen.trace[f"block.{b}.mlp_hidden"][place]
    moved = inside.directly(loaded, ids, f"block.{b}.mlp_out", place)
    order = np.argsort(-moved[START_ID + 1 :], kind="stable") + START_ID + 1
    n = min(6, len(order) // 2)
    ends = [*order[:n].tolist(), *order[len(order) - n :].tolist()] if n else order.tolist()
    left, right = st.columns([2, 3], gap="large")
    with left:
        fires = int((hidden > 0).sum())
        units = np.argsort(-hidden, kind="stable")[:5].tolist()
        st.markdown(
            f"Of the {hidden.size} hidden units **{fires}** are above 0 here. The strongest: "
            + ", ".join(f"unit {u} ({hidden[u]:.3g})" for u in units)
            + f". Together they add a vector of length {seen.norms.mlp_out[b, place]:.3g} to a stream of length "
            f"{np.linalg.norm(seen.trace[f'block.{b}.residual_mid'][place]):.3g}."
        )
        st.caption(
            "What an MLP adds is the same for the same input, wherever it stands: it looks at no other place. Much of "
            "what a model knows about words is kept here (Geva et al., 2021)."
        )
    with right:
        st.markdown("**What this adds to each score, directly**: the tokens pushed up and down most.")
        names = [loaded.tokenizer.itos[i] for i in ends]
        st.plotly_chart(
            pushes(names, moved[ends].tolist(), theme=lesson.theme()), key="inside-gpt.pushes", config=QUIET
        )


# Block by block -------------------------------------------------------------------------------------------------------


def block_by_block(view: View, loaded: Loaded, ids: Ids, seen: Seen, key: str) -> None:
    """The logit lens and the lengths."""
    tokens = inside.tokens_of(loaded, ids)

    def follow() -> None:
        touched, at = locked_in(key, len(tokens))
        if touched:
            view.set(place=LAST if at is None else at)

    locked = view["place"] if 0 <= view["place"] < len(tokens) else None
    logit_lens(
        seen.lens, seen.norms, tokens, loaded.tokenizer.itos, locked=locked, apart=loaded.tokenizer.kind == "word",
        key=key, on_locked=follow,
    )  # fmt: skip
    st.caption(
        "The stream after each block goes through the last norm and the head, as if the model ended there (the logit "
        "lens; nostalgebraist, 2020). The head was trained to read the end only: early guesses are a hint. Outlined: "
        "what the last block says. Lengths are those of vectors; parts of what is added may cancel."
    )


# Go further -----------------------------------------------------------------------------------------------------------


def further(view: View, page: str, finished: Loaded, loaded: Loaded, ids: Ids) -> None:
    """The heads of one block switched off in turn, and what heads do through the training; when asked for."""
    st.markdown("**Kinds of heads.** " + " · ".join(f"{kind}: {SAYS[kind]}" for kind in KINDS) + ".")
    st.caption(
        f"A head bears the name of the kind that has at least {100 * CLEAR:.0f}% of its weight (in a short text, "
        f"where an even head gives much to each place, {TIMES:.0f} times what that one gives); the others are mixed."
    )
    st.caption(
        "Olsson et al., “In-context Learning and Induction Heads” (2022), found that models learn to copy from their "
        "context when such heads appear, early and suddenly. An induction head needs one in a block before it that "
        "looks at the previous token: it looks for a place whose previous token is the present one."
    )
    block = min(view["block"], inside.config_of(loaded).n_layer - 1)
    if st.toggle(f"Switch off each head of block {block + 1} in turn", key=f"{page}.in-turn"):
        place, H = place_of(view, len(ids)), inside.config_of(loaded).n_head
        kls = [float(inside.changed(loaded, ids, (Part(block, h).code,), None).kl[place]) for h in range(H)]
        st.markdown(
            " · ".join(f"head {h + 1}: KL {small(kl)}" for h, kl in enumerate(kls))
            + " nats at the place that is looked at."
        )
    if st.toggle("Heads through the training", key=f"{page}.through"):
        steps = scrubber.steps(finished)
        if len(steps) < 2:
            st.caption("Of this model only the end was kept.")
            return
        best = [inside.best_scores(scrubber.at(finished, step), ids) for step in steps]
        now = steps[-1] if view["step"] == scrubber.LAST else view["step"]
        series = {kind: [scores[kind] for scores in best] for kind in KINDS}
        st.plotly_chart(through_training(steps, series, now, theme=lesson.theme()), key=f"{page}.steps", config=QUIET)
        st.caption(
            "The best score that any head has, after so many steps. Induction heads come suddenly (Olsson et al.)."
        )
