"""Workshop / Train: choose a text, train a model on it in front of everyone, and watch it learn."""

import math

import streamlit as st

from lmcore.jobs import JobError, JobStatus
from lmcore.library import LibraryError
from lmcore.training import spec as specs
from lmcore.training.presets import PRESETS
from pages.shared import lesson, live, models, scripts, services, texts
from pages.shared.lessons import LESSONS
from pages.shared.view import View, choice, text, whole

PAGE = "train"
TOKENIZERS = {"char": "Characters", "word": "Words", "bpe": "Word pieces"}
FAMILY_NAMES = {"gpt": "A GPT", "ffnn": "A feed-forward model", "rnn": "An RNN", "lstm": "An LSTM", "ngram": "Counts"}
SIZES = {name: preset.title for name, preset in PRESETS.items()}
SIZES |= {f"order-{n}": f"N-gram of order {n}" for n in (2, 3, 4)}
LIVELY = 60  # a run of up to so many seconds is looked at twice a second, a longer one once

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
runner, workspace = services.runner(), services.workspace()


def seconds_of(size: str) -> float:
    """How long a run takes here, measured for as many steps as the size itself says; 0 for counting."""
    preset = PRESETS.get(size)
    if preset is None:
        return 0.0
    return preset.seconds * (view["steps"] or preset.train["max_steps"]) / preset.train["max_steps"]


def size_and_time(size: str) -> str:
    """A size as it is offered: how long it takes follows the steps that are asked for."""
    return f"{SIZES[size]}, {lesson.duration(seconds_of(size)) if size in PRESETS else 'at once'}"


def offer_anew() -> None:
    """Other steps, other times: the browser knows the chosen size by its old words, so it is told the new ones."""
    view.set(size=view["size"])


lesson.idea(
    "Train",
    "A model learns by guessing the next token of a real text, again and again, and being nudged towards what came.",
    r"\mathcal{L} = -\dfrac{1}{N} \sum_{i=1}^{N} \log p(x_i \mid x_1, \dots, x_{i-1})",
    {r"\mathcal{L}": "the loss, in nats a token", "N": "the tokens of a batch", "x_i": "the token that really came"},
)

controls = st.columns([3.75, 1.9, 2.85, 1.4], vertical_alignment="bottom")
with controls[0]:
    corpus = texts.picker("Text", view.key("text"))
with controls[1]:
    st.selectbox("Tokens", list(TOKENIZERS), format_func=TOKENIZERS.__getitem__, key=view.key("tokenizer"))
with controls[2]:
    st.selectbox("Model and size", list(SIZES), format_func=size_and_time, key=view.key("size"))


def chosen_spec() -> dict:
    """The run that the controls describe; ValueError in words when it makes no sense."""
    size = view["size"]
    family = {"family": "ngram", "order": int(size[-1])} if size.startswith("order-") else {"preset": size}
    steps = {"max_steps": view["steps"]} if view["steps"] else {}
    spec = specs.make(corpus, tokenizer=view["tokenizer"], seed=view["seed"], **family, **steps)
    return {**spec, "task": "train"}


def unsaved() -> JobStatus | None:
    """The finished run on the stage, when nobody kept its model."""
    current = shown_job()
    if current is None or current.state != "done":
        return None
    kept = {model.run_id for model in services.library().models(workspace)}
    return None if current.job_id in kept else current


def shown_job() -> JobStatus | None:
    """The run on the stage: the one last asked for, else the newest of this workspace (so a reload finds it)."""
    watched = {job.job_id: job for job in runner.jobs(workspace) if is_of_this_page(job)}
    return watched.get(st.session_state.get(f"{PAGE}.job", "")) or next(iter(watched.values()), None)


def is_of_this_page(job: JobStatus) -> bool:
    """Other lessons train too, what this one does not offer."""
    return job.task == "train" and job.spec["model"]["family"] in FAMILY_NAMES and "start" not in job.spec


def train(anew: bool = False) -> None:
    """Ask for the run; what is refused is said on the page, and nothing is lost."""
    try:
        ticket = runner.submit(chosen_spec(), workspace, anew=anew)
    except (JobError, LibraryError, ValueError) as refusal:
        st.session_state[f"{PAGE}.refusal"] = str(refusal)
        return
    st.session_state[f"{PAGE}.job"] = ticket.job_id
    st.session_state.pop(f"{PAGE}.refusal", None)


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
    keep(unsaved())
    train()


