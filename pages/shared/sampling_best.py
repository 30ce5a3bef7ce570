"""Sampling, part five: greedy, beam search and drawing, and why the most probable sequence is not the best text."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lmcore import corpora
from lmcore.beam import Tree, beam_search
from lmcore.figures.decoding import sequences
from lmcore.figures.numbers import power, signed, small
from lmcore.probes import decoding
from pages.shared import lesson, scripts
from pages.shared.cache import Unhashed
from pages.shared.sampling_here import PAGE, Here
from pages.shared.sampling_tree import beam_tree, locked_in

TREE = f"{PAGE}.tree"
SAYS = (
    "A text's probability is a product, and its most probable first token need not begin its most probable sentence. "
    "A beam keeps several beginnings alive."
)
MAX_BEAMS, MAX_STEPS = 5, 16
N_DRAWN, N_TEXT, BEFORE = 12, 12, 24
ENDS = (".", "!", "?")


def ends_of(itos: list[str]) -> tuple[int, ...]:
    """The tokens that end a sentence."""
    return tuple(i for i, text in enumerate(itos) if text.strip() in ENDS)[:3]


def _end(here: Here) -> tuple[int, ...]:
    return ends_of(here.itos) if here.view["stop"] else ()


def _penalty(here: Here) -> float:
    """The length penalty; it matters only where paths end at different lengths."""
    return here.view["length_penalty"] if _end(here) else 1.0


def _tree(here: Here, beams: int) -> Tree:
    return _searched(
        here.loaded.hash, here.prompt_ids, beams, here.view["steps"], _penalty(here), _end(here),
        Unhashed(here.loaded.model),
    )  # fmt: skip


@functools.lru_cache(maxsize=64)
def _searched(
    content: str, ids: tuple[int, ...], beams: int, steps: int, penalty: float, end: tuple[int, ...], hidden: Unhashed
) -> Tree:
    return beam_search(
        hidden.value, list(ids), num_beams=beams, max_new_tokens=steps, length_penalty=penalty, end=end
    )  # fmt: skip


@functools.lru_cache(maxsize=64)
def _drawn(content: str, ids: tuple[int, ...], steps: int, seed: int, hidden: Unhashed) -> list[decoding.Written]:
    return [decoding.written(hidden.value, ids, 1.0, steps, seed + i) for i in range(N_DRAWN)]


@dataclass(frozen=True)
class Piece:
    """A piece of the text that the model learnt from, and what the model would have written there."""

    text: str
    mean: float
    """The mean log-probability of its tokens after what stands before them, in nats."""
    greedy: float
    """The same of the greedy continuation at that place."""
    greedy_text: str


@functools.lru_cache(maxsize=32)
def _pieces(content: str, name: str, steps: int, hidden: Unhashed) -> list[Piece]:
    """Pieces from places spread evenly over a shipped text; none of a text that is not shipped."""
    if name not in corpora.CATALOG or not corpora.CATALOG[name].available():
        return []
    model, tokenizer = hidden.value
    text, found = corpora.load(name).text, []
    for i in range(N_TEXT):
        at = text.find("\n", int(len(text) * (i + 0.5) / N_TEXT))
        ids = tokenizer.encode(text[at + 1 : at + 1 + 12 * (BEFORE + steps)])[: BEFORE + steps]
        if at >= 0 and len(ids) == BEFORE + steps:
            own = decoding.written(model, ids[:-steps], 0.0, steps, 0)
            mean = decoding.mean_log_prob(model, ids, steps)
            texts = tokenizer.decode(ids[-steps:]), tokenizer.decode(list(own.tokens))
            found.append(Piece(texts[0], mean, own.log_prob / steps, texts[1]))
    return found


def _real(here: Here) -> list[Piece]:
    name = str((here.loaded.card.get("corpus") or {}).get("name", ""))
    hidden = Unhashed((here.loaded.model, here.loaded.tokenizer))
    return _pieces(here.loaded.hash, name, here.view["steps"], hidden)


def _samples(here: Here) -> list[decoding.Written]:
    model = Unhashed(here.loaded.model)
    return _drawn(here.loaded.hash, here.prompt_ids, here.view["steps"], here.view["seed"], model)


def _text(here: Here, tokens: tuple[int, ...]) -> str:
    return here.loaded.tokenizer.decode(list(tokens))


def stage(here: Here) -> None:
    """The search's width and depth, the tree, the results, and where they lie beside draws and real text."""
    view = here.view
    columns = st.columns([2, 2, 2, 2], vertical_alignment="bottom")
    with columns[0]:
        st.slider(
            "Width of the beam", 1, MAX_BEAMS, key=view.key("beams"), help="1 is greedy: the best token each time."
        )
    with columns[1]:
        st.slider("Tokens", 1, MAX_STEPS, key=view.key("steps"))
    with columns[2]:
        st.toggle("End with the sentence", key=view.key("stop"), disabled=not ends_of(here.itos))
    with columns[3]:
        st.slider(
            "Length penalty",
            -2.0,
            3.0,
            step=0.1,
            key=view.key("length_penalty"),
            disabled=not _end(here),
            help="Finished paths are compared by ln p / length to this power. It matters once paths can end early.",
        )
    tree = _tree(here, view["beams"]).likeliest(2 * view["beams"])

    def on_locked() -> None:
        node = locked_in(TREE, len(tree.nodes))
        if node is not None:
            view.set(node=node)

    beam_tree(
        tree, here.itos, here.prompt[-60:], _penalty(here), locked=min(view["node"], len(tree.nodes) - 1), key=TREE,
        on_locked=on_locked,
    )  # fmt: skip
    st.markdown("#### The results, and their probability")
    halves = st.columns(2, gap="medium")
    for i, (name, tokens, total) in enumerate(_results(here)):
        halves[i // 2].markdown(
            f"**{name}** {lesson.chip(_text(here, tokens))}  \np = {small(math.exp(total))}, ln p = {signed(total)}, "
            f"{signed(total / len(tokens))} a token"
        )
    st.markdown("#### Beside draws, and beside the text it learnt from")
    st.plotly_chart(
        sequences(_groups(here), theme=lesson.theme()), key=f"{PAGE}.best-chart", config={"displayModeBar": False}
    )


