"""From log-probabilities to a token: repetition penalty, temperature, top-k, top-p, min-p, and the draw.

The filters are pure functions of logits (V,), which may be log-probabilities: only differences between them matter
(to all but the repetition penalty). A filtered token has the logit minus infinity. They come in the order of
transformers' logits processors, and agree with them: repetition penalty, temperature, top-k, top-p, min-p. Everything
is float64.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lmcore.tokenizers.base import START_ID

if TYPE_CHECKING:
    from lmcore.models.base import LanguageModel

Floats = NDArray[np.float64]

SMALLEST = math.ulp(0.0)  # the least number above 0


def softmax(logits: Floats) -> Floats:
    """(V,) probabilities; a logit of minus infinity gives exactly 0."""
    # p_i = exp(z_i) / Σ_j exp(z_j); the largest z is taken away first, so that nothing overflows
    weights = logits - logits.max()
    np.exp(weights, out=weights)  # in place: at 65,000 tokens a new array costs more than the arithmetic
    weights /= weights.sum()
    return weights


def repetition_penalty(logits: ArrayLike, ids: Sequence[int], penalty: float) -> Floats:
    """Make every token among `ids` less likely, once however often it came: z / penalty when z > 0, else z * penalty.

    1 changes nothing, below 1 invites repetition. It is the one step that depends on where the logits have their 0: of
    log-probabilities, which are never positive, it makes p^penalty. Keskar et al., "CTRL" (2019), in the convention of
    transformers. ValueError on a penalty that is not above 0, or on an id that is no place of `logits`.
    """
    z = _checked(logits)
    check_settings(repetition_penalty=penalty)
    if penalty == 1 or not len(ids):
        return z
    seen = np.unique(np.asarray(ids, dtype=np.int64))
    if seen[0] < 0 or seen[-1] >= z.size:
        raise ValueError(f"the tokens so far must lie in 0..{z.size - 1}")
    z = z.copy()
    z[seen] = np.where(z[seen] > 0, z[seen] / penalty, z[seen] * penalty)
    return z


def apply_temperature(logits: ArrayLike, temperature: float) -> Floats:
    """z / T, and what it tends to at the ends.

    T = 1 leaves every bit as it is. T = 0 is argmax: 0 for the largest logit (the first, when several are equal) and
    minus infinity for the others. T = infinity is uniform: 0 for all, those of probability 0 too, though at every
    finite T they stay minus infinity. ValueError on a negative T, or on logits that are no distribution.
    """
    z = _checked(logits)
    check_settings(temperature=temperature)
    if temperature == 1:
        return z
    if temperature == 0:
        return np.where(np.arange(z.size) == z.argmax(), 0.0, -np.inf)
    if math.isinf(temperature):
        return np.zeros_like(z)
    # z_i / T, shifted to a maximum of 0 so that a tiny T cannot make infinity minus infinity
    z = z - z.max()
    with np.errstate(over="ignore"):
        z /= temperature
    return z


def top_k(logits: ArrayLike, k: int) -> Floats:
    """Keep the k largest, and any that equal the smallest of these; 0 keeps all."""
    z = _checked(logits)
    check_settings(top_k=k)
    if k == 0 or k >= z.size:
        return z
    return np.where(z < np.partition(z, -k)[-k], -np.inf, z)


def top_p(logits: ArrayLike, p: float) -> Floats:
    """Keep the most probable tokens that together just reach probability p, at least one; 1 keeps all.

    Among equals the lower index comes first. Holtzman et al., "The Curious Case of Neural Text Degeneration" (2020).
    """
    z = _checked(logits)
    check_settings(top_p=p)
    if p == 1:
        return z
    order = np.argsort(-z, kind="stable")
    probs = softmax(z)[order]
    before = np.cumsum(probs) - probs  # the probability of all that come before, in this order
    return _only(z, order[: max(int(np.count_nonzero(before < p)), 1)])


def min_p(logits: ArrayLike, share: float) -> Floats:
    """Keep the tokens that are at least `share` times as probable as the most probable one; 0 keeps all.

    Nguyen et al., "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs" (2024).
    """
    z = _checked(logits)
    check_settings(min_p=share)
    # p_i / p_max = exp(z_i - z_max)
    return np.where(np.exp(z - z.max()) < share, -np.inf, z)


def distribution(
    log_probs: ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition_penalty: float = 1.0,
    previous: Sequence[int] = (),
    banned: Sequence[int] = (START_ID,),
) -> Floats:
    """(V,) the probabilities from which the next token is drawn.

    The repetition penalty is for the tokens in `previous`, prompt and all; it comes first.

    `banned` tokens, by default the start token, which no text contains, have probability 0 at every temperature; the
    others share what they had (they are renormalised). At T = infinity the result is uniform over the tokens that the
    filters still keep as T grows without bound: the k largest; of these the share top_p, largest first; all of these
    for any min_p below 1. Without a filter these are all tokens but the banned, also those of
    probability 0; with any filter on, a token of probability 0 is filtered out.
    """
    check_settings(temperature, top_k, top_p, min_p, repetition_penalty)
    z = _penalised(log_probs, previous, repetition_penalty).copy()
    for token in banned:
        z[token] = -np.inf
    if not math.isfinite(z.max()):
        raise ValueError("every token that may be drawn has probability 0")
    if math.isinf(temperature):
        if top_k or top_p < 1 or min_p > 0:
            z = _filtered_at_infinity(z, top_k, top_p, min_p)
            return np.isfinite(z) / np.count_nonzero(np.isfinite(z))
        uniform = np.ones(z.size)
        uniform[list(banned)] = 0.0
        return uniform / uniform.sum()
    z = apply_temperature(z, temperature)
    z = _top_k(z, top_k) if top_k else z
    z = _top_p(z, top_p) if top_p < 1 else z
    z = _min_p(z, min_p) if min_p else z
    return softmax(z)


# `distribution` has arguments of these names
_top_k, _top_p, _min_p, _penalised = top_k, top_p, min_p, repetition_penalty


def _filtered_at_infinity(z: Floats, k: int, p: float, share: float) -> Floats:
    """The logits (V,) that top-k, top-p and min-p leave finite as T tends to infinity and all p_i to the same value."""
    z = _top_k(z, k)
    if p < 1:
        n = math.ceil(p * np.count_nonzero(np.isfinite(z)) - 1e-9)
        z = _only(z, np.argsort(-z, kind="stable")[: max(n, 1)])
    # p_i / p_max tends to 1, from below: no share but 1 itself stops it
    return _min_p(z, 1.0) if share == 1 else z


def entropy(probs: ArrayLike) -> float:
    """H = -Σ p ln p in nats: how uncertain the next token is. Shannon (1948)."""
    p = np.asarray(probs, dtype=np.float64)
    surprise = np.maximum(p, SMALLEST)  # p ln p tends to 0 with p
    np.log(surprise, out=surprise)
    surprise *= p  # not p @ …: BLAS would wake its threads, which wait for each other on a busy machine
    return max(0.0, -float(surprise.sum()))  # in this order -0.0 becomes 0.0


def effective_choices(probs: ArrayLike) -> float:
    """exp(H): as uncertain as a fair choice among so many tokens."""
    return math.exp(entropy(probs))


def pick(probs: Floats, u: float) -> int:
    """The token in whose part of the line 0 to 1 the number u lies, when each token has a part as long as its p."""
    line = probs.cumsum()
    token = int(line.searchsorted(u * line[-1], side="right"))  # "right" steps over tokens of probability 0
    return token if token < line.size else int(probs.nonzero()[0][-1])  # u just below 1 may round up to the end


def draw(probs: ArrayLike, rng: np.random.Generator) -> int:
    """One token drawn from (V,) probabilities; takes one number from the generator."""
    return pick(np.asarray(probs, dtype=np.float64), rng.random())


def random_for(seed: int, n: int) -> float:
    """The number in [0, 1) that `generate` with this seed uses for its token n (from 0), without the ones before."""
    return np.random.Generator(np.random.PCG64(_checked_seed(seed)).advance(n)).random()


@dataclass(frozen=True)
class Step:
    """One generated token and what else could have come."""

    token: int
    prob: float
    """Its probability in the distribution it was drawn from."""
    model_prob: float
    """Its probability as the model gave it: T = 1, nothing filtered or banned. Their logs add up to the score."""
    rank: int
    """1 for the token the model thought most probable; among equals the lower index comes first."""
    entropy: float
    """Of the distribution it was drawn from, in nats."""
    alternatives: list[tuple[int, float]]
    """The most probable (token, probability) of the distribution it was drawn from, the drawn one among them or not."""
    seconds: float = field(default=0.0, compare=False)
    """Time spent on this token: the model's step, the distribution, the draw."""


