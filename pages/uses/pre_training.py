"""Uses / Pre-training: a text becomes pairs, one pass answers all of them, and one step makes the answers better."""

import pandas as pd
import streamlit as st

from lmcore.probes.one_step import RULES
from pages.shared import lesson, long_text, models, pretraining_doors, pretraining_says, scrubber
from pages.shared import pretraining as parts
from pages.shared.pretraining_doors import DOORS
from pages.shared.pretraining_pairs import LONGEST, Cut
from pages.shared.view import View, choice, text, whole

PAGE = "pre-training"
STAGE = f"{PAGE}.stage"
PROMPT = (
    "Once there was a girl named Ada who had a golden acorn. "
    "But one evening, a cold wind carried the golden acorn away."
)

view = View(
    PAGE,
    {
        "model": text(models.DEFAULT, 80),
        "prompt": text(PROMPT, 5000),
        "door": choice("windows", list(DOORS)),
        "length": whole(6, 1, LONGEST),
        "stride": whole(6, 1, LONGEST),
        "window": whole(1, 0, 9_999),
        "step": scrubber.field(),
        "place": whole(0, 0, 9_999),  # of the batch, row by row
        "phase": whole(0, 0, 3),
        "rule": choice("sgd", list(RULES)),
        "rate": choice(0.01, parts.RATES),
        "matrix": text("", 80),  # the first one when empty
        "weight": text("", 20),  # row and column; the one with the largest gradient when empty
    },
)

lesson.idea(
    "Pre-training",
    "A text asks its own questions: at every place, what comes next? The answer stands one token later. Training is "
    "asking, measuring how surprised the model was, and moving every weight a little so that it would be less so.",
    r"\mathrm{loss} = -\frac{1}{L} \sum_{t=1}^{L} \ln p(y_t \mid x_1, \dots, x_t), \qquad y_t = x_{t+1}",
    {"x": "a window of L tokens", "y": "the same window one token later", "p": "what the model gave the true token"},
)

row = st.columns([3, 7], vertical_alignment="bottom")
with row[0]:
    finished = models.picker("Model", view, "model", family="gpt")
with row[1]:
    typed = long_text.first_of(st.text_area("Text", key=view.key("prompt"), height=88), 5000)
lesson.say_unknown(finished.tokenizer, typed)
ids = scrubber.ids_of(finished, typed, parts.MAX_TOKENS)
if not ids:
    st.caption("A text without tokens asks nothing, so this is the text that the page opens with.")
    ids = tuple(finished.tokenizer.encode(PROMPT))[: parts.MAX_TOKENS] or (1,)
if view["step"] not in parts.steps_of(finished):
    view.set(step=scrubber.LAST)
loaded = scrubber.at(finished, view["step"])
most = parts.longest(finished)
length, stride = min(view["length"], most), min(view["stride"], most)
windows, at = parts.cut_text(ids, Cut(length, stride, view["window"]))
cut, batch = Cut(length, stride, at), parts.batch_of(windows, at)

# ---- the stage: one view at a time ------------------------------------------------------------------------------

st.segmented_control(
    "What to look at", list(DOORS), format_func=DOORS.__getitem__, key=view.key("door"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
door = view["door"]
if door in ("windows", "mask"):
    reader = loaded if door == "mask" else finished
    said = pretraining_doors.the_pairs(view, reader, windows, cut, f"{STAGE}.{door}", masked=door == "mask")
elif door == "loss":
    said = pretraining_doors.the_loss(view, finished, batch, f"{STAGE}.loss")
else:
    said = pretraining_doors.the_step(view, finished, loaded, batch, f"{STAGE}.step")

untrained = parts.steps_of(finished)[0]
lesson.try_this(
    view,
    [
        ("Let the windows overlap", {"door": "windows", "length": 6, "stride": 2, "window": 1}),
        ("See one mask do the work of eight pairs", {"door": "mask", "length": 8, "stride": 8, "window": 0}),
        ("Before it had learnt anything", {"door": "loss", "step": untrained}),
        ("Take a step that is too long", {"door": "step", "rule": "sgd", "rate": 1.0, "phase": 3, "weight": ""}),
    ],
)  # fmt: skip
lesson.what_you_see(said)

V = finished.model.vocab_size
start = float(parts.losses(scrubber.at(finished, untrained), batch).mean())
at_first = (
    f"This model at step {parts.shown_steps(finished)[0]:,}, on the batch of this text: {start:.4g} nats."
    if len(parts.steps_of(finished)) > 1
    else "Of this model only the end was kept."
)
lesson.predict(
    PAGE,
    f"A model with {V:,} tokens in its vocabulary has learnt nothing yet. What does a token cost it on average?",
    ["Nothing: it has made no mistake yet", f"About ln {V:,} = {parts.guess(finished):.3g} nats", f"About {V:,} nats"],
    1,
    f"It gives every token about 1/{V:,}, and −ln 1/{V:,} = ln {V:,} = {parts.guess(finished):.4g}. {at_first} A loss "
    "that does not begin there tells of a mistake in the code.",
)  # fmt: skip

with st.expander("Go further", icon=":material/tune:"):
    pretraining_doors.further(view, PAGE, finished, loaded, batch)


def code() -> str:
    """The script of the code section."""
    part, n = pretraining_doors.part_at(view, loaded, batch)
    rule, cell = pretraining_doors.rule_of(view), part.cell(n)
    return pretraining_says.script(loaded, view["step"], ids, batch, (length, stride), at, rule, part.name, cell)


lesson.the_code(
    PAGE,
    ["lmcore.probes.pairs:windows", "lmcore.probes.pairs:compare", "lmcore.probes.one_step:take",
     "lmcore.probes.one_step:direction", "lmcore.training.trainer:update"],
    code() if st.session_state.get(f"{PAGE}.code") else "",
)  # fmt: skip


def table() -> pd.DataFrame:
    """What the open view draws."""
    if door == "windows":
        return pretraining_says.table_of_pairs(finished, batch)
    if door == "mask":
        x, y = (tuple(array[at].tolist()) for array in (windows.x, windows.y))
        return pretraining_says.table_of_mask(loaded, x, y, parts.compared(loaded, x, y))
    if door == "loss":
        losses = parts.through(finished, batch)
        return pretraining_says.table_of_loss(finished, batch, losses, parts.shown_steps(finished))
    part, _ = pretraining_doors.part_at(view, loaded, batch)
    return pretraining_says.table_of_step(part, pretraining_doors.rule_of(view))


lesson.the_numbers(PAGE, table, note="What is drawn, of the view that is open.")
view.publish()