def _results(here: Here) -> list[tuple[str, tuple[int, ...], float]]:
    """(name, tokens, log-probability)."""
    greedy, beam = _tree(here, 1).found[0], _tree(here, here.view["beams"]).found[0]
    rows = [("Greedy", greedy.tokens, greedy.total), (f"Beam of {here.view['beams']}", beam.tokens, beam.total)]
    rows += [(f"Drawn, {i + 1}", found.tokens, found.log_prob) for i, found in enumerate(_samples(here)[:2])]
    return rows


def _groups(here: Here) -> list[tuple[str, list[float], list[str]]]:
    greedy, beam = _results(here)[:2]
    samples = _samples(here)
    groups = [
        ("drawn, T = 1", [f.log_prob / len(f.tokens) for f in samples], [_text(here, f.tokens) for f in samples]),
    ]
    for name, tokens, total in (greedy, beam):
        groups.append((name.lower(), [total / len(tokens)], [_text(here, tokens)]))
    if real := _real(here):
        groups.append(("the text it learnt", [piece.mean for piece in real], [piece.text for piece in real]))
        groups.append(("greedy, same places", [piece.greedy for piece in real], [p.greedy_text for p in real]))
    return groups


def reading(here: Here) -> str:
    """Greedy against the beam, and both against real text."""
    (_, _, greedy), (_, tokens, beam), *_ = _results(here)
    samples = _samples(here)
    own = beam / len(tokens)
    below = sum(f.log_prob / len(f.tokens) < own for f in samples)
    if here.view["beams"] == 1:
        versus = "A beam of one is greedy decoding itself. "
    elif beam > greedy + 1e-6:
        versus = (
            f"The beam found a sequence {power((beam - greedy) / math.log(10))} times as probable as the greedy one, "
            "which takes the best token each time and never looks ahead. "
        )
    elif beam < greedy - 1e-6:
        versus = "The beam's answer is less probable than the greedy one: it is shorter, or judged by its score. "
    else:
        versus = "Here the beam found nothing more probable than the greedy sequence. "
    real = _real(here)
    text, search = "", "Search"
    if real:
        more = sum(piece.greedy > piece.mean + 1e-6 for piece in real)
        ours, theirs = (sum(values) / len(real) for values in zip(*((p.greedy, p.mean) for p in real), strict=True))
        text = (
            f"At {more} of {len(real)} places in the text it learnt from, what the model writes greedily is more "
            f"probable than what stands there; on average it has {signed(ours)} nats a token, the text "
            f"{signed(theirs)}. "
        )
        if ours > theirs:
            text += "A real text takes an unlikely word now and then; the most probable one hardly ever does. "
            search = "So search"
    return (
        versus
        + f"The beam's answer has {signed(own)} nats a token; {below} of {len(samples)} texts drawn at T = 1 are less "
        f"probable than that. {text}{search} serves where one answer is right, as in "
        "translation, and drawing where many are."
    )


