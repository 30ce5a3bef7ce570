"""Generation / Inspect: every token of a text with its probability, and what else could have come."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lmcore import evaluation
from lmcore.probes.alternatives import Place
from pages.shared import components, lesson, long_text, models, scripts
from pages.shared.view import View, number, text, token_list, whole

PAGE = "inspect"
STRIP = f"{PAGE}.strip"
MAX_SHOWN = 600  # tokens on the strip
ANEW = {"keep": -1, "drawn": ()}
N_OPENING = 32  # tokens that the model has written when the page opens
PROMPT = "Once there was a boy named Leo who had a"

view = View(
    PAGE,
    {
        "model": text(models.DEFAULT, 80),
        "prompt": text(PROMPT, 5000),
        "keep": whole(-1, -1, 5000),  # how many tokens of the prompt stay, after a branch inside it; -1 is all
        "drawn": token_list(500),
        "T": number(0.8, 0, 5),
        "seed": whole(1, 0, 9999),
    },
)

lesson.idea(
    "Inspect",
    "Every token of a text was one of many that could have come. Point at one to see the others; click one to branch.",
    r"\log p(x_1, \dots, x_L) = \sum_{t=1}^{L} \log p(x_t \mid x_1, \dots, x_{t-1})",
    {"x_t": "the token at place $t$", "L": "the number of tokens", r"\log": "natural logarithm (nats)"},
)


def changed() -> None:
    """Another prompt or model: what was written for the old one goes."""
    view.set(**ANEW)
    history.clear()


history: list[tuple[int, tuple[int, ...]]] = st.session_state.setdefault(f"{PAGE}.history", [])
controls = st.columns([2, 4], vertical_alignment="bottom")
with controls[0]:
    loaded = models.picker("Model", view, "model", on_change=changed)
with controls[1]:
    typed = long_text.first_of(st.text_area("Text", key=view.key("prompt"), height=68, on_change=changed), 5000)

tokenizer, V = loaded.tokenizer, loaded.tokenizer.vocab_size
prompt_ids = tuple(tokenizer.encode(typed))
lesson.say_unknown(tokenizer, typed)


def now() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The prompt's tokens that stay, and those that came after them.

    In the opening state the model has already written. Nobody asked for that, so it is no part of the URL.
    """
    kept = prompt_ids if view["keep"] < 0 else prompt_ids[: view["keep"]]
    if view.untouched:
        return kept, models.written(loaded, kept, N_OPENING, view["T"], view["seed"])
    return kept, tuple(token for token in view["drawn"] if 0 < token < V)


def stay() -> None:
    """Other settings for what is written next: what stands there stays."""
    view.set(drawn=now()[1])


def write(n: int, start: tuple[int, ...], already: tuple[int, ...]) -> None:
    """Let the model go on: n tokens drawn at this page's temperature, after `start` and `already`."""
    history.append((view["keep"], view["drawn"]))
    n = max(0, min(n, MAX_SHOWN - len(start) - len(already)))
    more = models.written(loaded, (*start, *already), n, view["T"], view["seed"] + len(already))
    view.set(keep=len(start) if len(start) < len(prompt_ids) else -1, drawn=(*already, *more))


def write_on(n: int) -> None:
    """The button: go on from the end."""
    write(n, *now())


def on_branch() -> None:
    """Put the clicked alternative in its place, cut what came after, and let the model go on from there."""
    if view.is_past:
        return
    kept, drawn = now()
    length = min(len(kept) + len(drawn), MAX_SHOWN)
    position, token = components.strip_branch(STRIP, length) or (0, 0)
    if 0 < token < V:
        already = (*drawn[: max(0, position - len(kept))], token)
        write(max(1, length - position - 1), kept[:position], already)


def go_back() -> None:
    """Undo the last branch or continuation."""
    if history:
        keep, was = history.pop()
        view.set(keep=keep, drawn=was)


def opening() -> None:
    """The opening state."""
    view.reset()
    history.clear()


stage = st.container()
lesson.try_this(
    view,
    [
        ("Swap two words and watch the score fall", {**ANEW, "prompt": "Leo had a who named boy a was there Once"}),
        ("Score the end of a story", {**ANEW, "prompt": "Ella hugged the squirrel first and the drum second."}),
        ("Set T to 2, then press Write 20", {"drawn": (), "T": 2.0}),
    ],
    then=history.clear,
    reset=opening,
)
reading = st.container()
lesson.predict(
    PAGE,
    "You put a word that hardly fits into the middle of the text. What happens to the tokens after it?",
    ["Nothing: each token has its own probability", "They change too: each is judged given all before it"],
    1,
    "Every factor is p(token | all before it), so one odd word moves every distribution after it. Branch and see.",
)
with st.expander("Go further", icon=":material/tune:"):
    st.slider("Temperature of what the model writes here", 0.0, 5.0, step=0.05, key=view.key("T"), on_change=stay)
    st.number_input("Seed", 0, 9999, key=view.key("seed"), help="The same seed writes the same text.", on_change=stay)
