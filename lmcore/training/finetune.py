"""Fine-tuning: which weights of a trained model go on learning, and what it begins from. No torch at import.

A run's "start" names a trained model by the hash of its checkpoint: {"hash": …, "title": …}. Its "trained" says what of
it learns: {"what": "all"}, or another of WHAT; for "lora" with a "rank".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lmcore.models.adapters import DEFAULT_RANK, check_rank, merged

WHAT = {
    "all": "Everything",
    "last": "The last block",
    "head": "Only the head",
    "lora": "Adapters (LoRA)",
    "scratch": "From scratch",
}
"""Of "scratch" only the tokenizer and the shape are kept: the same model with new weights, to compare with."""
PARTS = ("last", "head", "lora")
MAX_UNKNOWN = 0.5
"""A text of which a larger share is unknown to the tokenizer is refused: there would be nothing to learn from it."""


@dataclass(frozen=True)
class Start:
    """A trained model to begin with, as `Checkpoint` holds it, and a held-out part of what it learnt from ("" without).

    The model is changed by training: nobody else may hold it.
    """

    model: Any
    tokenizer: Any
    hash: str
    title: str = ""
    first_text: str = field(default="", repr=False)


Resolve = Callable[[Mapping[str, Any]], Start]


def check_start(start: Any) -> dict[str, Any]:
    """A run's "start" in full; ValueError in words."""
    if not isinstance(start, dict) or set(start) - {"hash", "title"} or "hash" not in start:
        raise ValueError("what a run starts from must be an object with the hash of a model, and perhaps its title")
    digest, title = start["hash"], start.get("title", "A model")
    if not (isinstance(digest, str) and len(digest) == 64 and set(digest) <= set("0123456789abcdef")):
        raise ValueError("the model to start from must be named by its hash, 64 hex digits")
    if not isinstance(title, str) or len(title) > 200:
        raise ValueError("a model's title must be at most 200 characters")
    return {"hash": digest, "title": title}


def check_trained(trained: Any, family: str) -> dict[str, Any]:
    """A run's "trained" in full; ValueError in words."""
    if not isinstance(trained, dict) or trained.get("what") not in WHAT:
        raise ValueError(f"what is trained must be one of {', '.join(WHAT)}")
    what = trained["what"]
    if set(trained) - ({"what", "rank"} if what == "lora" else {"what"}):
        raise ValueError(f"{what!r} has no other settings" if what != "lora" else "adapters have a rank and no more")
    if what in PARTS and family != "gpt":
        raise ValueError(f"only a part of a GPT can be trained; a model of the family {family!r:.40} is trained whole")
    return {"what": what, "rank": check_rank(trained.get("rank", DEFAULT_RANK))} if what == "lora" else {"what": what}


def mark(model: Any, what: str, rank: int = DEFAULT_RANK, seed: int = 0) -> Any:
    """Say which parameters of a model learn: those with `requires_grad`. Gives the model back, a new one for "scratch".

    "last" is the last block and the norm after it. "head" is that norm and the matrix that scores tokens, which in a
    GPT also is the table of embeddings. "lora" leaves all as it is and adds adapters to every matrix of the blocks.
    """
    check_trained({"what": what}, model.family)
    if what == "scratch":
        return type(model)(model.config, seed=seed)
    if what == "lora":
        from lmcore.models.lora import adapt

        return adapt(model, rank, seed)
    model.requires_grad_(what == "all")
    if what == "last":
        model.h[-1].requires_grad_(True)
    if what in ("last", "head"):
        model.ln_f.requires_grad_(True)
    if what == "head":
        model.lm_head.requires_grad_(True)
    return model


def n_trained(model: Any) -> int:
    """How many numbers learn; tied matrices count once."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def plain(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays of a run as a model of its family has them: adapters are put into the weights."""
    return merged(arrays)


def unknown_share(tokenizer: Any, ids: Any) -> float:
    """Which share (0 to 1) of a text's tokens stand for something the tokenizer does not know.

    For words it is those read as `<unk>`; for characters, those spelled as bytes.
    """
    import numpy as np

    ids = np.asarray(ids)
    if not ids.size:
        return 0.0
    if tokenizer.kind == "char":
        from lmcore.tokenizers.char import FIRST_CHAR

        return float((ids < FIRST_CHAR).mean())
    return 0.0 if tokenizer.unk_id is None else float((ids == tokenizer.unk_id).mean())


def check_known(tokenizer: Any, ids: Any) -> float:
    """`unknown_share`; ValueError when it is too much."""
    share = unknown_share(tokenizer, ids)
    if share > MAX_UNKNOWN:
        what = {"char": "characters", "word": "words"}.get(tokenizer.kind, "pieces")
        raise ValueError(
            f"{share:.0%} of this text are {what} that the model to start from does not know; at most "
            f"{MAX_UNKNOWN:.0%} may be. Choose another text, or another model to start from."
        )
    return share
