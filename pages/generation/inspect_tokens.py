"""Generation / Inspect: every token of a text with its probability, and what else could have come."""

import pandas as pd
import streamlit as st

from lmcore import evaluation, sampling
from pages.shared import components, lesson, models, scripts
from pages.shared.view import View, number, text, token_list, whole

PAGE = "inspect"
STRIP = f"{PAGE}.strip"
MAX_SHOWN = 600  # tokens on the strip
ANEW = {"keep": -1, "drawn": ()}
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
    view.set(keep=-1, drawn=())
    history.clear()


history: list[tuple[int, tuple[int, ...]]] = st.session_state.setdefault(f"{PAGE}.history", [])
controls = st.columns([2, 4], vertical_alignment="bottom")
with controls[0]:
    loaded = models.picker("Model", view, "model", on_change=changed)
with controls[1]:
    typed = st.text_area("Text", key=view.key("prompt"), max_chars=5000, height=68, on_change=changed)

tokenizer, V = loaded.tokenizer, loaded.tokenizer.vocab_size
prompt_ids = tuple(tokenizer.encode(typed))
kept = prompt_ids if view["keep"] < 0 else prompt_ids[: view["keep"]]
drawn = tuple(token for token in view["drawn"] if 0 < token < V)
ids = (*kept, *drawn)[:MAX_SHOWN]


def write(n: int, start: tuple[int, ...], already: tuple[int, ...]) -> None:
    """Let the model go on: n tokens drawn at this page's temperature, after `start` and `already`."""
    steps = sampling.generate(
        loaded.model, [*start, *already], max_new_tokens=min(n, MAX_SHOWN - len(start) - len(already)),
        temperature=view["T"], seed=view["seed"] + len(already),
    )  # fmt: skip
    view.set(keep=len(start) if len(start) < len(prompt_ids) else -1, drawn=(*already, *(step.token for step in steps)))


def write_on(n: int) -> None:
    """The button: go on from the end."""
    history.append((view["keep"], drawn))
    write(n, kept, drawn)


def branch(position: int, token: int) -> None:
    """Put the clicked alternative in its place, cut what came after, and let the model go on from there."""
    if 0 < token < V:
        history.append((view["keep"], drawn))
        already = (*drawn[: max(0, position - len(kept))], token)
        write(max(1, len(ids) - position - 1), kept[:position], already)


def go_back() -> None:
    """Undo the last branch or continuation."""
    keep, was = history.pop()
    view.set(keep=keep, drawn=was)


def opening() -> None:
    """The opening state: the shipped model has already written."""
    view.reset()
    history.clear()
    st.session_state[f"{PAGE}.opened"] = False


if not st.session_state.get(f"{PAGE}.opened"):
    st.session_state[f"{PAGE}.opened"] = True
    if not drawn and typed == PROMPT and loaded.id == models.DEFAULT:
        write(32, prompt_ids, ())
        st.rerun()

with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    st.button("Write one token", on_click=write_on, args=(1,), icon=":material/edit:", key=f"{PAGE}.one")
    st.button("Write 20", on_click=write_on, args=(20,), icon=":material/edit_note:", key=f"{PAGE}.more")
    st.button("Go back", on_click=go_back, disabled=not history, icon=":material/undo:", key=f"{PAGE}.back")

if not ids:
    st.info("Type a text, or let the model write the first token.", icon=":material/info:")
    view.publish()
    st.stop()
if len(prompt_ids) + len(drawn) > MAX_SHOWN:
    st.caption(f"The first {MAX_SHOWN} tokens are shown; the text has {len(prompt_ids) + len(drawn):,}.")
lesson.say_unknown(tokenizer, typed)

found = models.text_places(loaded, ids)
strip = components.token_strip(
    [
        {
            "text": tokenizer.itos[place.token], "prob": place.prob, "rank": place.rank, "entropy": place.entropy,
            "alternatives": [[tokenizer.itos[token], prob, token] for token, prob in place.alternatives],
        }
        for place in found
    ],
    key=STRIP, n_prompt=len(kept), locked=min(len(kept), len(ids) - 1),
)  # fmt: skip

if strip.branch:
    branch(*strip.branch)
    st.rerun()

total = sum(place.log_prob for place in found)
n_chars = len(tokenizer.decode(ids))
perplexity = evaluation.perplexity(-total, len(found))
with st.container(horizontal=True, gap="large"):
    st.metric("Log-likelihood", f"{total:.1f} nats", width="content")
    st.metric("Perplexity", f"{perplexity:.3g} a token", width="content")
    st.metric("Bits per character", f"{evaluation.bits_per_character(-total, n_chars):.3g}", width="content")

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

surprise = min(found, key=lambda place: place.log_prob)
certain = max(found, key=lambda place: place.log_prob)
lesson.what_you_see(
    f"The most surprising of these {len(found)} tokens is {lesson.chip(tokenizer.itos[surprise.token])} with "
    f"probability {surprise.prob:.3g}, its rank {surprise.rank:,} of {V - 1:,}; the surest is "
    f"{lesson.chip(tokenizer.itos[certain.token])} with {certain.prob:.3g}. Perplexity {perplexity:.3g} means: on "
    f"average the model was as unsure as if it chose among {perplexity:.3g} equally likely tokens."
)
lesson.predict(
    PAGE,
    "You put a word that hardly fits into the middle of the text. What happens to the tokens after it?",
    ["Nothing: each token has its own probability", "They change too: each is judged given all before it"],
    1,
    "Every factor is p(token | all before it), so one odd word moves every distribution after it. Branch and see.",
)

with st.expander("Go further", icon=":material/tune:"):
    st.slider("Temperature of what the model writes here", 0.0, 5.0, step=0.05, key=view.key("T"))
    st.number_input("Seed", 0, 9999, key=view.key("seed"), help="The same seed writes the same text.")

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
view.publish()
