"""The models a page can ask "what comes next?": shipped ones, counted ones, one's own, and one shared by a link.

Models are cached by their folder and when it was written, answers by model and tokens: a rerun computes nothing twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from lmcore import checkpoints, sampling
from lmcore.models import FAMILIES
from lmcore.models.base import LanguageModel
from lmcore.probes.alternatives import Place, places
from lmcore.tokenizers.base import Tokenizer
from pages.shared import lesson, services
from pages.shared.cache import Unhashed
from pages.shared.view import View

DEFAULT = "gpt-tales-word"
SHARED = "shared"  # the model that the page's share link brings; its token stands in the URL once
COUNTED = {  # made in a moment when first asked for
    "count-mouse-2": ("Counted pairs (mouse)", "mouse", "word", 2),
    "count-tales-2": ("Counted pairs (tales)", "tales", "word", 2),
    "count-tales-3": ("Counted triplets (tales)", "tales", "word", 3),
}


@dataclass(frozen=True)
class Choice:
    """A model that can be picked: its id in the URL, its title, and where it lies (None for counted ones)."""

    id: str
    title: str
    folder: Path | None
    family: str = "ngram"


@dataclass(frozen=True)
class Loaded:
    """A model with its tokenizer, ready to answer; `hash` names its content."""

    id: str
    title: str
    model: LanguageModel
    tokenizer: Tokenizer
    card: dict
    hash: str
    folder: Path | None = None


@functools.cache
def shipped(families: tuple[str, ...] = tuple(FAMILIES)) -> dict[str, Choice]:
    """The models of some families that come with the playground, read once: their cards are long, every rerun asks."""
    cards = {name: (checkpoints.read_card(folder), folder) for name, folder in checkpoints.shipped().items()}
    return {
        name: Choice(name, str(card["title"]), folder, card["family"])
        for name, (card, folder) in cards.items()
        if card["family"] in families
    }


def own(families: Collection[str]) -> dict[str, Choice]:
    """This person's models of some families."""
    return {
        f"mine-{mine.id}": Choice(f"mine-{mine.id}", f"{mine.title} (yours)", mine.folder, mine.family)
        for mine in services.library().models(services.workspace())
        if mine.family in families
    }


def choices(shared: str | None = None) -> dict[str, Choice]:
    """Every language model this person can use, shipped ones first; `shared` is the token of a share link."""
    found = dict(shipped())
    found |= {name: Choice(name, title, None) for name, (title, *_rest) in COUNTED.items()}
    found |= own(FAMILIES)  # word vectors and the like cannot be asked what comes next
    if shared and (model := services.library().shared(shared)) and model.family in FAMILIES:
        found[SHARED] = Choice(SHARED, f"{model.title} (shared)", model.folder, model.family)
    return found


def picker(
    label: str, view: View, name: str, on_change: Callable[[], None] | None = None, *, family: str | None = None
) -> Loaded:
    """A select box of all language models, or of those of one family; the picked one, loaded.

    An id that is gone falls back to the default of the page, else of the playground. Each family has a shipped model.
    """
    found = {id: choice for id, choice in choices(view.share).items() if family in (None, choice.family)}
    return pick(label, view, name, found, view.fields[name].default if family else DEFAULT, on_change)


def pick(
    label: str,
    view: View,
    name: str,
    found: Mapping[str, Choice],
    fallback: str,
    on_change: Callable[[], None] | None = None,
) -> Loaded:
    """A select box of these models; the picked one, loaded. An id that is gone falls back, and that is said."""
    slot = f"{view.key(name)}.missing"
    if view[name] not in found:
        st.session_state[slot] = True
        view.set(**{name: fallback if fallback in found else next(iter(found))})
    titles = {id: choice.title for id, choice in found.items()}

    def changed() -> None:
        st.session_state.pop(slot, None)
        if on_change:
            on_change()

    st.selectbox(label, list(titles), format_func=titles.__getitem__, key=view.key(name), on_change=changed)
    if st.session_state.get(slot):
        st.caption(
            f"The model of that link is not in your library: this is {lesson.named(titles[view[name]])} instead."
        )
    return load(found[view[name]])


def load(choice: Choice) -> Loaded:
    """The model behind a choice, from the cache when it was used lately."""
    if choice.folder is None:
        return _counted(choice.id)
    checkpoint = _checkpoint(choice.folder, (choice.folder / "config.json").stat().st_mtime_ns)
    return Loaded(
        choice.id, choice.title, checkpoint.model, checkpoint.tokenizer, checkpoint.card, checkpoint.hash, choice.folder
    )


def counted_config(order: int) -> dict:
    """How the counted models are made: add-k smoothing, so that nothing is impossible."""
    return {"order": order, "smoothing": "add-k", "k": 0.01}


@functools.lru_cache(maxsize=16)
def _checkpoint(folder: Path, written: int) -> checkpoints.Checkpoint:
    return checkpoints.load(folder)


@functools.lru_cache(maxsize=8)
def _counted(id: str) -> Loaded:
    from lmcore import batches, corpora, models, tokenizers

    title, name, kind, order = COUNTED[id]
    corpus = corpora.load(name)
    tokenizer = tokenizers.train(kind, corpus.text)
    model = models.build("ngram", counted_config(order), tokenizer.vocab_size)
    model.fit(batches.tokenize(tokenizer, corpus.text))
    card = {"title": title, "corpus": {"name": name, "title": corpus.title}, "family": "ngram"}
    return Loaded(id, title, model, tokenizer, card, f"{id}-{corpus.sha256}")


# Answers. The caches are keyed by content; arrays in them are marked read-only because everybody shares them.


def next_log_probs(loaded: Loaded, ids: tuple[int, ...]) -> np.ndarray:
    """(V,) log p(next token | ids)."""
    return _next(loaded.hash, ids, Unhashed(loaded.model))


def text_places(loaded: Loaded, ids: tuple[int, ...], n_alternatives: int = 10) -> list[Place]:
    """Each token of a text with what else could have come."""
    return _places(loaded.hash, ids, n_alternatives, Unhashed(loaded.model))


def written(loaded: Loaded, ids: tuple[int, ...], n: int, temperature: float, seed: int) -> tuple[int, ...]:
    """The n tokens that the model draws after `ids`, the same ones for the same seed."""
    return _written(loaded.hash, ids, n, temperature, seed, Unhashed(loaded.model))


@functools.lru_cache(maxsize=512)
def _next(content: str, ids: tuple[int, ...], hidden: Unhashed) -> np.ndarray:
    log_probs = hidden.value.prompt(ids)[1].astype(np.float32)
    log_probs.flags.writeable = False
    return log_probs


@functools.lru_cache(maxsize=256)
def _places(content: str, ids: tuple[int, ...], n: int, hidden: Unhashed) -> list[Place]:
    return places(hidden.value, ids, n)


@functools.lru_cache(maxsize=64)
def _written(
    content: str, ids: tuple[int, ...], n: int, temperature: float, seed: int, hidden: Unhashed
) -> tuple[int, ...]:
    steps = sampling.generate(hidden.value, list(ids), max_new_tokens=n, temperature=temperature, seed=seed)
    return tuple(step.token for step in steps)


def warm_up() -> None:
    """Load the shipped models and let each answer once, before the first visitor does."""
    for choice in shipped().values():
        next_log_probs(load(choice), ())