def keep(job: JobStatus | None) -> None:
    """Put the run's model into the library."""
    if job is None:
        return
    try:
        made = runner.result(job.job_id)
        title = f"{SIZES.get(view['size'], 'Model')} on {corpus.title}"
        services.library().keep_model(workspace, made.folder, title=title, run_id=job.job_id)
        st.session_state[f"{PAGE}.note"] = "Kept. It is in your library, and every page offers it now."
    except (JobError, LibraryError) as refusal:
        st.session_state[f"{PAGE}.refusal"] = str(refusal)


with controls[3]:
    pressed = st.button("Train", type="primary", icon=":material/play_arrow:", key=f"{PAGE}.go", width="stretch")
if pressed:
    if unsaved() is not None:
        ask()
    else:
        train()
if refusal := st.session_state.get(f"{PAGE}.refusal"):
    lesson.refuse(refusal)


def watch(job_id: str) -> None:
    """The stage of a job. It runs by itself until the job has ended."""
    job = runner.status(job_id, workspace)
    run = live.of_job(job_id)
    st.markdown(f"**{headline(job)}** {live.status_sentence(job, run)}")
    if job.max_steps:
        st.progress(min(1.0, job.step / job.max_steps))
    with st.container():  # above the curves: Stop is in sight on a phone, and does not move when the curves come
        buttons(job)
    vocab_size = int(run.start.get("config", {}).get("vocab_size", 0))
    if vocab_size:
        live.stage(run, vocab_size=vocab_size, max_steps=job.max_steps or 1, key=f"{PAGE}.{job_id}")
    if not job.active and st.session_state.get(f"{PAGE}.polling") == job_id:
        st.session_state[f"{PAGE}.polling"] = None
        st.rerun()  # the whole page, once: the polling ends and the reading below gets its numbers
    if job.active and pace(job) > st.session_state.get(f"{PAGE}.pace", 0.0):
        st.rerun()  # also once: now it is known how long it takes


def pace(job: JobStatus) -> float:
    """Seconds between two looks at a run."""
    return 1.0 if (job.expected_left_s or 0) > LIVELY else 0.5


def headline(job: JobStatus) -> str:
    """Which run this is, in a few words."""
    family, tokenizer = job.spec["model"]["family"], job.spec["tokenizer"]["kind"]
    title = texts.title_of(job.spec["corpus"], titles)
    return f"{FAMILY_NAMES[family]} on {lesson.named(title)}, {TOKENIZERS[tokenizer].lower()}."


def buttons(job: JobStatus) -> None:
    """What can be done with the run on the stage."""
    if job.active:  # nothing more is looked up: everybody who watches comes here at every look
        if st.button("Stop", icon=":material/stop:", key=f"{PAGE}.stop", disabled=job.state == "stopping"):
            runner.stop(job.job_id, workspace)
            st.rerun()
        return
    kept = next((m for m in services.library().models(workspace) if m.run_id == job.job_id), None)
    with st.container(horizontal=True, gap="small"):
        if job.state in ("stopped", "failed") and st.button("Resume", icon=":material/resume:", key=f"{PAGE}.resume"):
            resume(job)
            st.rerun()
        if job.state in ("done", "stopped") and kept is None:
            st.button("Keep this model", icon=":material/bookmark_add:", key=f"{PAGE}.keep", on_click=keep, args=(job,))
        if kept is not None:
            for label, page in (("Drag its temperature", "temperature"), ("Inspect it", "inspect")):
                if st.button(label, icon=LESSONS[page].icon, key=f"{PAGE}.to-{page}"):
                    st.switch_page(LESSONS[page].file, query_params={"model": f"mine-{kept.id}"})
        if job.state in ("done", "failed", "stopped"):  # last: a second click on Keep must not land on it
            st.button("Train anew", icon=":material/replay:", key=f"{PAGE}.anew", on_click=train, args=(True,))
    if note := st.session_state.pop(f"{PAGE}.note", None):
        st.success(note, icon=":material/check:")


def resume(job: JobStatus) -> None:
    """Let a stopped run go on."""
    try:
        st.session_state[f"{PAGE}.job"] = runner.resume(job.job_id, workspace).job_id
    except JobError as refusal:
        st.session_state[f"{PAGE}.refusal"] = str(refusal)


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
    if job.active:
        st.session_state[f"{PAGE}.polling"] = job.job_id
    titles = texts.own_titles()
    st.session_state[f"{PAGE}.pace"] = pace(job)
    st.fragment(watch, run_every=pace(job) if job.active else None)(job.job_id)
    run = live.of_job(job.job_id)
    vocab_size = int(run.start.get("config", {}).get("vocab_size", 0))

lesson.try_this(
    view,
    [
        ("Tales in words, in a few seconds", {"text": "tales", "tokenizer": "word", "size": "tiny"}),
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
    left.number_input("Steps (0: as the size says)", 0, 100_000, step=100, key=view.key("steps"), on_change=offer_anew)
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
