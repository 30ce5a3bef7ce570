"""Uses / Translator: a network reads a sentence, another writes it in French and looks back at every word."""

import streamlit as st

from pages.shared import lesson, long_text, translator_best, translator_heads, translator_own, translator_quality
from pages.shared import translator_models as translators
from pages.shared import translator_says as says
from pages.shared.translation import at_in, taken_in, translation
from pages.shared.translator_here import PAGE, STAGE, Here, shown
from pages.shared.view import View, choice, text, token_list, whole

SENTENCE = "The red car is in front of the white house."

PARTS = {
    "heads": "Who looks at whom", "best": "Greedy and beam", "quality": "How good it is", "own": "Your own pairs",
}  # fmt: skip

view = View(
    PAGE,
    {
        "model": text(translators.DEFAULT, 80),
        "text": text(SENTENCE, 2000),
        "beams": whole(1, 1, translator_best.MAX_BEAMS),
        "at": whole(1, 0, 63),  # not the word that the question asks about
        "taken": token_list(63),
        "part": choice("heads", list(PARTS)),
        "heads": choice("cross", list(translator_heads.KINDS)),
        "layer": whole(11, 0, 11),  # the last block, as on the stage; a model of fewer has an earlier last one
        "head": whole(0, 0, 63),
        "node": whole(-1, -1, 9999),
        "page": whole(1, 1, 9999),
    },
)

lesson.idea(
    "Translator",
    "One network reads the whole sentence. Another writes it in the other language, word by word, looks back at the "
    "source for every word, and stops when it writes the end.",
    r"p(y_1 \dots y_L \mid x) = \prod_{t=1}^{L} p(y_t \mid y_1 \dots y_{t-1},\, x)",
    {"x": "the sentence that is read", "y_t": "the words that are written", "L": "how many, the end token among them"},
)


def write_anew() -> None:
    """Another sentence, model or search: what was taken for the old one goes."""
    view.set(taken=(), node=-1)


controls = st.columns([3, 5, 2], vertical_alignment="bottom")
with controls[0]:
    loaded = translators.picker("Model", view, "model", write_anew)
with controls[1]:
    sentence = st.text_input("Sentence", key=view.key("text"), on_change=write_anew)
with controls[2]:
    st.select_slider(
        "Search", list(range(1, translator_best.MAX_BEAMS + 1)), key=view.key("beams"), on_change=write_anew,
        format_func=lambda n: "greedy" if n == 1 else f"beam of {n}",
    )  # fmt: skip
sentence = long_text.first_of(sentence)

here = Here.of(view, loaded, sentence)


def on_at() -> None:
    """The person went to a word."""
    at = at_in(STAGE, 64)
    if at is not None:
        view.set(at=at)


def on_take() -> None:
    """Another word is taken: it and all before it stand, the model goes on from there."""
    taken = taken_in(STAGE, len(here.tokens), loaded.tokenizer.vocab_size)
    if taken is not None:
        place, token = taken
        view.set(taken=(*here.tokens[:place], token), at=place, node=-1)


if here.refusal:
    lesson.refuse(here.refusal)
else:
    for line in says.notes(here):
        st.caption(line)
    translation(shown(here), loaded.tokenizer.itos, at=view["at"], key=STAGE, on_at=on_at, on_take=on_take)
    if here.taken:
        st.button(
            "Back to its own words", key=f"{PAGE}.own-words", icon=":material/undo:", type="tertiary",
            on_click=lambda: view.set(taken=(), node=-1),
        )  # fmt: skip

OPENING = {name: field.default for name, field in view.fields.items()}  # each sentence below sets all that it shows
lesson.try_this(
    view,
    [
        ("Adjectives change sides", OPENING | {"text": "I have some big green apples.", "at": 5}),
        ("Not becomes two words", OPENING | {"text": "Anna does not see them.", "at": 1}),
        ("A word it never saw", OPENING | {"text": "The dragon eats my cheese.", "at": 1}),
        ("The older network, one matrix", OPENING | {"model": translators.OLDER, "at": 6}),
        (
            "A beam of four finds a better one",
            OPENING | {"text": "My sister has a unicorn.", "at": 3, "beams": 4, "part": "best"},
        ),
    ],
)
lesson.predict(
    PAGE,
    "French puts the colour after the thing: “The red car” becomes “La voiture rouge”. Where does a model look while "
    "it writes “rouge”?",
    ["At the next English word in order", "At “red”, wherever it stands", "At the French word before it"],
    1,
    "Nothing ties place 3 of the translation to place 3 of the source. The query of the place that is being written "
    "finds the key that fits, and that is mostly the word to be said next. Start over, step to “rouge” and follow the "
    "thickest line: where the order of the languages differs, the lines cross.",
)
lesson.what_you_see(says.reading(here))

st.segmented_control(
    "Look further", list(PARTS), format_func=PARTS.__getitem__, key=view.key("part"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
if view["part"] == "quality":
    translator_quality.section(view, loaded)
elif view["part"] == "own":
    translator_own.section(view)
elif here.refusal:
    st.caption("There is no translation to look into.")
elif view["part"] == "heads":
    translator_heads.section(here)
else:
    translator_best.section(here)

with st.expander("Go further", icon=":material/tune:"):
    says.further(here)

sources, script = says.code(here)
lesson.the_code(PAGE, sources, script)
lesson.the_numbers(PAGE, lambda: says.table(here), note="One row a written word; p is the model's own.")
view.publish()
