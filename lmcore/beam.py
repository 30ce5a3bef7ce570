"""Beam search: the likeliest continuation, looked for along several paths at once. It keeps its tree.

Greedy decoding takes the likeliest token each time and never looks back. A beam of width B keeps the B likeliest
beginnings instead: each step every one of them is continued by every token, and the best B of all these stay.
The rules (how many candidates are looked at, the length penalty, when to stop) are those of transformers'
`generate(num_beams=B)` with `early_stopping=False`, so that its results are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lmcore.tokenizers.base import START_ID

if TYPE_CHECKING:
    from lmcore.models.base import LanguageModel

ROOT = -1  # the parent of the first tokens: the prompt
MAX_BEAMS = 64


@dataclass(frozen=True)
class Node:
    """One candidate that was looked at: a token after the path that leads to its parent."""

    parent: int
    """Index of its parent among the tree's nodes; ROOT for a first token."""
    depth: int
    """1 for a first token."""
    token: int
    log_prob: float
    """log p(token | prompt and path), in nats."""
    total: float
    """The log-probability of the whole path: the sum along it."""
    score: float
    """total / depth ** length_penalty: what finished paths are compared by."""
    kept: bool
    """It stayed in the beam, or was kept as finished. False: dropped."""
    finished: bool
    """Its path ends here, by an end token or because max_new_tokens is reached."""


@dataclass(frozen=True)
class Hypothesis:
    """A finished path."""

    node: int
    """Its last node."""
    tokens: tuple[int, ...]
    total: float
    """Its log-probability in nats."""
    score: float


@dataclass(frozen=True)
class Tree:
    """Everything that a search looked at: nodes in the order in which they came, best first within a step."""

    nodes: list[Node]
    found: list[Hypothesis]
    """The finished paths that were best, best first; at most one a beam."""

    def path(self, node: int) -> list[int]:
        """The nodes from a first token to `node`."""
        path = []
        while node != ROOT:
            path.append(node)
            node = self.nodes[node].parent
        return path[::-1]

    def likeliest(self, n: int) -> Tree:
        """The same tree with at most the n likeliest candidates of each step, and all that were kept."""
        count: dict[int, int] = {}
        new: dict[int, int] = {ROOT: ROOT}
        nodes: list[Node] = []
        for i, node in enumerate(self.nodes):
            count[node.depth] = count.get(node.depth, 0) + 1
            if node.kept or count[node.depth] <= n:
                new[i] = len(nodes)
                nodes.append(replace(node, parent=new[node.parent]))
        return Tree(nodes, [replace(found, node=new[found.node]) for found in self.found])


def beam_search(
    model: LanguageModel,
    ids: Sequence[int] = (),
    *,
    num_beams: int,
    max_new_tokens: int,
    length_penalty: float = 1.0,
    end: Sequence[int] = (),
    banned: Sequence[int] = (START_ID,),
) -> Tree:
    """Search the likeliest continuation of a prompt by a beam of `num_beams` paths. A beam of 1 is greedy decoding.

    A path ends at a token of `end`, else after `max_new_tokens`. Finished paths are compared by their log-probability
    divided by length ** length_penalty: 0 is the log-probability itself, which favours short paths; 1 its mean; more
    favours long ones. Among equals the path that stood higher comes first, then the lower index. Tokens in `banned`
    never come; their probability is not shared out, so a path's total is the model's own.

    Graves, "Sequence Transduction with Recurrent Neural Networks" (2012); the length penalty as in transformers.
    ValueError on settings out of range, or ids the model does not know.
    """
    if not 1 <= num_beams <= MAX_BEAMS:
        raise ValueError(f"a beam is 1 to {MAX_BEAMS} paths wide, not {num_beams}")
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens must be 1 or more, not {max_new_tokens}")
    if not -10 <= length_penalty <= 10:
        raise ValueError(f"the length penalty must lie between -10 and 10, not {length_penalty}")
    look_at = max(2, 1 + len(end)) * num_beams  # so many that enough are left when some of them end
    nodes: list[Node] = []
    found: list[tuple[float, int]] = []  # (score, node), best first
    live: list[tuple[int, float, Any]] = [(ROOT, 0.0, None)]  # (node, its total, the state before its token)

    for depth in range(1, max_new_tokens + 1):
        followed = []  # (node, total, state after it, log-probabilities of what comes next)
        for node, total, state in live:
            state, log_probs = model.prompt(ids) if node == ROOT else model.step(state, nodes[node].token)
            followed.append((node, total, state, _without(log_probs, banned)))
        candidates = _best(followed, look_at)
        live, ended = [], []
        for rank, (beam, token) in enumerate(candidates):
            parent, before, state, log_probs = followed[beam]
            total = before + float(log_probs[token])
            ends = depth == max_new_tokens or token in end
            # the last candidates are only there to fill the beam when better ones end
            kept = rank < num_beams if ends else len(live) < num_beams
            score = total / depth**length_penalty
            nodes.append(Node(parent, depth, token, float(log_probs[token]), total, score, kept, ends))
            if ends and kept:
                ended.append((score, len(nodes) - 1))
            elif kept:
                live.append((len(nodes) - 1, total, state))
        found = sorted(found + ended, key=lambda pair: -pair[0])[:num_beams]
        if not live:
            break
        # can the best that goes on still beat the worst of the finished? If not, the search is over
        if len(found) == num_beams and live[0][1] / depth**length_penalty <= found[-1][0]:
            break

    tree = Tree(nodes, [])
    for score, last in found:
        tokens = tuple(nodes[node].token for node in tree.path(last))
        tree.found.append(Hypothesis(last, tokens, nodes[last].total, score))
    return tree


def _without(log_probs: Any, banned: Sequence[int]) -> np.ndarray:
    """A float64 copy of (V,) log-probabilities in which banned tokens are impossible."""
    free = np.array(log_probs, dtype=np.float64)
    free[list(banned)] = -np.inf
    return free


def _best(followed: Sequence[tuple[int, float, Any, np.ndarray]], n: int) -> list[tuple[int, int]]:
    """The n likeliest (beam, token) over all continuations, those of probability 0 left out."""
    candidates = []
    for beam, (_node, total, _state, log_probs) in enumerate(followed):
        keep = min(n, log_probs.size)
        least = np.partition(log_probs, -keep)[-keep]  # only candidates are sorted, not the whole vocabulary
        tokens = np.flatnonzero((log_probs >= least) & np.isfinite(log_probs))
        candidates += [(-(total + float(log_probs[token])), beam, int(token)) for token in tokens]
    return [(beam, token) for _, beam, token in sorted(candidates)[:n]]
