"""Speculative sampling: a small model guesses ahead, a large one checks, and the text is drawn from the large one.

A round: the draft model draws k tokens, one after another, from its distributions q. The target model looks at all of
them in one pass and gives its distributions p. Each guess x is accepted with probability min(1, p(x) / q(x)), in
order; at the first refusal one token is drawn from the residual max(0, p - q), renormalised, and the rest of the
guesses is thrown away. When all are accepted one more token comes from p for nothing.

    P(x) = q(x) min(1, p(x)/q(x)) + P(refused) residual(x) = min(p(x), q(x)) + max(0, p(x) - q(x)) = p(x)

So every token is distributed exactly as if the target model had drawn it alone.

Leviathan, Kalman and Matias, "Fast Inference from Transformers via Speculative Decoding" (2023); Chen et al.,
"Accelerating Large Language Model Decoding with Speculative Sampling" (2023).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lmcore.sampling import check_settings, distribution, draw

if TYPE_CHECKING:
    from lmcore.models.base import LanguageModel

Floats = NDArray[np.float64]
MAX_DRAFT = 32


@dataclass(frozen=True)
class Guess:
    """A token that the draft model drew, and what the target model said to it."""

    token: int
    p: float
    """Its probability by the target model."""
    q: float
    """Its probability by the draft model, from which it was drawn: never 0."""
    u: float
    """The number in [0, 1) that decided: accepted when u < min(1, p / q)."""
    accepted: bool
    target: Floats
    """(V,) the target model's distribution at this place."""
    draft: Floats
    """(V,) the draft model's."""

    @property
    def accept(self) -> float:
        """min(1, p / q), the probability of accepting it."""
        return min(1.0, self.p / self.q)


@dataclass(frozen=True)
class Round:
    """One pass of the target model: guesses up to the first refused one, and the token that follows them."""

    guesses: list[Guess]
    unread: list[int]
    """Drafted tokens after the refused one: thrown away."""
    token: int
    """Drawn from the residual after a refusal, else from the target model's distribution after all guesses."""
    prob: float
    """Its probability in the distribution it was drawn from."""
    refused: bool
    """Was a guess refused?"""

    @property
    def tokens(self) -> list[int]:
        """What this round adds to the text."""
        return [guess.token for guess in self.guesses if guess.accepted] + [self.token]


def residual(p: Floats, q: Floats) -> Floats:
    """(V,) max(0, p - q), renormalised: what is drawn from after a refusal. p itself where the two are equal."""
    rest = np.maximum(p - q, 0.0)
    total = rest.sum()
    return rest / total if total > 0 else p


def acceptance(p: Floats, q: Floats) -> float:
    """The probability that a guess drawn from q is accepted: Σ min(p, q), which is 1 minus their total variation."""
    return float(np.minimum(p, q).sum())


def speculate(
    model: LanguageModel,
    draft: LanguageModel,
    ids: Sequence[int] = (),
    *,
    max_new_tokens: int,
    n_draft: int = 4,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    seed: int = 0,
) -> Iterator[Round]:
    """Continue a prompt, one `Round` at a time, until `max_new_tokens` tokens are there. Same seed, same rounds.

    Both models' distributions are shaped by the same temperature and cuts. ValueError when the vocabularies differ in
    size (that they hold the same tokens is for the caller to know), or on settings out of range.
    """
    if model.vocab_size != draft.vocab_size:
        raise ValueError(
            f"both models need the same vocabulary: the large one has {model.vocab_size} tokens, "
            f"the draft {draft.vocab_size}"
        )
    if not 1 <= n_draft <= MAX_DRAFT:
        raise ValueError(f"the draft is 1 to {MAX_DRAFT} tokens long, not {n_draft}")
    if max_new_tokens < 0:
        raise ValueError("max_new_tokens must not be negative")
    check_settings(temperature, top_k, top_p, min_p)
    rng = np.random.Generator(np.random.PCG64(seed))

    def shaped(log_probs: Any) -> Floats:
        return distribution(log_probs, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)

    def rounds() -> Iterator[Round]:
        large, small = model.prompt(ids), draft.prompt(ids)  # each: (state, log-probabilities of the next token)
        left = max_new_tokens
        while left > 0:
            drafted = [small]
            tokens: list[int] = []
            for _ in range(min(n_draft, left - 1)):  # one token comes after the guesses in any case
                tokens.append(draw(shaped(drafted[-1][1]), rng))
                drafted.append(draft.step(drafted[-1][0], tokens[-1]))
            # On an accelerator this is one pass over all places at once. The numbers are the same one by one.
            guesses: list[Guess] = []
            for token, (_, log_q) in zip(tokens, drafted, strict=False):
                p, q, u = shaped(large[1]), shaped(log_q), rng.random()
                accepted = u * q[token] < p[token]
                guesses.append(Guess(token, float(p[token]), float(q[token]), u, bool(accepted), p, q))
                if not accepted:
                    break
                large = model.step(large[0], token)
            refused = bool(guesses) and not guesses[-1].accepted
            source = residual(guesses[-1].target, guesses[-1].draft) if refused else shaped(large[1])
            token = draw(source, rng)
            n_accepted = len(guesses) - refused
            yield Round(guesses, tokens[len(guesses) :], token, float(source[token]), refused)
            left -= n_accepted + 1
            if left > 0:
                large = model.step(large[0], token)
                small = draft.step(drafted[n_accepted][0], token)

    return rounds()