below = st.container()


@st.fragment
def follow() -> None:
    """What changes when tokens are written or a branch is taken. Only this runs then, not the page around it."""
    view.do(write_on)
    kept, drawn = now()
    ids = (*kept, *drawn)[:MAX_SHOWN]
    with stage:
        acts()
        if len(kept) + len(drawn) > MAX_SHOWN:
            st.caption(f"The first {MAX_SHOWN} tokens are shown; the text has {len(kept) + len(drawn):,}.")
        if not ids:
            st.info("Type a text, or let the model write the first token.", icon=":material/info:")
            for place in (reading, below):  # a fragment may later write only where it wrote in the page's own run
                place.container()
    if ids:
        found = models.text_places(loaded, ids)
        perplexity = evaluation.perplexity(-sum(place.log_prob for place in found), len(found))
        with stage:
            draw(found, len(kept))
            lesson.say_cut(loaded.model, len(kept) + len(drawn))
            scores(found, ids, perplexity, n_characters(kept, ids))
        with reading:
            read(found, perplexity)
        with below:
            behind(found, ids)
    view.publish()


def acts() -> None:
    """The buttons over the strip."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for n, label, icon, key in ((1, "Write one token", "edit", "one"), (20, "Write 20", "edit_note", "more")):
            st.button(label, on_click=view.later, args=("write_on", n), icon=f":material/{icon}:", key=f"{PAGE}.{key}")
        st.button("Go back", on_click=go_back, disabled=not history, icon=":material/undo:", key=f"{PAGE}.back")


def draw(found: Sequence[Place], n_prompt: int) -> None:
    """The strip."""
    components.token_strip(
        [
            {
                "text": tokenizer.itos[place.token], "prob": place.prob, "rank": place.rank, "entropy": place.entropy,
                "alternatives": [[tokenizer.itos[token], prob, token] for token, prob in place.alternatives],
            }
            for place in found
        ],
        key=STRIP, n_prompt=n_prompt, locked=min(n_prompt, len(found) - 1), on_branch=on_branch,
    )  # fmt: skip


def n_characters(kept: Sequence[int], ids: Sequence[int]) -> int:
    """How long the text is: what was typed counts as it was typed, though an unknown word is read as `<unk>`."""
    length = len(tokenizer.decode(ids))
    if len(kept) == len(prompt_ids) <= len(ids):
        length += len(typed) - len(tokenizer.decode(kept))
    return length


def scores(found: Sequence[Place], ids: Sequence[int], perplexity: float, n_chars: int) -> None:
    """The text as three numbers."""
    total = sum(place.log_prob for place in found)
    bits = evaluation.bits_per_character(-total, n_chars)
    with st.container(horizontal=True, gap="large"):
        st.metric("Log-likelihood", f"{total:.1f} nats", width="content")
        st.metric("Perplexity", f"{perplexity:.3g} a token", width="content")
        st.metric("Bits per character", f"{bits:.3g}", width="content")


def read(found: Sequence[Place], perplexity: float) -> None:
    """What you see, in this text's numbers."""
    surprise = min(found, key=lambda place: place.log_prob)
    certain = max(found, key=lambda place: place.log_prob)
    many = len(found) > 1
    surest = f"; the surest is {lesson.chip(tokenizer.itos[certain.token])} with {certain.prob:.3g}" if many else ""
    lesson.what_you_see(
        f"The {f'most surprising of these {len(found)} tokens' if many else 'one token'} is "
        f"{lesson.chip(tokenizer.itos[surprise.token])} with probability {surprise.prob:.3g}, its rank "
        f"{surprise.rank:,} of {V - 1:,}{surest}. Perplexity {perplexity:.3g} means: on average the model was as "
        f"unsure as if it chose among {perplexity:.3g} equally likely tokens."
    )


def behind(found: Sequence[Place], ids: Sequence[int]) -> None:
    """The code and the numbers of what is drawn now."""
    lesson.the_code(
        PAGE,
        ["lmcore.probes.alternatives:place", "lmcore.probes.alternatives:places", "lmcore.sampling:generate"],
        f"""
{scripts.open_model(loaded)}
from lmcore.probes.alternatives import places

ids = {list(ids)!r}
total = 0.0
for place in places(model, ids):
    total += place.log_prob
    print(f"{{tokenizer.itos[place.token]!r:16}} {{place.prob:.4g}} rank {{place.rank}}")
print(f"log-likelihood {{total:.4f}} nats")
""",
    )
    lesson.the_numbers(
        PAGE,
        lambda: pd.DataFrame(
            {
                "place": range(1, len(found) + 1),
                "token": [tokenizer.itos[place.token] for place in found],
                "probability": [place.prob for place in found],
                "log-probability (nats)": [place.log_prob for place in found],
                "rank": [place.rank for place in found],
                "entropy (nats)": [place.entropy for place in found],
            }
        ),
    )


follow()
