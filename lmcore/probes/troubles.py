"""The troubles of counting, measured on one text: sparsity, short sight, size, unknown words; and what helps how much.

The text is cut in two. Everything is counted on its first nine tenths, and judged on the last: what the model has
never seen. Each function here gives rows of plain numbers; `report` gives all of them, one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import evaluation, tokenizers
from lmcore.batches import Tokens, tokenize
from lmcore.corpora import Corpus
from lmcore.models.counts import MAX_ORDER
from lmcore.models.ngram import NGram, NGramConfig, contexts, learned_shares
from lmcore.models.smoothing import SMOOTHINGS

Row = dict[str, Any]

JUDGED = 20_000  # tokens of each part that are scored
MIN_COUNTS = (1, 2, 3, 5, 10, 20)
FAR = 50  # tokens back that a reader still remembers
UNKNOWN_ORDER = 3


def report(corpus: Corpus, kind: str) -> Iterator[Row]:
    """All rows for a text cut by a kind of tokenizer: {"about": which table the row belongs to, …}.

    Infinity is None, so that a row is plain JSON.
    """
    train_text, held_out_text = corpus.split()
    tokenizer = tokenizers.train(kind, train_text)
    train = tokenize(tokenizer, train_text)
    held_out = np.array(tokenizer.encode(held_out_text), dtype=np.int64)
    counted = NGram(NGramConfig(tokenizer.vocab_size, MAX_ORDER, "mle")).fit(train)
    yield {"about": "text", "tokens": int(train.ids.size), "held_out": int(held_out.size), "V": counted.vocab_size - 1}
    for order in range(1, MAX_ORDER + 1):
        yield {"about": "sparsity", **sparsity(counted, order, held_out), **size(counted, order)}
    yield {"about": "sight", **sight(counted, held_out)}
    for order in range(1, MAX_ORDER + 1):
        for name in SMOOTHINGS:
            shares = learned_shares(train, order, counted.vocab_size) if name == "jelinek-mercer" else None
            model = counted.variant(order, name, weights=shares)
            yield {
                "about": "prediction", "order": order, "smoothing": name,
                "train": perplexity(model, train.ids), "held_out": perplexity(model, held_out),
            }  # fmt: skip
    if kind == "word":
        for min_count in MIN_COUNTS:
            found = unknown(train_text, held_out_text, min_count)
            if found:
                yield {"about": "unknown", **found}


def sparsity(model: NGram, order: int, held_out: NDArray[np.int64]) -> Row:
    """How many n-grams are possible, how many were seen, and how many of the held-out ones never."""
    table = model.table(order)
    columns = contexts(Tokens(held_out.astype(np.int32), np.zeros(1, np.int64)), order)
    whole = slice(order - 1, None)  # only where all n tokens are of the held-out text
    rows = table.find(table.key([c[whole] for c in columns] or [np.zeros(held_out.size, np.int64)]))
    new = table.places(rows, held_out[whole]) < 0
    return {
        "order": order, "possible": float(model.vocab_size - 1) ** order, "seen": int(table.tokens.size - table.begun),
        "once": int(np.count_nonzero(table.counts[table.begun :] == 1)),
        "never_seen": float(new.mean()) if new.size else 0.0,
    }  # fmt: skip


def size(model: NGram, order: int) -> Row:
    """What the table of an order takes."""
    table = model.table(order)
    return {"contexts": int(table.contexts.size), "bytes": int(table.nbytes)}


def sight(model: NGram, held_out: NDArray[np.int64]) -> Row:
    """How far back the counts could look: the share of held-out tokens by the longest context that was ever seen; and
    the share of tokens that stand further back, where no model of this order sees them.
    """
    N = held_out.size
    columns = contexts(Tokens(held_out.astype(np.int32), np.zeros(1, np.int64)), MAX_ORDER)
    longest = np.zeros(N, dtype=np.int64)
    for order in range(2, MAX_ORDER + 1):
        table = model.table(order)
        seen = table.find(table.key(columns[MAX_ORDER - order :])) >= 0
        longest[seen] = order - 1
    near = np.zeros(N, dtype=bool)
    far = np.zeros(N, dtype=bool)
    for back in range(1, min(FAR, N - 1) + 1):
        same = np.zeros(N, dtype=bool)
        same[back:] = held_out[back:] == held_out[:-back]
        if back < MAX_ORDER:
            near |= same
        else:
            far |= same
    return {
        "longest": [float((longest == length).mean()) if N else 0.0 for length in range(MAX_ORDER)],
        "only_far": float((far & ~near).mean()) if N else 0.0,
        "near": float(near.mean()) if N else 0.0,
    }


def perplexity(model: NGram, ids: NDArray[Any]) -> float | None:
    """Of the first tokens of a text; None when it is infinite: some token had probability 0."""
    judged: list[int] = ids[:JUDGED].tolist()
    if not judged:
        return None
    found = evaluation.perplexity(-evaluation.log_likelihood(model, judged), len(judged))
    return found if math.isfinite(found) else None


def unknown(train_text: str, held_out_text: str, min_count: int) -> Row | None:
    """What happens when rare words are read as `<unk>`: the vocabulary, how many held-out words are unknown, and the
    perplexity, which looks better and better, because `<unk>` is easier to guess than the word. None when no word
    occurs so often.
    """
    try:
        tokenizer = tokenizers.train("word", train_text, min_count=min_count)
    except ValueError:
        return None
    train = tokenize(tokenizer, train_text)
    held_out = np.array(tokenizer.encode(held_out_text), dtype=np.int64)
    if not held_out.size:
        return None
    model = NGram(NGramConfig(tokenizer.vocab_size, UNKNOWN_ORDER, "modified-kneser-ney")).fit(train)
    return {
        "min_count": min_count, "V": tokenizer.vocab_size - 1,
        "unknown": float((held_out == tokenizer.unk_id).mean()), "perplexity": perplexity(model, held_out),
    }  # fmt: skip
