"""Uses / Classifier: a head on a pre-trained body decides between labels, and counting words stands beside it."""

import pandas as pd
import streamlit as st

from pages.shared import classifier_few, classifier_own, classifier_quality, lesson, long_text, measured
from pages.shared import classifier_models as classifiers
from pages.shared import classifier_says as says
from pages.shared.classifier_here import Here
from pages.shared.view import View, choice, text
from pages.shared.word_votes import word_votes

PAGE = "classifier"
SENTENCE = "The soup was not bad at all."
PARTS = {"good": "How good it is", "few": "How few labels", "own": "Your own labels"}

view = View(
    PAGE,
    {
        "model": text(classifiers.DEFAULT, 80),
        "text": text(SENTENCE, 1000),
        "part": choice("good", list(PARTS)),
    },
)

lesson.idea(
    "Classifier",
    "A body that has learnt to predict the next word has learnt what words mean. Put one small linear map on its last "
    "vector, show it a few labels, and it decides between them.",
    r"p(k \mid x) = \mathrm{softmax}(W h + b)_k",
    {"x": "the text", "h": "the body's vector at the last word", "W, b": "the head", "k": "a label"},
)

controls = st.columns([3, 6], vertical_alignment="bottom")
with controls[0]:
    loaded = classifiers.picker("It decides", view, "model")
with controls[1]:
    typed = st.text_input("Text", key=view.key("text"))
here = Here.of(loaded, long_text.first_of(typed, 1000))

for line in says.notes(here):
    st.caption(line)
word_votes(
    here.tokens, here.labels, here.verdicts, unknown=here.unknown, key=f"{PAGE}.stage",
    hint="Point at a word to leave it out, click to keep it out. Click a label to see what speaks for it.",
    empty="There is no word to read: these are the guesses before the first one.",
)  # fmt: skip


def start_over() -> None:
    """The opening state, of the measurement too."""
    view.reset()
    measured.as_shipped(PAGE, classifier_few.NAME)


OPENING = {name: field.default for name, field in view.fields.items()}  # each sentence below sets all that it shows
lesson.try_this(
    view,
    [
        ("The main clause decides", OPENING | {"text": "Although the acting was good, the film was boring."}),
        (
            "Sure, and wrong",
            OPENING | {"text": "Although the acting was superb, the film was far from good."},
        ),
        (
            "Where counting is enough: the topic",
            OPENING | {"model": classifiers.TOPIC, "text": "The kitchen was open until ten. I found the stew bland."},
        ),
        ("A word it never saw", OPENING | {"text": "The soup was scrumptious."}),
    ],
    reset=start_over,
)
lesson.predict(
    PAGE,
    "Two hundred labelled texts, half of them praise. The same network is trained on them twice: once its body has "
    "read plain text before, once it begins with random weights. On new texts, guessing is right in 50 of "
    "100. And they?",
    ["Both about 90", "More than 90 with the body that has read, about 60 without", "About 60 both"],
    1,
    "Two hundred texts do not hold every word, and say of few what “not” does to it. The body knew both from text that "
    "nobody had labelled. “How few labels”, below, has the whole curve.",
)
lesson.what_you_see(says.reading(here))

st.segmented_control(
    "Look further", list(PARTS), format_func=PARTS.__getitem__, key=view.key("part"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
if view["part"] == "good":
    classifier_quality.section(view, here)
elif view["part"] == "few":
    classifier_few.section(PAGE)
else:
    classifier_own.section(view)

with st.expander("Go further", icon=":material/tune:"):
    says.further(here)


def table() -> pd.DataFrame:
    """The stage's numbers, or those of the curve when it is open."""
    return classifier_few.table(PAGE) if view["part"] == "few" else says.table(here)


lesson.the_code(PAGE, *says.code(here))
lesson.the_numbers(PAGE, table, note="The stage: one row a token. With “How few labels” open: one row a run.")
view.publish()
