"""Transformers / Inside a GPT: its parts, its heads, its blocks, and what each of them is for."""

import pandas as pd
import streamlit as st

from lmcore.probes.what_if import Part
from pages.shared import inside, inside_changes, inside_doors, inside_says, lesson, long_text, models, scrubber
from pages.shared.attention_explorer import MODES
from pages.shared.inside_doors import DOORS, LAST
from pages.shared.view import View, choice, text, whole

PAGE = "inside-gpt"
STAGE = f"{PAGE}.stage"
PROMPT = "Once there was a girl named Ada who had a golden acorn. But one evening, a cold wind carried the"
OTHER = "Once there was a boy named Leo who had a silver drum. But one evening, a cold wind carried the"
THING = 12  # the place of the acorn in the one, of the drum in the other

view = View(
    PAGE,
    {
        "model": text(models.DEFAULT, 80),
        "step": scrubber.field(),
        "prompt": text(PROMPT, 5000),
        "door": choice("map", list(DOORS)),
        "block": whole(0, 0, 47),
        "head": whole(0, 0, 63),
        "place": whole(LAST, LAST, inside.MAX_SHOWN),  # 0 is the start token
        "mode": choice("matrix", list(MODES)),
        "off": inside_changes.off_field(),
        "patch": choice(False, [False, True]),
        "other": text(OTHER, 2000),
        "after": whole(0, 0, 48),
        "from": whole(LAST, LAST, inside.MAX_SHOWN),
        "to": whole(LAST, LAST, inside.MAX_SHOWN),
    },
)

lesson.idea(
    "Inside a GPT",
    "One stream of numbers runs through the model at each token. Every block looks back (attention), thinks (MLP), and "
    "adds what it found; at the end the stream is read as the next token.",
    r"x \leftarrow x + \mathrm{attention}(\mathrm{norm}(x)) \qquad x \leftarrow x + \mathrm{MLP}(\mathrm{norm}(x))",
    {"x": "the stream, one vector a token", r"\mathrm{norm}": "brings a vector to one size", r"\leftarrow": "becomes"},
)

finished, typed, loaded = scrubber.controls(
    view, "gpt", lambda: long_text.first_of(st.text_area("Text", key=view.key("prompt"), height=88), 5000)
)
ids = scrubber.ids_of(loaded, typed, inside.most_tokens(loaded))
seen, (heads, where) = inside.seen(loaded, ids), inside.heads(loaded, ids)

# ---- the stage: one view at a time ------------------------------------------------------------------------------


def switch_off(part: Part) -> None:
    """Go and see what happens without this part."""
    view.set(off=list(dict.fromkeys([*view["off"], part.code])), door="what-if")


st.segmented_control(
    "What to look at", list(DOORS), format_func=DOORS.__getitem__, key=view.key("door"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
door = view["door"]
if door == "map":
    inside_doors.the_map(view, loaded, len(ids), f"{STAGE}.map")
elif door == "embedding":
    inside_doors.embedding(view, loaded, ids, seen)
elif door == "attention":
    inside_doors.attention(view, loaded, ids, seen, heads, switch_off, STAGE)
elif door == "mlp":
    inside_doors.mlp(view, loaded, ids, seen)
elif door == "lens":
    inside_doors.block_by_block(view, loaded, ids, seen, f"{STAGE}.lens")
else:
    inside_changes.interventions(view, loaded, ids, seen)

before, copies = inside.strongest(heads, "previous token"), inside.strongest(heads, "induction")
copier = heads is not None and heads.above_chance("induction")  # not every model has one
shows = inside.where_it_shows(seen, *before)
patched = {
    "door": "what-if", "prompt": PROMPT, "other": OTHER, "patch": True, "after": 0, "from": THING, "to": THING,
    "off": [], "place": LAST,
}  # fmt: skip
lesson.try_this(
    view,
    [
        (
            "See the head that looks most at the token before",
            {"door": "attention", "block": before[0], "head": before[1], "mode": "arcs",
             "place": LAST if shows is None else shows},
        ),
        (
            "Switch off the best induction head" if copier else "Switch off that head",
            {"door": "what-if", "off": [Part(*(copies if copier else before)).code], "patch": False},
        ),
        ("Put another story's drum in the place of the acorn", patched),
        ("Before it had learnt anything", {"step": (scrubber.steps(finished) or [scrubber.LAST])[0], "door": "lens"}),
    ],
)  # fmt: skip
place = inside_doors.place_of(view, len(ids))
picked = inside_doors.picked_of(view, loaded, len(ids))
off, patch = inside_changes.parts_off(view, loaded), inside_changes.patch_of(view, loaded, ids)
codes = tuple(part.code for part in off)
moved = inside.changed(loaded, ids, codes, patch) if door == "what-if" else None
lesson.what_you_see(
    inside_says.reading(
        door, loaded, ids, seen, heads, where, place, picked.layer, inside_says.changes(off, patch), moved
    )
)

n_layer = inside.config_of(loaded).n_layer
first = inside_says.decided(seen.lens.tokens[:, -1, 0])
lesson.predict(
    PAGE,
    "You stop the model after each block and read what it would say after the last token. From where on is its first "
    "choice the final one?",
    ["The embedding alone is enough", "Already in the first half of the blocks", "Only in the second half"],
    0 if first == 0 else 1 if first <= n_layer / 2 else 2,
    f"Here it is there from {inside_says.when(first)} on, of {n_layer} blocks; the view Block by block shows it at "
    "every token. Blocks add to one stream, so an answer can grow step by step.",
)

with st.expander("Go further", icon=":material/tune:"):
    inside_doors.further(view, PAGE, finished, loaded, ids)

lesson.the_code(
    PAGE,
    ["lmcore.models.gpt:Block", "lmcore.probes.arithmetic:pieces", "lmcore.probes.heads:places",
     "lmcore.probes.logit_lens:read_out", "lmcore.probes.what_if:off"],
    inside_says.script(loaded, view["step"], ids, place, (picked.layer, picked.head), codes, patch),
)  # fmt: skip


def table() -> pd.DataFrame:
    """The table that is asked for."""
    tables = inside_says.TABLES
    which = st.segmented_control("Of which picture", tables, key=f"{PAGE}.which", default=tables[0])
    return inside_says.table(
        which or tables[0],
        loaded,
        ids,
        seen,
        heads,
        (picked.layer, picked.head),
        inside.changed(loaded, ids, codes, patch),
    )


lesson.the_numbers(PAGE, table, note="What the pictures show, in tables.")
view.publish()