def top(probs: Floats, n: int) -> list[tuple[int, float]]:
    """The n most probable (token, probability), those of probability 0 left out; equals in the order of their index."""
    n = min(n, probs.size)
    if n <= 0:
        return []
    # Only the candidates are sorted: of 65,000 tokens that is 20 times faster than all.
    candidates = np.flatnonzero(probs >= max(np.partition(probs, -n)[-n], SMALLEST))
    order = candidates[np.argsort(-probs[candidates], kind="stable")][:n]
    return [(int(i), float(probs[i])) for i in order]


def generate(
    model: LanguageModel,
    ids: Sequence[int] = (),
    *,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    seed: int = 0,
    n_alternatives: int = 10,
) -> Iterator[Step]:
    """Continue a prompt, one `Step` at a time. The same seed gives the same tokens; the start token never comes.

    ValueError at the call on settings out of range, at the first step on ids the model does not know.
    """
    if max_new_tokens < 0 or n_alternatives < 0:
        raise ValueError("max_new_tokens and n_alternatives must not be negative")
    check_settings(temperature, top_k, top_p, min_p)
    rng = np.random.Generator(np.random.PCG64(_checked_seed(seed)))

    def steps() -> Iterator[Step]:
        state: Any = None
        token = -1
        for n in range(max_new_tokens):
            begin = time.perf_counter()
            state, log_probs = model.step(state, token) if n else model.prompt(ids)
            probs = distribution(log_probs, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
            token = draw(probs, rng)
            yield Step(
                token=token,
                prob=float(probs[token]),
                model_prob=math.exp(log_probs[token]),
                rank=rank_of(log_probs, token),
                entropy=entropy(probs),
                alternatives=top(probs, n_alternatives),
                seconds=time.perf_counter() - begin,
            )

    return steps()


def rank_of(scores: NDArray[np.floating], token: int) -> int:
    """1 for the token with the largest score, of probabilities or their logs; among equals the lower index is first."""
    own = scores[token]
    return 1 + int(np.count_nonzero(scores > own) + np.count_nonzero(scores[:token] == own))


def check_settings(
    temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0, repetition_penalty: float = 1.0
) -> None:
    """ValueError names the setting that is out of range, and the range."""
    if math.isnan(temperature) or temperature < 0:
        raise ValueError(f"the temperature must be 0 or more, not {temperature}")
    if top_k < 0:
        raise ValueError(f"top_k must be 0 (off) or more, not {top_k}")
    if not 0 <= top_p <= 1:
        raise ValueError(f"top_p must lie between 0 and 1, not {top_p}")
    if not 0 <= min_p <= 1:
        raise ValueError(f"min_p must lie between 0 and 1, not {min_p}")
    if not 0 < repetition_penalty < math.inf:
        raise ValueError(f"the repetition penalty must be above 0 and finite, not {repetition_penalty}")


def _checked(logits: ArrayLike) -> Floats:
    """The logits as float64 (V,); ValueError unless at least one is finite and none is NaN or infinity."""
    z = np.asarray(logits, dtype=np.float64)
    if z.ndim != 1 or z.size == 0 or not math.isfinite(z.max()):  # the maximum is NaN when any is
        raise ValueError("logits must be one row of numbers below infinity, at least one of them finite")
    return z


def _checked_seed(seed: int) -> int:
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ValueError(f"the seed must be a whole number, 0 or more, not {seed!r:.40}")
    return seed


def _only(z: Floats, kept: NDArray[np.intp]) -> Floats:
    """The logits with all but the kept places at minus infinity."""
    out = np.full_like(z, -np.inf)
    out[kept] = z[kept]
    return out
