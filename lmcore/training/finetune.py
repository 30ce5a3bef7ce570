"""Fine-tuning: which weights of a trained model go on learning, and what it begins from. No torch at import.

A run's "start" names a trained model by the hash of its checkpoint: {"hash": …, "title": …}. Its "trained" says what of
it learns: {"what": "all"}, or another of WHAT; for "lora" with a "rank".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lmcore import corpora
from lmcore.corpora import Corpus
from lmcore.models.adapters import DEFAULT_RANK, check_rank, merged
from lmcore.training.config import TrainConfig

WHAT = {
    "all": "Everything",
    "last": "The last block",
    "head": "Only the head",
    "lora": "Adapters (LoRA)",
    "scratch": "From scratch",
}
"""Of "scratch" only the tokenizer and the shape are kept: the same model with new weights, to compare with."""
PARTS = ("last", "head", "lora")
LEARNING_RATES = {"all": 1e-3, "last": 4e-3, "head": 1e-2, "lora": 1e-2, "scratch": 3e-3}
"""The best of a few that were tried on the lesson's texts; a higher one for "all" forgets more and gains little."""
STEPS = 200
BATCH_TOKENS = 1024
"""A batch is as many windows as hold about so many tokens: small, for these runs are watched."""
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


# A run ---------------------------------------------------------------------------------------------------------------


def settings(block_size: int, what: str = "all", max_steps: int = STEPS, seed: int = 0) -> dict[str, Any]:
    """How such a run is trained: TrainConfig's settings, what differs from its defaults."""
    return {
        "max_steps": max_steps,
        "batch_size": max(1, BATCH_TOKENS // block_size),
        "learning_rate": LEARNING_RATES[what],
        "warmup_steps": min(10, max_steps),
        "eval_windows": max(1, 3 * BATCH_TOKENS // block_size),
        "eval_every": max(5, max_steps // 20),  # both texts are asked each time
        "sample_every": max(10, max_steps // 4),
        "n_snapshots": 2,
        "seed": seed,
    }


def described(
    card: Mapping[str, Any], tokenizer: str, corpus: Mapping[str, Any], *, what: str = "all", rank: int = DEFAULT_RANK,
    max_steps: int = STEPS, seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """The spec of a run that goes on from a checkpoint, of its card and the kind of its tokenizer.

    `corpus` is the second text as specs name it (`training.spec.named`). Not validated yet.
    """
    config = {name: value for name, value in card["config"].items() if name != "vocab_size"}
    return {
        "version": 1,
        "corpus": dict(corpus),
        "tokenizer": {"kind": tokenizer},
        "model": {"family": card["family"], **config},
        "start": {"hash": card["hash"], "title": str(card.get("title", "A model"))[:200]},
        "trained": {"what": what, **({"rank": rank} if what == "lora" else {})},
        "train": {**settings(config["block_size"], what, max_steps, seed), "precision": "auto"},
    }


@lru_cache(maxsize=4)
def prepare(corpus: Corpus, tokenizer_json: str) -> tuple[Any, Any, str, float]:
    """Training and held-out tokens of the second text, its held-out text, and which share is unknown; ValueError."""
    import json

    from lmcore.batches import tokenize
    from lmcore.tokenizers import from_dict

    tokenizer = from_dict(json.loads(tokenizer_json))
    train_text, held_out_text = corpus.split()
    tokens = tokenize(tokenizer, train_text)
    share = check_known(tokenizer, tokens.ids)
    return tokens, tokenize(tokenizer, held_out_text), held_out_text, share


def first_text(card: Mapping[str, Any], resolve_text: Callable[[dict[str, Any]], Corpus]) -> str:
    """A part, which it has not seen, of the text that a checkpoint learnt from; "" where it is not to be had."""
    from lmcore.probes.context_length import HELD_OUT_CHARS, held_out

    about = card.get("corpus", {})
    try:
        if about.get("name") in corpora.CATALOG:
            return held_out(about["name"])
        named = card.get("spec", {}).get("corpus", {})  # by the hash of its file, where a run made the checkpoint
        sha256 = named.get("sha256", about.get("sha256", ""))
        text = resolve_text({"kind": "text", "sha256": sha256, "title": about.get("title", "")})
        return text.split()[1][:HELD_OUT_CHARS]
    except ValueError:  # it is gone, or in a pack that is not installed
        return ""


def watch(start: Start, held_out: Any, train: TrainConfig) -> Callable[[Any, float | None, int], dict[str, Any]]:
    """A function (model, held-out loss, step) -> {"held_out_loss", "first_loss"}, of the second and the first text.

    Measured where the trainer measures, and at step 0 too: there stands what the first text alone has taught. In nats
    a token; "first_loss" is left out where there is no first text.
    """
    from lmcore.batches import evaluation_windows, tokenize
    from lmcore.training.trainer import held_out_loss

    T = start.model.config.block_size
    most = train.eval_windows * T
    second = evaluation_windows(held_out, T, most)
    first = evaluation_windows(tokenize(start.tokenizer, start.first_text), T, most) if start.first_text else None

    def measure(model: Any, loss: float | None, step: int) -> dict[str, Any]:
        if loss is None and step > 0:
            return {}
        found = {"held_out_loss": held_out_loss(model, second, train.batch_size) if loss is None else loss}
        return found | ({"first_loss": held_out_loss(model, first, train.batch_size)} if first is not None else {})

    return measure
