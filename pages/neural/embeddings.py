"""Neural / Embeddings: a word's index picks a row of a matrix, and training turns the rows into meaning."""

from typing import NoReturn

import streamlit as st

from lmcore.jobs import JobError, JobStatus
from lmcore.library import LibraryError
from lmcore.models.word2vec_config import METHODS
from pages.shared import embedding_parts as parts
from pages.shared import embedding_scripts, lesson, long_text, own_run, services, texts, vectors, work
from pages.shared.embedding_map import Look, embedding_lookup, embedding_map, looked_at
from pages.shared.vectors import Vectors
from pages.shared.view import View, choice, text, whole

PAGE = "embeddings"
MAP, SLOT = f"{PAGE}.map", f"{PAGE}.job"
LAST = -1  # the step in the URL: the end of the training
METHOD_NAMES = {"skip-gram": "Skip-gram: a word tells its neighbours", "cbow": "CBOW: the neighbours tell the word"}

view = View(
    PAGE,
    {
        "text": text(vectors.TEXT, 80),
        "word": text("queen", 60),
        "step": whole(LAST, LAST, 1_000_000),
        "show": choice("people", list(parts.GROUPS)),
        "ask": text("queen - female + male", 120),
        "live": choice("no", ["no", "yes"]),
        "method": choice("skip-gram", METHODS),
        "n_embd": choice(32, [4, 8, 16, 32, 64, 128]),
        "window": whole(5, 1, 10),
        "seed": whole(1, 0, 9999),
    },
)
runner, workspace = services.runner(), services.workspace()

lesson.idea(
    "Embeddings",
    "A network cannot read a word, only numbers: the word's index picks one row of a matrix. Trained on who stands "
    "beside whom, words that keep the same company come to lie in the same direction.",
    r"e_w = x_w^{\top}\, W \qquad \cos(u, v) = \dfrac{u \cdot v}{\lVert u \rVert \lVert v \rVert}",
    {
        "x_w": "one-hot: 1 at the word's index, else 0", "W": "the matrix, a row for each word",
        "e_w": "the word's embedding", r"\cos": "1 for the same direction, 0 for none in common",
    },
)  # fmt: skip


def train() -> None:
    """Train this run in front of everybody; one that was trained before is done anew."""
    st.session_state[f"{PAGE}.watched"] = True
    if view["live"] == "no":
        view.set(live="yes", step=LAST)
        return
    view.set(step=LAST)
    spec, _ = st.session_state.get(SLOT, (None, None))
    if spec is None:
        return
    try:
        st.session_state[SLOT] = (spec, runner.submit(spec, workspace, anew=True).job_id)
    except (JobError, LibraryError) as refusal:
        st.session_state[f"{PAGE}.refusal"] = str(refusal)


controls = st.columns([4, 3, 2], vertical_alignment="bottom")
with controls[0]:
    corpus = texts.picker("Text", view.key("text"))
word_box = controls[1].container()
with controls[2]:
    st.button("Train", type="primary", icon=":material/play_arrow:", key=f"{PAGE}.go", width="stretch", on_click=train)
if refused := st.session_state.pop(f"{PAGE}.refusal", None):
    lesson.refuse(refused)

spec = vectors.spec_of(corpus, view["seed"], method=view["method"], n_embd=view["n_embd"], window=view["window"])


# ---- the stage ------------------------------------------------------------------------------------------------------


def word_in(found: Vectors) -> str:
    """The word that is looked at; one that these vectors do not have falls back to one they have."""
    if view["word"] not in found.stoi:
        drawn, _ = parts.shown(found, view["show"], corpus, "")
        view.set(word=next(iter(drawn or found.stoi)))
    return view["word"]


def at_in(found: Vectors) -> int | None:
    """Which snapshot is looked at; None for the last."""
    return found.steps.index(view["step"]) if view["step"] in found.steps[:-1] else None


def draw_map(found: Vectors, learning: bool = False) -> tuple[list[str], list[str], parts.Map]:
    """The map and its controls; the words that are on it, their kinds, and what is drawn."""
    word = word_in(found)
    words, kinds = parts.shown(found, view["show"], corpus, word)
    slot, run = f"{PAGE}.axes", (st.session_state.get(SLOT, ("", "shipped"))[1], view["show"])
    kept = st.session_state.get(slot)
    drawn, axes = parts.make_map(found, words, kinds, kept[1] if kept and kept[0] == run else None)
    st.session_state[slot] = (run, axes)
    names = [found.tokenizer.itos[i] for i in found.words]

    def on_look() -> None:
        now = looked_at(MAP, len(names), len(found.steps))
        if now is not None:
            view.set(step=LAST if now.at is None else found.steps[now.at])
            if now.word is not None:
                view.set(word=names[now.word])

    embedding_map(
        drawn, names, found.steps, look=Look(names.index(word), at_in(found)), key=MAP, learning=learning,
        play=st.session_state.get(f"{PAGE}.play", 0), on_look=on_look,
    )  # fmt: skip
    return words, kinds, drawn


