"""Transformers / Attention by hand: queries, keys, values, scores, mask, softmax, sums; every cell opens."""

from typing import Any

import streamlit as st

from lmcore.probes import attention_by_hand as probe
from pages.shared import attention_paper as on_paper
from pages.shared import attention_parts as parts
from pages.shared import lesson, long_text, scrubber
from pages.shared.attention_by_hand import attention_by_hand, change_in, held_in, sizes_of
from pages.shared.view import View, choice, text, whole

PAGE = "attention"
STAGE = f"{PAGE}.stage"
KINDS = {"paper": "On paper", "trained": "In a trained GPT"}
CELL = "a.3.1"  # the attention weight of the fourth token for the second

view = View(
    PAGE,
    {
        "with": choice("paper", list(KINDS)),
        "sentence": choice(probe.SENTENCES[0], probe.SENTENCES),
        "heads": choice(1, on_paper.HEADS),
        "changed": text("", 600),  # those of the example that were changed
        "scale": choice(True, [True, False]),
        "mask": choice(True, [True, False]),
        "model": text("gpt-tales-word", 80),
        "prompt": text("Mia had a kite. She lost it", 2000),
        "step": scrubber.field(),
        "block": whole(0, 0, 47),
        "cell": text(CELL, 40),  # what is held: matrix, row, column; nothing when empty
        "head": whole(0, 0, 63),
    },
)

lesson.idea(
    "Attention by hand",
    "Every token asks a question, the query. Every token answers with a key, and hands out a value. How well query and "
    "key fit decides how much of the value is taken.",
    r"\mathrm{softmax}\big(Q K^T / \sqrt{d} + M\big)\, V",
    {
        "Q, K, V": "queries (blue), keys (red) and values (green), a row a token", "d": "the width of a query",
        "M": "the causal mask: −∞ for later tokens, else 0",
    },
)  # fmt: skip

paper, changes = view["with"] == "paper", on_paper.changes_of(view)
switches = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
with switches:
    st.segmented_control("Numbers", list(KINDS), format_func=KINDS.__getitem__, key=view.key("with"), required=True)
if not paper:
    _finished, typed, loaded = scrubber.controls(
        view, "gpt", lambda: long_text.first_of(st.text_input("Text", key=view.key("prompt")))
    )
    model: Any = loaded.model
    config = model.config
    ids = scrubber.ids_of(loaded, typed, min(parts.MAX_SHOWN, config.block_size - 1))
    if view["block"] >= config.n_layer:
        view.set(block=0)
with switches:
    if paper:
        st.segmented_control("Heads", on_paper.HEADS, key=view.key("heads"), required=True)
    else:
        blocks = list(range(config.n_layer))
        st.selectbox("Block", blocks, format_func=lambda n: f"block {n + 1}", key=view.key("block"), width=140)
    st.toggle("Divide by √d", key=view.key("scale"))
    st.toggle("Causal mask", key=view.key("mask"))

if paper:
    inputs = probe.example(view["sentence"], view["heads"], changes)
    tokens = view["sentence"].split()
else:
    inputs = parts.trained(loaded, ids, view["block"])
    tokens = [parts.START, *(loaded.tokenizer.itos[token] for token in ids)]
scaled, masked = view["scale"], view["mask"]
walk = inputs.walk(scaled=scaled, masked=masked)
sizes = sizes_of(walk, paper)


# ---- the stage: every matrix --------------------------------------------------------------------------------------


def on_look() -> None:
    """A cell was held or let go, or another head was picked: the view follows."""
    now = held_in(STAGE, sizes)
    if now is not None:
        parts.keep(view, now)


def on_change() -> None:
    """Another number was asked for."""
    asked = change_in(STAGE, sizes)
    if asked is not None:
        on_paper.change(view, *asked)


look = attention_by_hand(
    inputs, walk, tokens, scaled=scaled, masked=masked, paper=paper, look=parts.look_of(view, sizes), key=STAGE,
    on_look=on_look, on_change=on_change,
)  # fmt: skip
row, D = parts.row_of(look, sizes.P), sizes.C // sizes.H

lesson.try_this(
    view,
    [
        ("Do not divide by √d", {"with": "paper", "scale": False, "mask": True, "heads": 1, "cell": CELL, "head": 0}),
        ("Take the mask away", {"with": "paper", "scale": True, "mask": False, "heads": 1, "cell": "t.0.0", "head": 0}),
        (
            "Split the width in three heads",
            {
                "with": "paper", "scale": True, "mask": True, "heads": 3, "sentence": probe.SENTENCES[0],
                "cell": "t.3.0", "head": 1,
            },
        ),
        (
            "Swap who fed whom, without a mask",
            {
                "with": "paper", "scale": True, "mask": False, "heads": 1, "sentence": probe.SENTENCES[1],
                "cell": "out.3.0", "head": 0,
            },
        ),
        ("The same with trained weights", {"with": "trained", "scale": True, "mask": True, "cell": "t.5.0", "head": 0}),
    ],
)  # fmt: skip
lesson.what_you_see(parts.seen(inputs, walk, tokens, look, scaled, masked))
on_paper.predict(PAGE, view["heads"], scaled, changes)

st.subheader("What the switches do", anchor=False, divider="gray")
parts.show_switches(inputs, tokens, look.h, scaled)
parts.show_widths(PAGE, D)

st.subheader("From one head to several", anchor=False, divider="gray")
if paper:
    on_paper.show_heads(view["sentence"], row, scaled, masked, changes)
else:
    parts.show_heads_trained(walk, tokens, row)

with st.expander("Go further", icon=":material/tune:"):
    if paper:
        on_paper.further(view)
    parts.further(paper)

lesson.the_code(
    PAGE,
    ["lmcore.probes.attention_by_hand:by_hand", "lmcore.models.attention:CausalSelfAttention",
     "lmcore.probes.attention_by_hand:by_width"],
    on_paper.script(view["sentence"], view["heads"], changes, scaled, masked) if paper
    else parts.script_trained(loaded, view["step"], ids, view["block"], look.h, scaled, masked),
)  # fmt: skip
lesson.the_numbers(
    PAGE,
    lambda: parts.numbers(PAGE, inputs, walk, tokens, look.h, scaled),
    note="What is drawn, of the head that is shown.",
)
view.publish()
