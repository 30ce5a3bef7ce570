"""What the lesson about tokens shows in tables, and its script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmcore.corpora import Corpus
from lmcore.figures.theme import shown
from lmcore.probes.cuts import Cut
from lmcore.probes.script_costs import Cost
from lmcore.tokenizers.bpe import MIN_VOCAB, readable
from pages.shared import scripts, tokenized
from pages.shared.tokenized import Trained

KINDS = {"char": "Characters", "word": "Words", "bpe": "Pieces"}
MAX_ROWS = 5000


def search(table: pd.DataFrame, sought: str) -> pd.DataFrame:
    """The rows of a vocabulary whose token has `sought` in it, or whose index it is; all for the empty string."""
    if not sought:
        return table
    return table[table["token"].str.contains(shown(sought), regex=False) | (table["index"].astype(str) == sought)]


def costs_table(costs: Sequence[Cost]) -> pd.DataFrame:
    """The same sentence in several scripts, a row each."""
    words = [
        f"{cost.tokens['word']} ({cost.unknown['word']} unknown)" if cost.unknown["word"] else str(cost.tokens["word"])
        for cost in costs
    ]
    table = pd.DataFrame(
        {
            # Isolated, so that Arabic is read from the right, its full stop too.
            "the same sentence": [f"\u2068{cost.sentence}\u2069" for cost in costs],
            "characters": [str(cost.characters) for cost in costs],
            "bytes": [str(cost.n_bytes) for cost in costs],
            "as characters": [str(cost.tokens["char"]) for cost in costs],
            "as words": words,
            "as pieces": [str(cost.tokens["bpe"]) for cost in costs],
        },
        index=[cost.language for cost in costs],
    )
    return table


def tokens_drawn(typed: str, found: Mapping[str, Cut], trained: Mapping[str, Trained]) -> pd.DataFrame:
    """Every token of all cuts, a row each; `found` has "byte" and the kinds of `trained`."""
    data = typed.encode()
    parts = []
    for kind, cut in found.items():
        spans = [data[start:end] for start, end in zip(cut.starts.tolist(), cut.ends.tolist(), strict=True)]
        itos = trained[kind].tokenizer.itos if kind in trained else [readable(bytes([byte])) for byte in range(256)]
        parts.append(
            pd.DataFrame(
                {
                    "cut": KINDS.get(kind, "Bytes"),
                    "place": np.arange(1, cut.ids.size + 1),
                    "token": [shown(itos[i]) for i in cut.ids.tolist()],
                    "index": cut.ids,
                    "bytes": [span.hex(" ") for span in spans],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def script(corpus: Corpus, typed: str, n_merges: int, min_count: int, step: int, steps: Sequence[int]) -> str:
    """A script that cuts the text, replays the merges and prints the numbers of the picture."""
    imports, source = scripts.open_text(corpus)
    return f"""\
{imports}from lmcore import corpora, tokenizers
from lmcore.probes import merges

text = {source}[:{tokenized.MAX_CHARS}]
typed = {typed!r}
print("byte", 256, list(typed.encode()))
for kind, options in [
    ("char", {{}}),
    ("word", {{"min_count": {min_count}}}),
    ("bpe", {{"vocab_size": {MIN_VOCAB + n_merges}}}),
]:
    tokenizer = tokenizers.train(kind, text, **options)
    print(kind, tokenizer.vocab_size, tokenizer.encode(typed))

step = {step}
history = merges.replay(text, tokenizer)
if step:
    left, right = tokenizer.merges[step - 1]
    print("merge", step, left, right, history.counts[step - 1], history.vocab_sizes[step])
print("cut", merges.cut(typed, tokenizer, step))
for s in {list(steps)!r}:
    print("rate", history.vocab_sizes[s], f"{{history.n_tokens[s] / len(text.split()):.4f}}")
"""
