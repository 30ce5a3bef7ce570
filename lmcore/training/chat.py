"""How the chatbot comes to be: a GPT learns to go on with running text, then the same weights learn from conversations.

The first part is pre-training on the village (`corpora/village.py`), where nobody asks and nobody answers; its last
weights are step 0 of the second part, fine-tuning, which is the run that is recorded. There a window is a conversation,
and only the bot's words and the end of its answers are to be predicted. No torch at import.

Letters in shapes: B conversations in a batch, T tokens of the longest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lmcore import chat
from lmcore.batches import Ints, batches, evaluation_windows, tokenize
from lmcore.corpora import Corpus, conversations, village
from lmcore.corpora.conversations import UNKNOWN, Exchanges
from lmcore.corpora.exact_fact import KINDS, Conversation, right
from lmcore.models import configure
from lmcore.tokenizers.base import START_ID
from lmcore.tokenizers.chat import ChatTokenizer
from lmcore.training import spec as specs
from lmcore.training.check import VERSION, Spec, check_corpus
from lmcore.training.config import TrainConfig
from lmcore.training.spec import Event, code_version

__all__ = ["examine", "measure", "run", "sample_text", "spec_hash", "validate"]

MODEL = {"family": "chatbot", "n_layer": 4, "n_head": 4, "n_embd": 96, "block_size": 128, "position": "rotary",
         "init": "wide"}  # fmt: skip
SHARED = {"optimizer": "muon", "weight_decay": 0.01, "min_lr_ratio": 0.05}
BASE = {**SHARED, "max_steps": 800, "batch_size": 24, "learning_rate": 1e-2, "warmup_steps": 30, "eval_every": 300,
        "n_snapshots": 0, "start_share": 1.0, "seed": 1}  # fmt: skip
"""How the base is pre-trained."""
TRAIN = {**SHARED, "max_steps": 500, "batch_size": 32, "learning_rate": 8e-3, "warmup_steps": 20, "n_snapshots": 10}
"""How it is then fine-tuned."""
BASE_WINDOW = 96  # tokens; a passage is shorter
VOCABULARY_CHARS = 3_000_000  # of the village
MARKS = "< > bot user end unk"  # so that who types "<bot>" sees it read as words
STRANGE_WORD = "zxqvw"
POOL = 16  # batches whose conversations are sorted by length together
Row = tuple[list[int], list[bool]]  # a conversation's tokens, and which of them are to be predicted
IGNORED = -100  # where nothing is to be predicted: torch's cross-entropy leaves it out
WATCHED = 200  # held-out conversations whose loss is measured on the way
SHOWN = (
    "Hello.",
    "Mia found a red kite by the river.",
    "Who found the kite?",
    "What is the opposite of big?",
    "Add 2 and 3.",
)


def validate(spec: Any) -> Spec:
    """The spec in full, every default written out; ValueError says what is wrong."""
    if not isinstance(spec, dict) or set(spec) != {"version", "corpus", "tokenizer", "model", "train"}:
        raise ValueError("a chatbot's run needs a version, a corpus, a tokenizer, a model and its training")
    model = spec["model"]
    if spec["version"] != VERSION or spec["tokenizer"] != {"kind": "chat"} or model.get("family") != "chatbot":
        raise ValueError("a chatbot's run is of version 1, its tokenizer of kind chat and its model of that family")
    settings = {name: value for name, value in model.items() if name != "family"}
    config = configure("chatbot", settings, 256).to_dict()
    del config["vocab_size"]
    train = TrainConfig.from_dict(spec["train"]).to_dict()
    corpus = check_corpus(spec["corpus"])
    return {**spec, "corpus": corpus, "model": {"family": "chatbot", **config}, "train": train}


# Conversations as windows -------------------------------------------------------------------------------------------


def as_typed(text: str) -> str:
    """What is said in a training text, where "<unk>" stands for a word that nobody knows: with such a word."""
    return text.replace(UNKNOWN, STRANGE_WORD)


def conversation_ids(tokenizer: ChatTokenizer, said: Exchanges) -> Row:
    """A conversation's tokens, and which of them are to be predicted: the bot's, and the end of its answers."""
    ids: list[int] = []
    own: list[bool] = []
    for question, reply in said:
        asked = [tokenizer.user_id, *tokenizer.encode(as_typed(question)), tokenizer.bot_id]
        answered = [*tokenizer.encode(reply), tokenizer.end_id]
        ids += asked + answered
        own += [False] * len(asked) + [True] * len(answered)
    return ids, own


class ChatBatches:
    """Every conversation once in each round, in a new order, about equally long ones together.

    A batch is fixed by the seed and its step alone. What is longer than the block is cut.
    """

    def __init__(self, rows: Sequence[Row], *, batch_size: int, block_size: int, seed: int) -> None:
        self.rows, self.batch_size, self.T, self.seed = rows, min(batch_size, len(rows)), block_size, seed
        self.lengths = np.array([len(ids) for ids, _ in rows])
        self._round: tuple[int, Ints] = (-1, np.empty((0, 0), np.int64))

    def batch_at(self, step: int) -> tuple[Ints, Ints]:
        """x (B, T) from the start token on, and y (B, T), -100 where a person speaks and after the end."""
        n = len(self.rows) // self.batch_size
        if self._round[0] != step // n:
            self._round = step // n, self._order(step // n)
        return padded([self.rows[i] for i in self._round[1][step % n]], self.T)

    def _order(self, round_: int) -> Ints:
        """(batches, B) places: shuffled, sorted by length within pools, and the batches shuffled."""
        rng = np.random.default_rng([self.seed, round_])
        B, N = self.batch_size, len(self.rows)
        order = rng.permutation(N)[: N // B * B]
        pools = [order[i : i + POOL * B] for i in range(0, order.size, POOL * B)]
        order = np.concatenate([pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools])
        return rng.permutation(order.reshape(-1, B))


def padded(rows: Sequence[Row], block_size: int) -> tuple[Ints, Ints]:
    """x and y (B, T) of conversations, the shorter ones filled up."""
    T = min(block_size, max(len(ids) for ids, _ in rows))
    x, y = np.zeros((len(rows), T), np.int64), np.full((len(rows), T), IGNORED, np.int64)
    for b, (ids, own) in enumerate(rows):
        n = min(T, len(ids))
        x[b, 0], x[b, 1:n] = START_ID, ids[: n - 1]
        y[b, :n] = np.where(own[:n], ids[:n], IGNORED)
    return x, y


@lru_cache(maxsize=2)
def prepare(corpus: Corpus) -> tuple[ChatTokenizer, list[Exchanges], list[Exchanges]]:
    """The tokenizer, the training conversations and the held-out ones."""
    train, held_out = (conversations.parse(part) for part in corpus.split())
    talk = " ".join(part for said in train for exchange in said for part in exchange).replace(UNKNOWN, "")
    words = village.corpus().text[:VOCABULARY_CHARS]
    return ChatTokenizer.train(f"{words} {talk} {MARKS}"), train, held_out


# Running ------------------------------------------------------------------------------------------------------------


def run(spec: Spec, resolve: Callable[[dict[str, Any]], Corpus]) -> Iterator[Event]:
    """Do what a spec says; the events of `spec.run`, and before them "base" events of the pre-training."""
    from lmcore.models.chatbot import Chatbot
    from lmcore.training.trainer import learn

    spec = validate(spec)
    corpus = resolve(spec["corpus"])
    tokenizer, train_set, held_out = prepare(corpus)
    settings = {name: value for name, value in spec["model"].items() if name != "family"}
    config, train = configure("chatbot", settings, tokenizer.vocab_size), TrainConfig.from_dict(spec["train"])
    model = Chatbot(config, seed=train.seed)
    began = time.perf_counter()
    base = yield from pre_train(model, tokenizer)

    rows = [conversation_ids(tokenizer, said) for said in train_set]
    data = ChatBatches(rows, batch_size=train.batch_size, block_size=config.block_size, seed=train.seed)
    watched = [conversation_ids(tokenizer, said) for said in held_out[:WATCHED]]
    yield {
        "kind": "start", "family": "chatbot", "config": config.to_dict(), "tokenizer": tokenizer.to_dict(),
        "n_params": model.n_params, "n_tokens": sum(len(ids) for ids, _ in rows), "title": corpus.title,
        "n_held_out": sum(len(ids) for ids, _ in watched), "max_steps": train.max_steps, "resumed_from": None,
    }  # fmt: skip
    history: dict[str, list[Any]] = {"steps": [], "samples": []}
    report = None
    for report in learn(
        model,
        data,
        lambda model: held_out_loss(model, watched),
        train,
        sample=lambda model: sample_text(model, tokenizer),
    ):
        yield {
            "kind": "step", "step": report.step, "max_steps": train.max_steps, "loss": report.loss,
            "held_out_loss": report.held_out_loss, "grad_norm": report.grad_norm, "seconds": report.seconds,
            "learning_rate": report.learning_rate, "tokens_per_second": report.tokens_per_second,
        }  # fmt: skip
        losses = [None if one is None else round(one, 4) for one in (report.loss, report.held_out_loss)]
        history["steps"].append([report.step, *losses, round(report.seconds, 2)])
        if report.sample is not None:
            history["samples"].append([report.step, report.sample])
            yield {"kind": "sample", "step": report.step, "text": report.sample}
        if report.snapshot is not None:
            yield {"kind": "snapshot", "step": report.step, "arrays": report.snapshot}
    if report is None or report.stopped:
        raise ValueError(report.stopped if report else "nothing was learnt")
    model.eval()
    seconds = time.perf_counter() - began
    metrics = measure(model, tokenizer, corpus.split()[1])
    card = specs.card_of(corpus.title, corpus, spec) | {
        "base": base, "history": specs.thinned(history), "metrics": metrics, "seconds": round(seconds, 1),
        "steps": report.step, "n_params": model.n_params,
    }  # fmt: skip
    yield {
        "kind": "done", "step": report.step, "seconds": seconds, "stopped": None, "metrics": metrics, "card": card,
        "arrays": model.state_arrays(),
    }  # fmt: skip


def pre_train(model: Any, tokenizer: ChatTokenizer) -> Generator[Event, None, dict[str, Any]]:
    """Teach the model running text; "base" events. Returns what is said about it in the card."""
    from lmcore.training.trainer import held_out_loss as text_loss
    from lmcore.training.trainer import learn

    config, text = TrainConfig.from_dict(BASE), village.corpus()
    train_text, held_out_text = text.split()
    T = min(BASE_WINDOW, model.block_size)
    data = batches(
        tokenize(tokenizer, train_text), batch_size=config.batch_size, block_size=T, seed=config.seed,
        start_share=config.start_share,
    )  # fmt: skip
    windows = evaluation_windows(tokenize(tokenizer, held_out_text), T, config.eval_windows * T)
    report = None
    for report in learn(model, data, lambda model: text_loss(model, windows, config.batch_size), config):
        yield {"kind": "base", "step": report.step, "loss": report.loss, "held_out_loss": report.held_out_loss,
               "seconds": report.seconds}  # fmt: skip
    if report is None or report.stopped:
        raise ValueError(report.stopped if report else "nothing was learnt")
    about = {"name": text.name, "title": text.title, "sha256": text.sha256}
    seconds, loss = round(report.seconds, 1), round(report.held_out_loss or 0.0, 4)
    return {"corpus": about, "train": config.to_dict(), "seconds": seconds, "held_out_loss": loss}


def spec_hash(spec: Spec) -> str:
    """Hex SHA-256 of what a run computes."""
    import hashlib

    content = {**validate(spec), "code": code_version()}
    return hashlib.sha256(specs.canonical_json(content).encode()).hexdigest()


# What came of it ----------------------------------------------------------------------------------------------------


def held_out_loss(model: Any, rows: Sequence[Row], batch_size: int = 32) -> float:
    """Mean loss in nats a token of the bot's."""
    import torch
    from torch.nn import functional as F

    total, n = 0.0, 0
    with model._observing():
        for i in range(0, len(rows), batch_size):
            x, y = (
                torch.from_numpy(one).to(model.device) for one in padded(rows[i : i + batch_size], model.block_size)
            )
            total += F.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction="sum").item()
            n += int((y != IGNORED).sum())
    return total / n


