"""Sampling, part six: a small model guesses ahead, a large one checks, and nothing is lost."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.speculative import Round, acceptance, speculate
from pages.shared import lesson, models, scripts, scrubber
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.sampling_here import PAGE, Here
from pages.shared.sampling_rounds import guess_in, guesses_of, speculative_rounds
from pages.shared.small_components import written_text

ROUNDS = f"{PAGE}.rounds"
DRAFT, MAX_K, N_TOKENS = "ffnn-tales-word", 8, 40
SAYS = (
    "Most tokens are easy. Let a small model guess a few ahead, let the large one look at all of them in one pass, and "
    "keep what it would have drawn anyway."
)


def _drafts(here: Here) -> dict[str, Loaded]:
    """The models that can draft: the same vocabulary token for token, an earlier self of the same model among them."""
    found: dict[str, Loaded] = {}
    for name, choice in models.choices(here.view.share).items():
        if name == here.loaded.id or (choice.folder is not None and name not in models.shipped()):
            continue
        candidate = models.load(choice)
        if candidate.tokenizer.itos == here.itos:
            found[name] = candidate
    for step in _early(here.loaded):
        found[f"step-{step}"] = scrubber.at(here.loaded, step)
    return found


def _early(loaded: Loaded) -> list[int]:
    """Two earlier states of the model: one young, one half grown."""
    kept = [step for step in scrubber.steps(loaded)[1:-1] if step > 0]
    return sorted({kept[len(kept) // 2], kept[-1]}) if kept else []


def _title(here: Here, name: str, draft: Loaded) -> str:
    if name.startswith("step-"):
        return f"The same model after {int(name[5:]):,} steps"
    return draft.title


def _draft(here: Here) -> tuple[str, Loaded] | None:
    found = _drafts(here)
    if not found:
        return None
    name = here.view["draft"] if here.view["draft"] in found else next(iter(found))
    return name, found[name]


def _rounds(here: Here, draft: Loaded) -> list[Round]:
    return _speculated(
        here.loaded.hash, draft.hash, here.prompt_ids, here.view["k"], here.view["seed"],
        Unhashed((here.loaded.model, draft.model)),
    )  # fmt: skip


@functools.lru_cache(maxsize=8)  # each guess holds two distributions over the vocabulary
def _speculated(content: str, other: str, ids: tuple[int, ...], k: int, seed: int, hidden: Unhashed) -> list[Round]:
    model, draft = hidden.value
    return list(speculate(model, draft, list(ids), max_new_tokens=N_TOKENS, n_draft=k, seed=seed))


def stage(here: Here) -> None:
    """The draft model, the rounds, and the text they make."""
    view, found = here.view, _drafts(here)
    if not found:
        st.info(
            "No other model here has exactly this vocabulary, and both must speak of the same tokens. Choose a model "
            "on little tales: a feed-forward model and counted ones share its words."
        )
        return
    if view["draft"] not in found:
        view.set(draft=next(iter(found)))
    columns = st.columns([5, 3, 2], vertical_alignment="bottom")
    with columns[0]:
        st.selectbox(
            "Draft model", list(found), format_func=lambda name: _title(here, name, found[name]), key=view.key("draft"),
            on_change=lambda: view.set(guess=-1),
        )  # fmt: skip
    with columns[1]:
        st.slider("Tokens guessed in a round", 1, MAX_K, key=view.key("k"), on_change=lambda: view.set(guess=-1))
    with columns[2]:
        st.button(
            "Draw anew", icon=":material/casino:", key=f"{PAGE}.two-anew",
            on_click=lambda: view.set(seed=(view["seed"] + 1) % 10_000, guess=-1),
        )  # fmt: skip
    rounds = _rounds(here, found[view["draft"]])
    n = len(guesses_of(rounds))

    def on_locked() -> None:
        guess = guess_in(ROUNDS, n)
        if guess is not None:
            view.set(guess=guess)

    sizes = found[view["draft"]].model.n_params, here.loaded.model.n_params
    st.caption(
        f"The draft has {sizes[0]:,} numbers, the large model {sizes[1]:,}; both know the same "
        f"{len(here.itos) - 1:,} tokens."
    )
    tokens = [token for one in rounds for token in one.tokens]
    written_text(here.prompt, [here.itos[token] for token in tokens], key=f"{PAGE}.two-written", most=N_TOKENS + MAX_K)
    first_refused = next((i for i, guess in enumerate(guesses_of(rounds)) if not guess.accepted), 0)
    locked = view["guess"] if 0 <= view["guess"] < n else first_refused
    speculative_rounds(rounds, here.itos, locked=locked, key=ROUNDS, on_locked=on_locked)


def reading(here: Here) -> str:
    """How many passes it took."""
    picked = _draft(here)
    if picked is None:
        return "Nothing is drawn: there is no second model with this vocabulary."
    rounds = _rounds(here, picked[1])
    guesses = guesses_of(rounds)
    n_tokens = sum(len(one.tokens) for one in rounds)
    accepted = sum(guess.accepted for guess in guesses)
    said = (
        f"{n_tokens} tokens took {len(rounds)} passes of the large model instead of {n_tokens}: "
        f"{n_tokens / len(rounds):.2g} a pass. "
    )
    if not guesses:
        return said + "With a single token to draw there is nothing to guess."
    mean = float(np.mean([acceptance(guess.target, guess.draft) for guess in guesses]))
    return said + (
        f"{accepted} of {len(guesses)} guesses that were read were accepted ({accepted / len(guesses):.0%}); the "
        f"overlap Σ min(p, q) of the two distributions, {mean:.0%} on average, says so before any draw. A bad draft "
        "costs passes, never quality: what is refused is replaced by exactly what was missing."
    )


def predict() -> None:
    """A question about the draft."""
    lesson.predict(
        f"{PAGE}.two",
        "You take a worse draft model. What changes in the distribution of the text?",
        ["It moves towards the draft", "Nothing"],
        1,
        "Accepted guesses come with min(p, q), redrawn tokens add max(0, p − q). The sum is p for every token and any "
        "q. Only the number of passes grows.",
    )


def _opens(here: Here, name: str) -> str:
    """Lines that make `draft`."""
    if name.startswith("step-"):
        source = scripts.open_model(here.loaded, int(name[5:]))
    else:
        source = scripts.open_model(_drafts(here)[name])
    return source


def code(here: Here) -> tuple[list[str], str]:
    """The sources, and a script that prints the rounds."""
    sources = ["lmcore.speculative:speculate", "lmcore.speculative:residual", "lmcore.speculative:acceptance"]
    picked = _draft(here)
    if picked is None:
        return sources, "# there is no second model with this vocabulary"
    script = f"""
{_opens(here, picked[0])}
draft = model