def watch(job: JobStatus) -> None:
    """The map of a run that still learns, as far as it got."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        lesson.tell(f"{work.said(job)} Step {job.step:,} of {job.max_steps or 0:,}.")
        if job.active:
            own_run.stop_button(PAGE, [job])
    found = vectors.of_job(job, corpus)
    if found is not None and len(found.words) > parts.FEWEST // 2:
        draw_map(found, learning=True)


def suggestions() -> None:
    """Sentences that set the controls."""
    lesson.try_this(
        view,
        [
            ("Paris − France + Italy", {"ask": "Paris - France + Italy", "show": "places", "word": "Paris"}),
            ("She who waits for the crown: prince − he + she", {"ask": "prince - he + she", "word": "prince"}),
            ("Four numbers a word: not enough room", {"n_embd": 4, "live": "yes"}),
            (
                "Little tales, which nobody made for this",
                {"text": "tales-small", "word": "Mia", "ask": "she - her + his"},
            ),
        ],
    )


def stop_here() -> NoReturn:
    """There is nothing more to show, but ways on."""
    suggestions()
    view.publish()
    st.stop()


if reason := parts.too_small(corpus):
    lesson.tell(reason)
    stop_here()
if vectors.is_shipped(spec) and view["live"] == "no":
    learnt = vectors.shipped()
    st.markdown(f"**A replay:** how the shipped vectors learned kingdoms in {learnt.max_steps:,} steps. Press Train.")
else:
    job = vectors.job_of(spec, SLOT)
    if job is None:
        stop_here()
    if job.state != "done":
        st.session_state[f"{PAGE}.watched"] = True
        work.watch(job, SLOT, watch)
        stop_here()
    kept = vectors.of_job(job, corpus)
    if kept is None:
        lesson.refuse("The vectors of this run are no longer kept. Press Train to make them anew.")
        stop_here()
    learnt = kept
    again = "It had been trained before, so this is a replay; Train does it again." if job.replay else ""
    st.markdown(f"**Trained** on {lesson.named(corpus.title)} in {learnt.max_steps:,} steps. {again}")
    if st.session_state.pop(f"{PAGE}.watched", False):  # seen from its beginning, once
        st.session_state[f"{PAGE}.play"] = st.session_state.get(f"{PAGE}.play", 0) + 1

with word_box:
    word_in(learnt)
    st.selectbox("Word", sorted(learnt.stoi, key=str.lower), key=view.key("word"))
if parts.has_kinds(learnt):
    st.segmented_control(
        "Show", list(parts.GROUPS), format_func=parts.TITLES.__getitem__, key=view.key("show"), required=True,
        label_visibility="collapsed",
    )  # fmt: skip
words, kinds, drawn = draw_map(learnt)
if honest := parts.honest_words(corpus, learnt, words):
    lesson.tell(honest)

# ---- one word, and sums of words ----------------------------------------------------------------------------------

word = word_in(learnt)
at = at_in(learnt)
here = len(learnt.steps) - 1 if at is None else at
st.subheader("From a word to its row", anchor=False)
embedding_lookup(word, learnt.stoi[word], learnt.tokenizer.itos, learnt.arrays[here], key=f"{PAGE}.lookup")

st.subheader("Sums of words", anchor=False)
typed = long_text.first_of(st.text_input("Ask with + and −", key=view.key("ask")), 120)
parts.analogy(PAGE, learnt, here, typed)

st.subheader("All analogies, as it learns", anchor=False)
parts.accuracy(PAGE, learnt)

suggestions()
scores = vectors.accuracies(learnt)
nearest = drawn.near[here, words.index(word)], drawn.cosines[here, words.index(word)]
lesson.what_you_see(
    f"Word {learnt.stoi[word]:,} of {len(learnt.tokenizer.itos):,} is {lesson.chip(word)}, "
    f"now {learnt.arrays.shape[2]} numbers. "
    + (
        f"At step {learnt.steps[here]:,} the word nearest to it is "
        f"{lesson.chip(learnt.tokenizer.itos[learnt.words[nearest[0][0]]])}, with a cosine of {nearest[1][0]:.2f}. "
        if nearest[0].size
        else ""
    )
    + (
        f"Of {scores[-1].n:,} analogies {scores[0].share:.1%} came out right before training and "
        f"{scores[-1].share:.1%} after it. "
        if scores[-1].n
        else ""
    )
    + "A map of two directions leaves out most of the others: near on the map need not be near in truth, "
    "so the list of neighbours uses all of them."
)
lesson.predict(
    PAGE,
    "To answer “Paris − France + Italy”, what must the text have said?",
    ["That Paris is to France as Rome is to Italy", "Only which words stand near which"],
    1,
    "No line of it names two countries. Rome is met with Italy as Paris is with France, and both with “capital”, "
    "“mayor” and “trains”: that is enough to make the two differences point the same way.",
)
with st.expander("Go further", icon=":material/tune:"):
    further = st.columns(2)
    further[0].selectbox("Method", METHODS, format_func=METHOD_NAMES.__getitem__, key=view.key("method"))
    further[1].segmented_control("Numbers a word", [4, 8, 16, 32, 64, 128], key=view.key("n_embd"), required=True)
    further[0].slider("Window: how many words to each side", 1, 10, key=view.key("window"))
    further[1].number_input("Seed", 0, 9999, key=view.key("seed"))
    st.caption(
        "Another choice trains another run, in a worker. Both methods learn to tell true neighbours from five words "
        "drawn at random; skip-gram with a small vocabulary uses the exact expectation of that loss, over all pairs."
    )

lesson.the_code(
    PAGE,
    [
        "lmcore.models.word2vec:table_loss", "lmcore.models.word2vec:table_gradient", "lmcore.models.word2vec:pairs",
        "lmcore.probes.embeddings:answers", "lmcore.probes.embeddings:principal_axes",
    ],
    embedding_scripts.ask(learnt, at, word, words, parts.read(typed, learnt.stoi)),
)  # fmt: skip
lesson.the_numbers(
    PAGE, lambda: parts.numbers(learnt, words, kinds, drawn, here),
    note=f"The words of the map at step {learnt.steps[here]:,}.",
)  # fmt: skip
view.publish()
