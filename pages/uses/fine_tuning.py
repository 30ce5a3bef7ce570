"""Uses / Fine-tuning: a trained model goes on with another text, beside the same one from scratch."""

import pandas as pd
import streamlit as st

from lmcore.training.fine_tuning_race import BASE
from pages.shared import finetuning, finetuning_own, finetuning_says, lesson, measured, models, texts
from pages.shared.view import View, choice, text

PAGE = "fine-tuning"
PARTS = {"race": "Race", "ways": "Four ways", "few": "Few examples", "yours": "Your text"}
OWN_TEXT = "python-docs"

view = View(
    PAGE,
    {
        "part": choice("race", list(PARTS)),
        "loss": choice("second", list(finetuning.LOSSES)),
        "step": choice(50, finetuning.moments()),
        "text": text(OWN_TEXT, 80),
        "model": text(BASE, 80),
        "what": choice("all", list(finetuning_own.WHAT)),
        "steps": choice(200, finetuning_own.STEPS),
    },
)

lesson.idea(
    "Fine-tuning",
    "A model that has read one text learns a second one sooner, and from less of it, than a model that begins with "
    "nothing. And it forgets some of the first.",
    r"\theta_0 = \theta_{\mathrm{first\ text}}, \qquad \theta_{t+1} = \theta_t - \eta\, \nabla \mathcal{L}(\theta_t)",
    {
        r"\theta": "the weights",
        r"\mathcal{L}": "the loss on the new text, in nats a token",
        r"\eta": "the learning rate",
    },
)

st.segmented_control(
    "What to look at", list(PARTS), format_func=PARTS.__getitem__, key=view.key("part"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
part = view["part"]
rows = measured.rows_shown(PAGE, finetuning.NAME)

# ---- the stage: one part at a time ----------------------------------------------------------------------------------

if part == "race":
    st.markdown(finetuning_says.opening())
    finetuning.race(view)
elif part == "ways":
    finetuning.ways(view)
elif part == "few":
    finetuning.few(view)
else:
    finetuning_own.section(view)


def start_over() -> None:
    """The opening state, of the race too."""
    view.reset()
    measured.as_shipped(PAGE, finetuning.NAME)


lesson.try_this(
    view,
    [
        ("Read what both write at the end", {"part": "race", "loss": "second", "step": finetuning.moments()[-1]}),
        ("See what is forgotten", {"part": "race", "loss": "first", "step": finetuning.moments()[-1]}),
        ("Train adapters only", {"part": "ways", "loss": "second"}),
        ("Learn from one page", {"part": "few"}),
    ],
    reset=start_over,
)
if part == "yours":
    says = finetuning_own.reading(view)
else:
    says = finetuning_says.reading(rows, part, view["step"], view["loss"])
lesson.what_you_see(says)
finetuning_says.predict(PAGE, part, view["loss"])

with st.expander("Go further", icon=":material/tune:"):
    finetuning_says.further()


def code() -> tuple[list[str], str]:
    """The source behind this part and its script."""
    training = "lmcore.training."
    if part == "yours":
        base = models.load(models.choices(view.share)[view["model"]])
        corpus = texts.load(view["text"])
        spec = finetuning_own.spec_of(view, corpus, base, view["what"])
        return [f"{training}finetune:mark", f"{training}finetune:settings"], finetuning_own.script(spec, base)
    if part == "ways":
        parts = ["lmcore.models.lora:LoRALinear", "lmcore.models.adapters:merged", f"{training}finetune:mark"]
    else:
        parts = [f"{training}finetune:mark", f"{training}finetune:settings", f"{training}trainer:learn"]
    return parts, finetuning.script(part)


def table() -> pd.DataFrame:
    """The numbers of this part."""
    return finetuning_own.table(view) if part == "yours" else finetuning.table(PAGE, part)


lesson.the_code(PAGE, *code())
lesson.the_numbers(PAGE, table, note="What is drawn in this part, as a table. Losses are in nats a token, held out.")
view.publish()