def reply_to(model: Any, tokenizer: ChatTokenizer, turns: Conversation) -> str:
    """The likeliest answer to the last thing said, after the turns before it as they are written."""
    before = [chat.Said(as_typed(turn.said), tuple(tokenizer.encode(turn.reply))) for turn in turns[:-1]]
    ids = chat.feed(tokenizer, before, as_typed(turns[-1].said), model.block_size).ids
    return tokenizer.decode(chat.answer(model, tokenizer, ids)[0])


def examine(model: Any, tokenizer: Any, exam: Sequence[Conversation] | None = None) -> dict[str, tuple[int, int]]:
    """Kind of question -> (answered right by the rule, asked), of the held-out questions."""
    found = {kind: [0, 0] for kind in KINDS}
    for turns in conversations.exam() if exam is None else exam:
        last = turns[-1]
        found[last.kind][0] += right(reply_to(model, tokenizer, turns), last.answer, last.rivals)
        found[last.kind][1] += 1
    return {kind: (good, asked) for kind, (good, asked) in found.items()}


def measure(model: Any, tokenizer: ChatTokenizer, held_out_text: str) -> dict[str, Any]:
    """held_out_loss (nats a token of the bot's, on conversations it has not seen), and right, the share of the
    n_questions held-out questions that it answers with the exact fact.
    """
    first = "\n".join(held_out_text.splitlines()[:WATCHED])  # what is measured may be cut in the middle of a line
    rows = [conversation_ids(tokenizer, said) for said in conversations.parse(first)]
    marks = examine(model, tokenizer)
    good, asked = (sum(mark[i] for mark in marks.values()) for i in (0, 1))
    return {"held_out_loss": held_out_loss(model, rows), "right": good / asked, "n_questions": asked}


def sample_text(model: Any, tokenizer: ChatTokenizer) -> str:
    """A short chat with the likeliest answers, a line for each thing said."""
    turns: list[chat.Said] = []
    for said in SHOWN:
        ids = chat.feed(tokenizer, turns, said, model.block_size).ids
        turns.append(chat.Said(said, *chat.answer(model, tokenizer, ids)))
    return "\n".join(line for turn in turns for line in (f"> {turn.said}", tokenizer.decode(turn.reply)))