def predict() -> None:
    """A question about the greedy path."""
    lesson.predict(
        f"{PAGE}.best",
        "Take the most probable token at each step. Is the sequence the most probable one of its length?",
        ["Yes, a product of the largest factors is the largest", "Not always"],
        1,
        "The factors depend on what was chosen before. 0.6 followed by at best 0.4 makes 0.24; 0.4 followed by 0.9 "
        "makes 0.36. To be sure, one would have to look at all V to the power L sequences; a beam looks at a few and "
        "may miss it too.",
    )


def code(here: Here) -> tuple[list[str], str]:
    """The sources, and a script that searches."""
    view = here.view
    script = f"""
import math

{scripts.open_model(here.loaded)}
from lmcore.beam import beam_search
from lmcore.probes import decoding

ids = tokenizer.encode({here.prompt!r})
for width in (1, {view["beams"]}):
    tree = beam_search(
        model, ids, num_beams=width, max_new_tokens={view["steps"]},
        length_penalty={_penalty(here)!r}, end={_end(here)!r},
    )
    print("beam of", width, "looked at", len(tree.nodes), "nodes")
    for found in tree.found:
        print(f"  ln p {{found.total:8.4f}}  score {{found.score:8.4f}}  {{tokenizer.decode(list(found.tokens))!r}}")
found = decoding.written(model, ids, 1.0, {view["steps"]}, seed={view["seed"]})
print(f"drawn: ln p {{found.log_prob:.4f}}  {{tokenizer.decode(list(found.tokens))!r}}")
"""
    return ["lmcore.beam:beam_search", "lmcore.probes.decoding:written"], script


def table(here: Here) -> pd.DataFrame:
    """Every node of the tree."""
    tree = _tree(here, here.view["beams"])
    return pd.DataFrame(
        {
            "step": [node.depth for node in tree.nodes],
            "path": [_text(here, tuple(tree.nodes[j].token for j in tree.path(i))) for i in range(len(tree.nodes))],
            "token": [here.itos[node.token] for node in tree.nodes],
            "p of the token": [math.exp(node.log_prob) for node in tree.nodes],
            "ln p of the path": [node.total for node in tree.nodes],
            "score": [node.score for node in tree.nodes],
            "kept": [node.kept for node in tree.nodes],
        }
    )


NOTE = "Every candidate that the search looked at, best first within a step."


def further(here: Here) -> None:
    """How the search decides, and the sources."""
    st.caption(
        "At each step twice as many candidates are looked at as the beam is wide, the best of them stay. Finished "
        "paths are compared by ln p divided by their length to the length penalty; without it short ones win, since "
        "each token costs probability. The rules are those of transformers' generate(num_beams=…)."
    )
    st.caption(
        "Holtzman et al., “The curious case of neural text degeneration” (2020), measured how far the most probable "
        "text lies from what people write."
    )
    st.number_input("Seed of the draws", 0, 9999, key=here.view.key("seed"), help="Same seed, same texts.")
