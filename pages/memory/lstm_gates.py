"""Memory / LSTM gates: what the cell keeps, lets in and shows, unit by unit and token by token."""

import streamlit as st

from lmcore.probes.gates import PARTS
from pages.shared import gates, gates_says, lesson, long_text, measured, memory_race, scrubber
from pages.shared.lstm_gates import Locked, held_in, lstm_gates
from pages.shared.view import View, choice, text, whole

PAGE = "lstm-gates"
STAGE = f"{PAGE}.stage"
PROMPT = "HAMLET:\nTo be, or not to be:\nThat is the question."
GATES = {"forget_gate": "Forget", "input_gate": "Input", "output_gate": "Output"}
VALUES = {1: "at 1, open", 0: "at 0, shut"}

view = View(
    PAGE,
    {
        "model": text(gates.DEFAULT, 80),
        "step": scrubber.field(),
        "prompt": text(PROMPT, 5000),
        "layer": whole(0, 0, 1),
        "sort": text("position-in-line", 40),
        "unit": whole(-1, -1, 2047),  # what is locked; -1: nothing
        "place": whole(-1, -1, gates.MAX_SHOWN),  # 0 is the start token
        "gate": choice("forget_gate", list(GATES)),
        "value": choice(0, list(VALUES)),
        "units": choice("all", ["all", "one"]),
    },
)

lesson.idea(
    "LSTM gates",
    "An LSTM has a memory of its own, the cell. Three gates decide, for each unit and at each token, how much of it "
    "to keep, how much of the new to let in, and how much to show.",
    r"C_t = f_t * C_{t-1} + i_t * \tilde{C}_t \qquad h_t = o_t * \tanh(C_t)",
    {
        "f_t, i_t, o_t": "forget, input and output gate, 0 to 1", r"\tilde{C}_t": "the candidate, what could be new",
        "C_t": "the cell", "h_t": "the hidden state, all that the next layer sees", "*": "unit by unit",
    },
)  # fmt: skip

finished, typed, loaded = scrubber.controls(
    view, "lstm", lambda: long_text.first_of(st.text_area("Text", key=view.key("prompt"), height=112), 5000)
)
tokenizer = loaded.tokenizer
ids = scrubber.ids_of(loaded, typed, gates.MAX_SHOWN)
seen, tokens = gates.seen(loaded, ids), gates.tokens_of(loaded, ids)
layer = min(view["layer"], len(seen.insides) - 1)
inside, found = seen.insides[layer], gates.measured(loaded, ids, layer)
P, H = inside.cell.shape
sortings = gates.sortings(found)
names = [sorting.name for sorting in sortings]


# ---- the stage: the text, the heatmaps, the equations -----------------------------------------------------------


def on_locked() -> None:
    """A unit and a token were locked or let go, or the order changed: the view follows."""
    now = held_in(STAGE, P, H, names)
    if now is not None:
        none = now.unit is None or now.position is None
        view.set(unit=-1 if none else now.unit, place=-1 if none else now.position, sort=now.sort)


holds = 0 <= view["unit"] < H and 0 <= view["place"] < P
asked = Locked(
    view["unit"] if holds else None, view["place"] if holds else None,
    view["sort"] if view["sort"] in names else names[0],
)  # fmt: skip
locked = lstm_gates(
    inside, tokens, sortings, locked=asked, apart=tokenizer.kind == "word", key=STAGE, on_locked=on_locked
)
unit = locked.unit if locked.unit is not None else int(sortings[names.index(locked.sort)].order[0])
place = locked.position if locked.position is not None else P - 1
st.caption(
    "Rows are units, columns are tokens. An open gate has its full colour, a shut one none; a state is blue above 0, "
    f"orange below. Units are measured on {found.n_tokens:,} tokens of {lesson.named(found.where)}"
    + (" that the model has not trained on." if found.where != "this text" else ", which is short for that.")
)


def opening() -> None:
    """The opening state, with the race as it was measured before."""
    view.reset()
    measured.as_shipped(PAGE, memory_race.NAME)


best = gates_says.best_of(found, "uppercase")
lesson.try_this(
    view,
    [
        ("Follow the unit that knows capitals", {"sort": "uppercase", "unit": best, "place": min(6, P - 1)}),
        ("Forget everything at every token", {"gate": "forget_gate", "value": 0, "units": "all"}),
        ("Let nothing new in", {"gate": "input_gate", "value": 0, "units": "all"}),
        ("Before it had learnt anything", {"step": (scrubber.steps(finished) or [scrubber.LAST])[0]}),
    ],
    reset=opening,
)
lesson.what_you_see(gates_says.of_units(found, unit, H))


# ---- what if ----

st.subheader("What if a gate were held?", anchor=False, divider="gray")
with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    st.segmented_control(
        "Hold the gate", list(GATES), format_func=GATES.__getitem__, key=view.key("gate"), required=True
    )
    st.segmented_control("at", list(VALUES), format_func=VALUES.__getitem__, key=view.key("value"), required=True)
    st.segmented_control(
        "of", ["all", "one"], format_func={"all": f"all {H} units", "one": f"unit {unit}"}.__getitem__,
        key=view.key("units"), required=True,
    )  # fmt: skip
gate, value = view["gate"], view["value"]
moved = gates.held(loaded, ids, gate, value, None if view["units"] == "all" else (unit,), layer)
hue = PARTS.index(gate)
gates_says.what_if(PAGE, seen, moved, tokenizer, tokens, ids, place, hue)

gates_says.predict(PAGE, loaded, ids, layer, seen.loss)
memory_race.section(PAGE)

with st.expander("Go further", icon=":material/tune:"):
    gates_says.further(view, loaded, ids, layer, seen)

lesson.the_code(
    PAGE,
    ["lmcore.models.lstm:LSTM.cell", "lmcore.probes.gates:held", "lmcore.probes.gates:correlations",
     "lmcore.training.memory_race:race"],
    gates_says.script(loaded, view["step"], ids, layer, unit, gate, value, view["units"] == "one"),
)  # fmt: skip
lesson.the_numbers(
    PAGE,
    lambda: gates_says.numbers(PAGE, inside, tokens, unit, found, moved),
    note="What the pictures show, in tables.",
)
view.publish()
