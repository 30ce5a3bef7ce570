"""Is this a run that can be done, and is it small enough for a shared server? No torch.

A spec: {"version": 1, "corpus": {"kind": "shipped", "name": …} or {"kind": "text", "sha256": …, "title": …},
"tokenizer": {"kind": …, options}, "model": {"family": …, its settings without vocab_size}, "train": TrainConfig's}.
One that goes on from a trained model has its tokenizer's kind and its model's settings, and besides "start" and
"trained": see lmcore.training.finetune.
"""

from __future__ import annotations

from typing import Any

from lmcore import corpora
from lmcore.models import BLANKS, TRANSLATORS, configure
from lmcore.tokenizers import KINDS
from lmcore.training.config import TrainConfig
from lmcore.training.finetune import check_start, check_trained

VERSION = 1
Spec = dict[str, Any]

# What one person may ask of a shared server.
MAX_PARAMS = 20_000_000
MAX_BLOCK_SIZE = 1024
MAX_BATCH_TOKENS = 65_536  # batch_size · block_size
MAX_LOGITS = 100_000_000  # batch_size · block_size · V: 400 MB
MAX_FLOPS = 2e15  # a whole run; some hours on two cores
MAX_VOCAB = 32_768
NOT_CONTINUED = ("word2vec", *BLANKS)  # the one step of word2vec is the whole text; the others are no language models
DEFAULT_VOCAB = {"word": 4096, "bpe": 1024}


def validate(spec: Any) -> Spec:
    """The spec in full, every default written out; ValueError says what is wrong and which limit it broke."""
    _fields(spec, "a run", {"version", "corpus", "tokenizer", "model"}, {"train", "start", "trained"})
    if spec["version"] != VERSION or isinstance(spec["version"], bool):
        raise ValueError(f"this run has version {spec['version']!r:.20}; only version {VERSION} is known")
    corpus, tokenizer = check_corpus(spec["corpus"]), _tokenizer(spec["tokenizer"])
    if not isinstance(spec["model"], dict) or "vocab_size" in spec["model"]:
        raise ValueError("a run's model must be an object; its vocab_size comes from the tokenizer")
    family = spec["model"].get("family")
    if family in TRANSLATORS:
        raise ValueError("a translator learns from pairs of sentences, not from a text")
    if family == "chatbot":
        raise ValueError("a chatbot learns from conversations, not from a text")
    settings = {name: value for name, value in spec["model"].items() if name != "family"}
    vocab_size = tokenizer.get("vocab_size", 256)  # of characters it is only known when the text is read
    config = configure(family, settings, vocab_size)
    train = TrainConfig.from_dict(spec.get("train") or {})
    check_size(config, train)
    model = {name: value for name, value in config.to_dict().items() if name != "vocab_size"}
    whole = {
        "version": VERSION,
        "corpus": corpus,
        "tokenizer": tokenizer,
        "model": {"family": family, **model},
        "train": train.to_dict(),
    }
    if "start" in spec:
        if not hasattr(config, "flops_per_token") or family in NOT_CONTINUED:
            raise ValueError(f"a model of the family {family!r:.40} cannot be trained on")
        whole["start"] = check_start(spec["start"])
        whole["trained"] = check_trained(spec.get("trained", {"what": "all"}), str(family))
    elif "trained" in spec:
        raise ValueError("what is trained can only be said of a model that a run starts from")
    return whole


def check_size(config: Any, train: TrainConfig) -> None:
    """ValueError when a run would be too large for a shared server; an n-gram never is."""
    if not hasattr(config, "flops_per_token"):
        return
    V, T = config.vocab_size, config.block_size
    flops = config.flops_per_token * train.batch_size * T * train.max_steps
    for what, value, limit in (
        ("parameters", config.n_params, MAX_PARAMS),
        ("positions of block_size", T, MAX_BLOCK_SIZE),
        ("tokens in a batch (batch_size · block_size)", train.batch_size * T, MAX_BATCH_TOKENS),
        (
            "numbers in a batch's predictions (batch_size · block_size · vocabulary)",
            train.batch_size * T * V,
            MAX_LOGITS,
        ),
    ):
        if value > limit:
            raise ValueError(f"{value:,} {what} are too many; the limit is {limit:,}")
    if flops > MAX_FLOPS:
        raise ValueError(f"this run needs {flops:.1e} operations; the limit is {MAX_FLOPS:.0e}. Take fewer steps")


def _fields(value: Any, what: str, needed: set[str], optional: set[str] | None = None) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{what} must be an object of named values")
    missing, unknown = needed - set(value), {str(name)[:40] for name in set(value) - needed - (optional or set())}
    if missing:
        raise ValueError(f"{what} needs {min(missing)!r}")
    if unknown:
        raise ValueError(f"{what} has no setting named {min(unknown)!r}")


def check_corpus(corpus: Any) -> dict[str, Any]:
    """The named text of a spec, checked; ValueError in words."""
    kind = corpus.get("kind") if isinstance(corpus, dict) else None
    if kind == "shipped":
        _fields(corpus, "a run's text", {"kind", "name"})
        if not isinstance(corpus["name"], str) or corpus["name"] not in corpora.CATALOG:
            raise ValueError(f"there is no text named {corpus['name']!r:.60}; there are {', '.join(corpora.CATALOG)}")
        return dict(corpus)
    if kind == "text":
        _fields(corpus, "a run's text", {"kind", "sha256"}, {"title"})
        sha256, title = corpus["sha256"], corpus.get("title", "Your text")
        if not (isinstance(sha256, str) and len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")):
            raise ValueError("a run's text must be named by its SHA-256 in hex")
        if not isinstance(title, str) or len(title) > 200:
            raise ValueError("a text's title must be at most 200 characters")
        return {"kind": "text", "sha256": sha256, "title": title}
    raise ValueError("a run's text must be of kind 'shipped' (with its name) or 'text' (with its sha256)")


def _tokenizer(tokenizer: Any) -> dict[str, Any]:
    kind = tokenizer.get("kind") if isinstance(tokenizer, dict) else None
    if kind not in KINDS:
        raise ValueError(f"there is no tokenizer of kind {kind!r:.40}; there are {', '.join(KINDS)}")
    options = {"vocab_size"} if kind == "bpe" else {"vocab_size", "min_count"} if kind == "word" else set()
    _fields(tokenizer, f"a {kind} tokenizer", {"kind"}, options)
    result = {"kind": kind}
    for name, default, low, high in (
        ("vocab_size", DEFAULT_VOCAB.get(kind), 300 if kind == "bpe" else 3, MAX_VOCAB),
        ("min_count", 1, 1, 1_000_000),
    ):
        if name in options:
            value = tokenizer.get(name, default)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name} must be a whole number between {low:,} and {high:,}, not {value!r:.40}")
            result[name] = value
    return result
