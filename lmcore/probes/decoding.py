"""Ways to decode, in numbers: many draws, the same prompt at several temperatures, and how probable a sequence is."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lmcore import sampling
from lmcore.models.base import LanguageModel, check_ids
from lmcore.models.windows import window_start

Floats = NDArray[np.float64]


def next_logits(model: LanguageModel, ids: Sequence[int]) -> tuple[NDArray[np.float32], bool]:
    """(V,) what the last layer gives for the next token, and True; of a model that counts, log-probabilities and False.

    Their softmax is the model's distribution: logits are log-probabilities plus one number, the same for every token.
    """
    from lmcore.models.network import Network

    if not isinstance(model, Network):
        return model.prompt(ids)[1].astype(np.float32), False
    import torch

    sequence = [model.start_id, *check_ids(ids, model.vocab_size).tolist()]
    if model.family == "gpt" and model.block_size is not None:  # the others see what they can by themselves
        sequence = sequence[window_start(len(sequence) - 1, model.block_size) :]
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            logits = model(torch.tensor([sequence], device=model.device))[0, -1]
    finally:
        model.train(training)
    return logits.cpu().float().numpy(), True


def many_draws(probs: ArrayLike, n: int, seed: int) -> NDArray[np.int64]:
    """(V,) how often each token came in n draws. Draw i is the same one whatever n is: more draws go on."""
    p = np.asarray(probs, dtype=np.float64)
    line = p.cumsum()
    u = np.random.Generator(np.random.PCG64(seed)).random(n)
    tokens = line.searchsorted(u * line[-1], side="right")  # `sampling.pick`, for all at once
    return np.bincount(np.minimum(tokens, int(p.nonzero()[0][-1])), minlength=p.size)


def scatter(probs: ArrayLike, n: int) -> Floats:
    """√(n p (1 - p)): the standard deviation of how often each token comes in n draws (binomial)."""
    p = np.asarray(probs, dtype=np.float64)
    return np.sqrt(n * p * (1 - p))


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"\w+", text.lower())


def distinct_share(text: str) -> float:
    """Distinct words / all words, from 0 to 1; 0 for a text without words. Li et al. (2016) call it distinct-1."""
    found = words(text)
    return len(set(found)) / len(found) if found else 0.0


@dataclass(frozen=True)
class Written:
    """A continuation, and how it was drawn."""

    tokens: tuple[int, ...]
    temperature: float
    entropy: float
    """The mean entropy of the distributions it was drawn from, in nats."""
    log_prob: float
    """Its log-probability by the model itself (T = 1), in nats: minus infinity when a token had none."""


def written(
    model: LanguageModel, ids: Sequence[int], temperature: float, n: int, seed: int, end: Sequence[int] = ()
) -> Written:
    """Continue a prompt by n tokens at a temperature, or until the tokens `end` came in a row."""
    steps, last = [], list(end)
    for step in sampling.generate(
        model, ids, max_new_tokens=n, temperature=temperature, seed=seed, n_alternatives=0
    ):  # fmt: skip
        steps.append(step)
        if last and [one.token for one in steps[-len(last) :]] == last:
            break
    total = sum(math.log(step.model_prob) if step.model_prob > 0 else -math.inf for step in steps)
    entropy = sum(step.entropy for step in steps) / len(steps)
    return Written(tuple(step.token for step in steps), temperature, entropy, total)


def mean_log_prob(model: LanguageModel, ids: Sequence[int], length: int) -> float:
    """The mean log-probability of the last `length` tokens given all before them, in nats."""
    return float(model.score(ids)[-length:].mean())
