"""Transformers / Positions: how a model that sees all words at once learns where each of them stands."""

import streamlit as st

from pages.shared import lesson, long_text, positions_kinds, scrubber
from pages.shared import positions_parts as parts
from pages.shared.positions_clock import Place, hands, place_in, positions_clock
from pages.shared.view import View, choice, text, whole

PAGE = "positions"
STAGE = f"{PAGE}.stage"
PROMPT = "The little fox gave the red ball to the old"
WIDTHS, LENGTHS = [8, 16, 32, 64], [64, 256, 1024]

view = View(
    PAGE,
    {
        "place": whole(12, 0, LENGTHS[-1] - 1),
        "pair": whole(0, 0, WIDTHS[-1] // 2 - 1),
        "dims": choice(16, WIDTHS),
        "n": choice(64, LENGTHS),
        "model": text("gpt-tales-word", 80),
        "step": scrubber.field(),
        "prompt": text(PROMPT, 5000),
        "seed": whole(1, 1, 9999),
        "head": whole(0, 0, 63),
    },
)

lesson.idea(
    "Positions",
    "Attention sees all words at once, like a bag. So each word is told where it stands: a vector that belongs to its "
    "position is added to its own. The first recipe is waves, slower and slower with the dimension.",
    r"\mathrm{PE}(p, 2i) = \sin(p\,\omega_i) \qquad \mathrm{PE}(p, 2i{+}1) = \cos(p\,\omega_i) \qquad "
    r"\omega_i = 10000^{-2i/C}",
    {"p": "the position", "i": "the pair of dimensions", "C": "dimensions", r"\omega_i": "radians a position"},
)

# ---- the stage: waves, heatmap, likeness and hands under one slider -----------------------------------------------

with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    st.segmented_control("Dimensions", WIDTHS, key=view.key("dims"), required=True)
    st.segmented_control("Positions", LENGTHS, format_func="{:,}".format, key=view.key("n"), required=True)
width, n = view["dims"], view["n"]


def on_moved() -> None:
    """The slider was let go, or a hand marked: the view follows."""
    now = place_in(STAGE, n, width)
    if now is not None:
        view.set(place=now.position, pair=now.pair)


asked = Place(min(view["place"], n - 1), view["pair"] if view["pair"] in hands(width) else 0)
place = positions_clock(n, width, asked, key=STAGE, on_moved=on_moved)
st.caption(
    "Blue is above 0, orange below. Drag the slider or press on a picture; choose a hand to see its two waves: the "
    "sine is how far it points to the right, the cosine how far up."
)
lesson.try_this(
    view,
    [
        ("Go to position 63: which hands have hardly moved?", {"place": 63, "dims": 16, "n": 64}),
        ("More room: 64 dimensions, 1,024 positions", {"dims": 64, "n": 1024, "place": 600, "pair": 0}),
        ("The slowest hand", {"dims": 16, "pair": 7, "n": 1024, "place": 1000}),
        ("Shuffle the words below once more", {"seed": view["seed"] % 9999 + 1}),
    ],
)
lesson.what_you_see(parts.of_the_hands(place.position, width, n))
lesson.predict(
    PAGE,
    "A wave of one dimension repeats after a while, so it gives two positions the same number. Can two positions get "
    "the same whole vector?",
    ["Yes, after 7 positions, when the first hand has gone round", "No, not within the lengths that models read"],
    1,
    "The first hand is back after 6.28 positions, but the others are not: as with a counter, the ones alone repeat, "
    f"all digits together do not. The last of these hands needs {parts.last_turn(width):,} positions for one turn.",
)

# ---- a trained model -----------------------------------------------------------------------------------------------

st.subheader("How small is the addition?", anchor=False, divider="gray")
finished, typed, loaded = scrubber.controls(
    view, "gpt", lambda: long_text.first_of(st.text_input("Text", key=view.key("prompt")), 5000)
)
ids = scrubber.ids_of(loaded, typed, parts.most(loaded))
heads = parts.config_of(loaded).n_head
if view["head"] >= heads:  # a head of another model, from an old link
    view.set(head=0)
parts.size_section(loaded, ids)
parts.likeness_section(loaded, trained=view["step"] != 0)

st.subheader("Four ways to say where", anchor=False, divider="gray")
positions_kinds.section(loaded, ids, view["head"])

st.subheader("No positions: shuffle the words", anchor=False, divider="gray")
st.number_input("Shuffle", 1, 9999, key=view.key("seed"), width=160, help="Another number is another order.")
parts.shuffle_section(loaded, ids, view["seed"], trained=view["step"] != 0)

with st.expander("Go further", icon=":material/tune:"):
    st.selectbox(
        "Head of the fourth map", range(heads), format_func=lambda h: f"head {h + 1}", key=view.key("head"), width=220
    )
    st.markdown(
        "**What the pictures do not say.** The first three maps follow from formulas, with the word's own vector as "
        "query and key; a trained model turns words into queries and keys by matrices, and can use, bend or ignore "
        "what positions offer. And a model whose positions are switched off was trained with them: what it says then "
        "is an intervention, not a model that learnt to do without."
    )
    st.caption(
        "Sinusoidal: Vaswani et al. (2017). Learned: GPT-2, Radford et al. (2019). Rotary (RoPE): Su et al. (2021). "
        "ALiBi: Press, Smith and Lewis (2022). That a causal mask alone tells a little: Haviv et al. (2022)."
    )

lesson.the_code(
    PAGE,
    ["lmcore.models.positions:sinusoidal", "lmcore.models.positions:rotate", "lmcore.models.positions:alibi_slopes",
     "lmcore.probes.positions:reordered"],
    parts.script(loaded, view["step"], ids, view["seed"], place.position, width),
)  # fmt: skip
lesson.the_numbers(
    PAGE,
    lambda: parts.numbers(place.position, width),
    note=f"Each hand at position {place.position}.",
)
view.publish()
