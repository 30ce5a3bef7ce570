"""Workshop / Train: choose a text, train a model on it in front of everyone, and watch it learn."""

import math

import streamlit as st

from lmcore.jobs import JobStatus
from lmcore.training import spec as specs
from lmcore.training.presets import PRESETS
from pages.shared import durations, lesson, live, models, own_run, scripts, texts
from pages.shared.lessons import LESSONS
from pages.shared.view import View, choice, text, whole

PAGE = "train"
TOKENIZERS = {"char": "Characters", "word": "Words", "bpe": "Word pieces"}
FAMILY_NAMES = {"gpt": "A GPT", "ffnn": "A feed-forward model", "rnn": "An RNN", "lstm": "An LSTM", "ngram": "Counts"}
SIZES = {name: preset.title for name, preset in PRESETS.items()}
SIZES |= {f"order-{n}": f"N-gram of order {n}" for n in (2, 3, 4)}
KEPT = "Kept. It is in your library, and every page offers it now."

view = View(
    PAGE,
    {
        "text": text(texts.DEFAULT, 80),
        "tokenizer": choice("char", list(TOKENIZERS)),
        "size": choice("tiny", list(SIZES)),
        "steps": whole(0, 0, 100_000),
        "seed": whole(1, 0, 9999),
    },
)


def sizes_and_times() -> dict[str, str]:
    """Each size as it is offered: how long it takes follows this machine, and the steps that are asked for."""
    a_step = durations.seconds_a_step()
    times = {
        size: lesson.duration(a_step[size] * (view["steps"] or preset.train["max_steps"]))
        for size, preset in PRESETS.items()
    }
    offered = {size: f"{title}, {times.get(size, 'at once')}" for size, title in SIZES.items()}
    if st.session_state.get(f"{PAGE}.offered", offered) != offered:
        view.set(size=view["size"])  # the browser knows the chosen one by its old words: it is told the new ones
    st.session_state[f"{PAGE}.offered"] = offered
    return offered


lesson.idea(
    "Train",
    "A model learns by guessing the next token of a real text, again and again, and being nudged towards what came.",
    r"\mathcal{L} = -\dfrac{1}{N} \sum_{i=1}^{N} \log p(x_i \mid x_1, \dots, x_{i-1})",
    {r"\mathcal{L}": "the loss, in nats a token", "N": "the tokens of a batch", "x_i": "the token that really came"},
)

controls = st.columns([3.75, 1.9, 2.85, 1.4], vertical_alignment="bottom")
with controls[0]:
    texts.picker("Text", view.key("text"))
with controls[1]:
    st.selectbox("Tokens", list(TOKENIZERS), format_func=TOKENIZERS.__getitem__, key=view.key("tokenizer"))
with controls[2]:
    st.selectbox("Model and size", list(SIZES), format_func=sizes_and_times().__getitem__, key=view.key("size"))


def chosen_spec() -> dict:
    """The run that the controls describe; ValueError in words when it makes no sense.

    They may have been set a moment ago, by a suggestion: whoever asks is told what they say now.
    """
    size, corpus = view["size"], texts.load(st.session_state[view.key("text")])
    family = {"family": "ngram", "order": int(size[-1])} if size.startswith("order-") else {"preset": size}
    steps = {"max_steps": view["steps"]} if view["steps"] else {}
    spec = specs.make(corpus, tokenizer=view["tokenizer"], seed=view["seed"], **family, **steps)
    return {**spec, "task": "train"}


def unsaved() -> JobStatus | None:
    """The finished run on the stage, when nobody kept its model."""
    current = shown_job()
    if current is None or current.state != "done":
        return None
    return None if own_run.kept(current) else current


def shown_job() -> JobStatus | None:
    """The run on the stage."""
    return own_run.shown(PAGE, is_of_this_page)


def is_of_this_page(job: JobStatus) -> bool:
    """Other lessons train too, what this one does not offer."""
    return job.task == "train" and job.spec["model"]["family"] in FAMILY_NAMES and "start" not in job.spec


def train(anew: bool = False) -> None:
    """Ask for the run."""
    own_run.ask(PAGE, chosen_spec, anew)


@st.dialog("The last model was not kept")
def ask() -> None:
    st.write("Train another one all the same? The finished run stays in your library for a few days.")
    with st.container(horizontal=True):
        go = st.button("Keep it, then train", type="primary", key=f"{PAGE}.keep-first", on_click=keep_then_train)
        go = st.button("Train without keeping it", key=f"{PAGE}.anyway", on_click=train) or go
        if go:
            st.rerun()  # closes the dialog


def keep_then_train() -> None:
    """The safe way on."""
    if (job := unsaved()) is not None:
        own_run.keep(PAGE, job, title_of_model(job), KEPT)
    train()


