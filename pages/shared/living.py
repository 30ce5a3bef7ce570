"""The generations that Home plays: written by the shipped model when the server starts, each token explained."""

from __future__ import annotations

import functools
from typing import Any

from lmcore import sampling
from pages.shared import models

PROMPTS = (("Once there was a", 5), ("One rainy morning, Mia", 9), ('"Guess what I have," said', 8))


@functools.cache
def runs() -> list[dict[str, Any]]:
    """A few sentences as the shipped model wrote them, each token with what else could have come."""
    loaded = models.load(models.shipped()[models.DEFAULT])
    return [run(loaded, prompt, seed) for prompt, seed in PROMPTS]


def run(loaded: models.Loaded, prompt: str, seed: int) -> dict[str, Any]:
    """One seeded generation at T = 0.8 until the first full stop, ready for the component."""
    tokenizer = loaded.tokenizer
    ids = tokenizer.encode(prompt)
    steps: list[dict[str, Any]] = []
    for step in sampling.generate(
        loaded.model, list(ids), max_new_tokens=24, temperature=0.8, seed=seed, n_alternatives=8
    ):
        if tokenizer.itos[step.token].strip() == "" or len(steps) > 20:
            break
        before = tokenizer.decode(ids)
        ids = [*ids, step.token]
        shown = [[tokenizer.itos[token], prob] for token, prob in step.alternatives]
        chosen = next((i for i, (token, _) in enumerate(step.alternatives) if token == step.token), -1)
        rest = max(0.0, 1 - sum(prob for _, prob in step.alternatives))
        steps.append(
            {
                "text": tokenizer.decode(ids)[len(before) :], "prob": step.prob, "alternatives": shown, "other": rest,
                "chosen": chosen,
            }
        )  # fmt: skip
        if steps[-1]["text"].strip() in (".", "?", "!"):
            break
    return {"prompt": prompt, "steps": steps}
