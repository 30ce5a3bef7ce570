"""Training the two models that fill in blanks, and how well they do it. The loop is that of `trainer.py`.

Letters in shapes: B passages in a batch, T tokens of the longest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.batches import passages
from lmcore.blanks import IGNORED, MEASURED_SHARE, BlankBatches, MarkedTokens, choose
from lmcore.probes import blanks as probes
from lmcore.tokenizers.blanks import BlankTokenizer
from lmcore.training.config import TrainConfig
from lmcore.training.report import StepReport

Example = tuple[NDArray[np.int64], NDArray[np.bool_]]  # a passage, and what is hidden in it

MEASURED = 100  # passages in the metrics of a finished run
SEED = 7  # of what is hidden where something is measured: always the same words
SHOWN = 3  # passages in a sample
SHOWN_TOKENS = 40


def train(
    model: Any,
    tokens: MarkedTokens,
    held_out: MarkedTokens,
    config: TrainConfig,
    *,
    resume: Mapping[str, NDArray[Any]] | None = None,
    sample: Callable[[Any], str] | None = None,
) -> Iterator[StepReport]:
    """As `trainer.train`; a masked model's loss is nats a blank, a denoiser's nats a token of the whole passage."""
    from lmcore.training.trainer import learn

    shape = {
        "batch_size": config.batch_size,
        "block_size": model.config.block_size,
        "writes": model.family == "denoiser",
    }
    data = BlankBatches(tokens, seed=config.seed, **shape)
    aside = BlankBatches(held_out, seed=SEED, **shape)
    watched = [aside.batch_at(i) for i in range(max(1, config.eval_windows // 8))]
    rows = some(held_out, model.config.block_size)
    yield from learn(
        model,
        data,
        lambda model: mean_loss(model, watched),
        config,
        resume=resume,
        sample=lambda model: filled_in(model, held_out.tokenizer, rows),
    )


def some(tokens: MarkedTokens, block_size: int) -> list[Example]:
    """The first passages of a text, cut to what a sample shows, with words hidden."""
    rng = np.random.default_rng(SEED)
    ends = np.append(tokens.starts[1:], tokens.ids.size)
    rows = [
        tokens.ids[a : min(b, a + min(SHOWN_TOKENS, block_size - 1))] for a, b in zip(tokens.starts, ends, strict=True)
    ]
    return [(row.astype(np.int64), choose(len(row), MEASURED_SHARE, rng)) for row in rows[:SHOWN]]


def filled_in(model: Any, tokenizer: BlankTokenizer, rows: Sequence[Example]) -> str:
    """Passages with what the model puts into their blanks, in brackets; a line each."""
    lines, itos = [], tokenizer.itos
    for ids, hidden in rows:
        likeliest = iter(fill(model, ids, hidden).argmax(axis=1).tolist())
        words = [f"[{itos[next(likeliest)]}]" if gone else itos[i] for i, gone in zip(ids, hidden, strict=True)]
        lines.append(" ".join(words).replace("\n", "↵"))
    return "\n".join(lines)


def fill(model: Any, ids: NDArray[np.int64], hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, V) what the model says about the n blanks of a passage, natural log-probabilities."""
    return (probes.by_denoiser if model.family == "denoiser" else probes.by_masked)(model, ids, hidden)


def mean_loss(model: Any, batches: Sequence[Any]) -> float:
    """Nats a predicted token over batches of lmcore.blanks."""
    import torch
    from torch.nn import functional as F

    total, n = 0.0, 0
    with model._observing():
        for x, y in batches:
            arrays = x if isinstance(x, tuple) else (x,)
            logits = model(*(torch.from_numpy(array).to(model.device) for array in arrays))
            targets = torch.from_numpy(y).flatten().to(model.device)
            total += F.cross_entropy(logits.flatten(0, 1), targets, ignore_index=IGNORED, reduction="sum").item()
            n += int((y != IGNORED).sum())
    return total / n


# Measured -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _passages(text: str, most: int) -> tuple[str, ...]:
    """The first `most` passages of a held-out text, without the blank lines around them."""
    found = (passage.strip() for passage in passages(text))
    return tuple([passage for passage in found if passage][:most])


def examples(tokenizer: Any, text: str, block_size: int, most: int = MEASURED) -> list[Example]:
    """The first passages of a text with 15 words in 100 hidden, always the same ones; only those that fit are taken."""
    rng = np.random.default_rng(SEED)
    found = []
    for ids in tokenizer.encode_many(_passages(text, most)):
        if ids:
            row = np.asarray(ids[: block_size - 1], np.int64)
            found.append((row, choose(len(row), MEASURED_SHARE, rng)))
    return found


def share(found: Sequence[NDArray[np.floating[Any]]], rows: Sequence[Example]) -> float:
    """Of all blanks the share whose likeliest word is the hidden one; `found` has (n, V) for each passage."""
    right = sum(int((p.argmax(axis=1) == ids[hidden]).sum()) for p, (ids, hidden) in zip(found, rows, strict=True))
    return right / sum(int(hidden.sum()) for _, hidden in rows)


def measure(model: Any, tokenizer: BlankTokenizer, text: str) -> dict[str, Any]:
    """How well held-out passages with 15 words in 100 hidden are filled in.

    "filled": the share of blanks whose likeliest word is the hidden one; "commonest": the share that is the commonest
    word of these passages; held_out_loss (nats a blank); n_blanks, n_passages. Of a denoiser also "restored", the share
    of passages that it writes anew to the letter.
    """
    rows = examples(tokenizer, text, model.config.block_size)
    if not rows:
        raise ValueError("the held-out text has no passage with a word to hide")
    found = [fill(model, ids, hidden) for ids, hidden in rows]
    truth = np.concatenate([ids[hidden] for ids, hidden in rows])
    every = Counter(int(i) for ids, _ in rows for i in ids)
    log_p = np.concatenate([p[np.arange(len(p)), ids[hidden]] for p, (ids, hidden) in zip(found, rows, strict=True)])
    result = {
        "held_out_loss": -float(log_p.mean()),
        "filled": share(found, rows),
        "commonest": float((truth == every.most_common(1)[0][0]).mean()),
        "n_blanks": int(truth.size),
        "n_passages": len(rows),
    }
    if model.family == "denoiser":
        # A blank line at the end belongs to the text between passages, and counts neither for nor against.
        found_texts = [tokenizer.decode(probes.restored(model, ids, hidden)).strip() for ids, hidden in rows]
        same = [found == tokenizer.decode(ids.tolist()) for found, (ids, _) in zip(found_texts, rows, strict=True)]
        result["restored"] = sum(same) / len(same)
    return result


def sample_text(model: Any, tokenizer: Any) -> str:
    """Nothing: a passage to fill in is not known here. `train` shows what becomes of held-out ones."""
    return ""