def title_of_model(job: JobStatus) -> str:
    """What a model is called in the library, until its owner says otherwise: after its run, not after the controls."""
    model = job.spec["model"]
    size = f"order-{model['order']}" if model["family"] == "ngram" else durations.size_of(model)
    return f"{SIZES.get(size, 'Model')} on {texts.title_of(job.spec['corpus'], texts.own_titles())}"


with controls[3]:
    pressed = st.button("Train", type="primary", icon=":material/play_arrow:", key=f"{PAGE}.go", width="stretch")
if pressed:
    if unsaved() is not None:
        ask()
    else:
        train()
if refusal := st.session_state.get(f"{PAGE}.refusal"):
    lesson.refuse(refusal)


def watch(job: JobStatus) -> None:
    """The stage of a job."""
    run = live.of_job(job.job_id)
    st.markdown(f"**{headline(job)}** {live.status_sentence(job, run)}")
    if job.max_steps:
        st.progress(min(1.0, job.step / job.max_steps))
    with st.container():  # above the curves: Stop is in sight on a phone, and does not move when the curves come
        title = title_of_model(job)
        own_run.buttons(PAGE, job, title=title, note=KEPT, use=to_other_pages, anew=lambda: train(anew=True))
    vocab_size = int(run.start.get("config", {}).get("vocab_size", 0))
    if vocab_size:
        live.stage(run, vocab_size=vocab_size, max_steps=job.max_steps or 1, key=f"{PAGE}.{job.job_id}")


def headline(job: JobStatus) -> str:
    """Which run this is, in a few words."""
    family, tokenizer = job.spec["model"]["family"], job.spec["tokenizer"]["kind"]
    title = texts.title_of(job.spec["corpus"], titles)
    return f"{FAMILY_NAMES[family]} on {lesson.named(title)}, {TOKENIZERS[tokenizer].lower()}."


def to_other_pages(id: str) -> None:
    """Where a kept model can be asked."""
    for label, page in (("Drag its temperature", "temperature"), ("Inspect it", "inspect")):
        if st.button(label, icon=LESSONS[page].icon, key=f"{PAGE}.to-{page}"):
            st.switch_page(LESSONS[page].file, query_params={"model": id})


job = shown_job()
if job is None:
    shipped = models.load(models.shipped()[models.DEFAULT])
    run = live.of_card(shipped.card)
    st.markdown(
        f"**A replay:** this is how the shipped model {lesson.named(shipped.title)} learned "
        f"in {shipped.card['steps']:,} steps. Press Train to see yours."
    )
    max_steps = run.steps[-1] if run.steps else 1
    live.stage(run, vocab_size=shipped.tokenizer.vocab_size, max_steps=max_steps, key=f"{PAGE}.shipped")
    vocab_size = shipped.tokenizer.vocab_size
else:
    titles = texts.own_titles()
    live.follow(job, watch)
    run = live.of_job(job.job_id)
    vocab_size = int(run.start.get("config", {}).get("vocab_size", 0))

lesson.try_this(
    view,
    [
        ("Tales in words, in a few seconds", {"text": "tales", "tokenizer": "word", "size": "tiny"}),
        ("A storyteller, of five books", {"text": "tales-5mb", "tokenizer": "word", "size": "stories"}),
        ("Count instead: order 3", {"text": "tales", "tokenizer": "word", "size": "order-3"}),
        ("A text far too small", {"text": "mouse", "tokenizer": "word", "size": "tiny"}),
    ],
    then=train,
)
if len(run.steps) and vocab_size:
    lesson.what_you_see(live.reading(run, vocab_size))
lesson.predict(
    PAGE,
    "Before the first step the model knows nothing. Where does its loss begin?",
    ["At zero", "Near ln V, the line of random guessing", "At infinity"],
    1,
    "It spreads its probability over all V tokens alike, so each costs ln V"
    + (f" = {math.log(vocab_size):.2f} nats here." if vocab_size else ".")
    + (f" {live.BEGINS_ABOVE}" if len(run.losses) and run.losses[0] > math.log(vocab_size) + 0.5 else ""),
)

with st.expander("Go further", icon=":material/tune:"):
    left, right = st.columns(2)
    left.number_input("Steps (0: as the size says)", 0, 100_000, step=100, key=view.key("steps"))
    right.number_input("Seed", 0, 9999, key=view.key("seed"), help="The same seed gives the same model.")
    st.caption(
        "Two people who ask for the same run watch one job. A run goes on when you close the page; "
        "come back and it is here."
    )

try:
    wanted = chosen_spec()
except ValueError:
    wanted = {}
if wanted:
    del wanted["task"]
    lesson.the_code(PAGE, ["lmcore.training.trainer:train"], scripts.train(wanted))
lesson.the_numbers(PAGE, lambda: live.table(run), note="One row a report of this run; losses in nats a token.")
view.publish()
