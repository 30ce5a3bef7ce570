"""Classifier in words: what the stage shows with this text's numbers, the code, the table, where it comes from."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
import streamlit as st

from pages.shared import lesson, scripts
from pages.shared.classifier_here import Here

MOST_UNKNOWN = 6
MOST_TURNING = 5


def notes(here: Here) -> list[str]:
    """What must be said before the picture: words that are unknown, and what is not read."""
    said = []
    words = list(dict.fromkeys(here.tokens[t] for t in here.unknown))
    if words:
        shown = ", ".join(lesson.chip(word) for word in words[:MOST_UNKNOWN])
        more = f" and {len(words) - MOST_UNKNOWN} more" if len(words) > MOST_UNKNOWN else ""
        said.append(
            f"It has never seen {shown}{more}: {'they are all' if len(words) > 1 else 'it is'} read as the one token "
            "for unknown words. " + ("With no word that it knows, it can only guess." if _all_unknown(here) else "")
        )
    if here.n_cut:
        n = len(here.ids)
        said.append(f"Only the first {n} tokens are read; {here.n_cut:,} more stand behind them.")
    return said


def _all_unknown(here: Here) -> bool:
    return all(t in here.unknown or not here.tokens[t].isalpha() for t in range(len(here.ids)))


def reading(here: Here) -> str:
    """Both verdicts, the strongest word, and the words that turn the decision."""
    network, labels = here.network, here.labels
    sure = lesson.percent(network.probs[network.best])
    says = f"The network says {lesson.chip(labels[network.best])} with **{sure}**"
    if here.counted is not None:
        best = here.counted.best
        joins = (
            "so does counting words, with"
            if best == network.best
            else f"counting words says {lesson.chip(labels[best])} with"
        )
        says += f"; {joins} **{lesson.percent(here.counted.probs[best])}**"
    says += ". "
    if not here.ids:
        return says + "There is no word to read, so that this is what it expects of any text."
    t = here.strongest() or 0
    move = float(network.moves(network.best)[t])
    word, without = lesson.chip(here.tokens[t]), lesson.percent(network.without[t, network.best])
    if move > 0:
        says += (
            f"What speaks most for it is {word}: without it, the network would give this label **{without}** "
            f"({move:+.1f} nats of log odds). "
        )
        if not any(letter.isalnum() for letter in here.tokens[t]):
            says += "(Every text it has read ends with a full stop, and the head reads the vector that stands there.) "
    else:
        says += f"No word speaks for it: without {word}, it would give this label even **{without}**. "
    flips = list(dict.fromkeys(here.tokens[t] for t in network.flips()))
    if flips:
        words = ", ".join(lesson.chip(word) for word in flips[:MOST_TURNING])
        more = f" or {len(flips) - MOST_TURNING} more" if len(flips) > MOST_TURNING else ""
        says += f"Leave out {'any one of ' if len(flips) > 1 else ''}{words}{more}, and the decision turns. "
    else:
        says += "No single word turns the decision. "
    if here.counted is not None:
        says += (
            "Counting adds up one weight for each word, wherever it stands: it cannot know what “not” turns round, nor "
            "which clause decides."
        )
    return says


def further(here: Here) -> None:
    """What leaving out means and does not, where the texts come from, the papers."""
    metrics, model = here.loaded.card.get("metrics", {}), cast(Any, here.loaded.model)
    st.markdown(
        "**Leaving one word out is a question, not an explanation.** The text that is left may be one that nobody "
        "would write, and two words that say the same can each be left out without a change. Counting words has no "
        "such trouble: there, what a word moves is its weight. Often the full stop moves much: every text it has "
        "read ends with one, and the head reads the vector that stands there."
    )
    st.markdown(
        "**The texts were written for this lesson**, by a small grammar told from a seed. The body read "
        "4 MB of them without a label and learnt only what comes next; to know whether “I left no tip” or “I asked for "
        "a second plate” follows, it had to find out how an opinion is meant. Then 200 labelled ones taught the head, "
        "and the body a little. What the held-out texts say of a thing is said of it nowhere else. Real reviews are "
        "longer, and often mean both."
    )
    if metrics.get("calibration_error") is not None:
        st.markdown(
            f"Of {metrics['n_texts']:,} held-out texts this network has "
            f"**{lesson.percent(metrics['accuracy'])}** right; its loss is {metrics['held_out_loss']:.3f} nats a text. "
            f"It has {model.n_params:,} numbers, of which the head is {len(here.labels) * (model.config.n_embd + 1):,}."
        )
    st.caption(
        "Radford and others, “Improving language understanding by generative pre-training” (2018). Guo and others, “On "
        "calibration of modern neural networks” (2017). Li, Monroe and Jurafsky, “Understanding neural networks "
        "through representation erasure” (2016). Pang, Lee and Vaithyanathan, “Thumbs up? Sentiment classification "
        "using machine learning techniques” (2002), who counted words."
    )


def code(here: Here) -> tuple[list[str], str]:
    """The sources, and a script that reproduces the bars."""
    script = f"""
{scripts.open_model(here.loaded)}
from lmcore.probes.classifying import leave_one_out

text = {here.text!r}
ids = tokenizer.encode(" ".join(text.lower().split()))[: model.config.block_size - 1]
found = leave_one_out(model, ids)
for label, p in zip(model.labels, found.probs):
    print(f"{{label:12}} {{p:.4f}}")
for token, move, without in zip(ids, found.moves(found.best), found.without):
    print(f"{{tokenizer.itos[token]:12}} {{move:+8.3f}} nats; without it p = {{without[found.best]:.4f}}")
"""
    name = str(here.loaded.card.get("corpus", {}).get("name", ""))
    if name.startswith("opinions-"):
        script += f"""
# Counting words, on the same labelled texts
from lmcore.corpora import labels as labelled
from lmcore.models import word_counts
from lmcore.training.labels import tokenize_labels

rows, held_out = labelled.shipped({name.removeprefix("opinions-")!r}).split()
data = tokenize_labels(tokenizer, rows, model.labels, model.config.block_size)
counts = word_counts.fit(data.ids, data.y, tokenizer.vocab_size, len(model.labels))
print("counting words:", dict(zip(model.labels, counts.probabilities([ids])[0].round(4).tolist())))
"""
    parts = [
        "lmcore.models.classifier:Classifier.forward", "lmcore.probes.classifying:leave_one_out",
        "lmcore.models.word_counts:fit",
    ]  # fmt: skip
    return parts, script


def table(here: Here) -> pd.DataFrame:
    """A row a token: what it does for the network's label, by both."""
    best = here.network.best
    columns = {
        "token": here.tokens,
        "label": [here.labels[best]] * len(here.ids),
        "network, nats": here.network.moves(best),
        "network, p without it": here.network.without[:, best],
    }
    if here.counted is not None:
        columns |= {
            "counting, nats": here.counted.moves(best),
            "counting, p without it": here.counted.without[:, best],
        }
    return pd.DataFrame(columns)