{scripts.open_model(here.loaded)}
from lmcore.speculative import speculate

ids = tokenizer.encode({here.prompt!r})
for one in speculate(model, draft, ids, max_new_tokens={N_TOKENS}, n_draft={here.view["k"]}, seed={here.view["seed"]}):
    for guess in one.guesses:
        word = "accepted" if guess.accepted else "refused"
        print(f"{{tokenizer.itos[guess.token]!r:14}} q {{guess.q:.4f}}  p {{guess.p:.4f}}  u {{guess.u:.3f}}  {{word}}")
    print("  then", repr(tokenizer.itos[one.token]), "redrawn" if one.refused else "from the large model")
"""
    return sources, script


def table(here: Here) -> pd.DataFrame:
    """A row a guess, and a row for the token after a round's guesses."""
    picked = _draft(here)
    rows = []
    for n, one in enumerate(_rounds(here, picked[1]) if picked else [], start=1):
        for guess in one.guesses:
            rows.append((n, here.itos[guess.token], guess.q, guess.p, guess.accept, guess.u,
                         "accepted" if guess.accepted else "refused"))  # fmt: skip
        kind = "redrawn" if one.refused else "from the large model"
        rows.append((n, here.itos[one.token], math.nan, one.prob, math.nan, math.nan, kind))
    return pd.DataFrame(rows, columns=["round", "token", "q", "p", "min(1, p/q)", "u", "what happened"])


NOTE = "Every guess that was read. The p of a redrawn token is its probability in the residual."


def further(here: Here) -> None:
    """What it buys, and the sources."""
    st.caption(
        "Here the large model looks at the guesses one after another, which gives the same numbers and saves nothing. "
        "On an accelerator it looks at all of them in one pass that takes about as long as one token: that is the gain."
    )
    st.caption(
        "Leviathan, Kalman and Matias, “Fast inference from transformers via speculative decoding” (2023); Chen et "
        "al., “Accelerating large language model decoding with speculative sampling” (2023). T = 1 and nothing is cut "
        "here; with the same temperature and cuts on both models the same holds."
    )
    st.number_input("Seed of the draws", 0, 9999, key=here.view.key("seed"), help="Same seed, same rounds.")
