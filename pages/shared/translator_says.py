"""Translator in words: what the picture shows with this run's numbers, the code, the table, where it comes from."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import lesson, scripts
from pages.shared import translator_models as translators
from pages.shared.translator_here import Here, shown


def notes(here: Here) -> list[str]:
    """What must be said before the picture: how the sentence was read, and which words are unknown."""
    said = []
    if here.text != " ".join(here.sentence.split()):
        said.append(
            f"Read as {lesson.named(here.text)}: it learnt from whole sentences, with a capital and a mark at the end."
        )
    unknown = translators.unknown_in(here.loaded, here.text)
    if unknown:
        words = ", ".join(lesson.chip(clipped(word)) for word in unknown[:6])
        more = f" and {len(unknown) - 6} more" if len(unknown) > 6 else ""
        said.append(
            f"It has never seen {words}{more}, and reads {lesson.chip('<unk>')} instead: any word it does not know is "
            "the same to it. It can only guess from the other words."
        )
    return said


def reading(here: Here) -> str:
    """The translation and the word that is looked at, in numbers."""
    if here.refusal:
        return lesson.plain(here.refusal)
    made, looks = here.made, here.looks
    n = len(here.tokens)
    at = min(here.view["at"], n - 1)
    whole = (
        f"{lesson.named(here.text)} becomes {lesson.named(here.translated)}, with p = {small(made.log_prob)} in all. "
    )
    p = math.exp(float(made.log_probs[at, here.tokens[at]]))
    best = int(looks[at].argmax())
    averaged = " (the average of the last block's heads)" if here.n_heads > 1 else ""
    name = "the end" if made.ended and at == n - 1 else lesson.chip(here.words[at])
    said = (
        f"When it writes {name}, word {at + 1}, p is **{lesson.percent(p)}**, and it looks most at "
        f"{lesson.chip(clipped(shown(here).source[best]))}, place {best + 1}, with "
        f"{lesson.percent(float(looks[at, best]))} of its attention{averaged}. "
    )
    turned = crossings(looks, n - made.ended)
    if turned:
        said += (
            f"{turned} time{'s' * (turned != 1)} a word looks further left than the word before it: there the two "
            "languages put their words in another order. "
        )
    if not made.ended:
        said += "It did not come to an end: the limit of twice the source's length and ten tokens stopped it. "
    if here.taken:
        said += "The words with a double line were chosen by you; the model went on from there. "
    return whole + said


def crossings(looks: np.ndarray, n: int) -> int:
    """How often, among the first n words, the most attended source word lies left of that of the word before."""
    best = looks[:n].argmax(axis=1)
    return int((np.diff(best) < 0).sum())


def small(log_prob: float) -> str:
    """A probability that may be tiny, from its logarithm."""
    p = math.exp(log_prob)
    return f"{p:.3g}" if p >= 1e-4 else f"10^{log_prob / math.log(10):.1f}".replace("-", "−")


def clipped(word: str, most: int = 40) -> str:
    """A word, or the beginning of one that is very long."""
    return word if len(word) <= most else word[: most - 1] + "…"


def further(here: Here) -> None:
    """Three shapes of transformers, and the papers."""
    st.markdown(
        "**Three shapes.** An encoder alone reads to both sides and fits classifiers and gaps. A decoder alone is a "
        "GPT: it sees what stands before. Here both are joined by cross-attention: the queries come from what is "
        "written, keys and values from what was read."
    )
    st.markdown(
        "**Every sentence of these pairs has one translation.** The grammar that wrote them decided what English "
        "leaves open: “you” is a friend (tu), “they” are ils, a doctor is un médecin. In real texts it is not so, and "
        "that is why scores such as chrF compare pieces instead of whole sentences."
    )
    st.caption(
        "The lines are the average of the heads of the last block. Sutskever, Vinyals and Le, “Sequence to sequence "
        "learning with neural networks” (2014); Bahdanau, Cho and Bengio, “Neural machine translation by jointly "
        "learning to align and translate” (2015); Vaswani and others, “Attention is all you need” (2017). chrF: "
        "Popović (2015); BLEU: Papineni and others (2002); both by sacrebleu (Post, 2018)."
    )


def code(here: Here) -> tuple[list[str], str]:
    """The sources, and a script that translates the sentence."""
    family = here.loaded.model.family
    model = "lmcore.models.seq2seq:Bahdanau" if family == "bahdanau" else "lmcore.models.translator:DecoderBlock"
    text = here.text
    script = f"""
import numpy as np

{scripts.open_model(here.loaded)}
from lmcore.probes.translating import alternatives, translate

source = tokenizer.encode_source({text!r})
print([tokenizer.source.itos[i] for i in source])
given = model.given(source)  # a language model of the translations of this sentence
taken = {list(here.taken)!r}
written, tree = translate(given, tokenizer.end_id, len(source), taken=taken, num_beams={here.view["beams"]})
print(tokenizer.decode(written.tokens), f"p = {{np.exp(written.log_prob):.3g}}")
ids, probs = alternatives(written.log_probs, 3)
looks = written.cross[-1].mean(axis=0)  # the last block, its heads averaged
for t, token in enumerate(written.tokens):
    best = int(looks[t].argmax())
    others = ", ".join(f"{{tokenizer.itos[i]}} {{p:.3g}}" for i, p in zip(ids[t], probs[t]))
    where = f"looks at {{tokenizer.source.itos[source[best]]:12}} {{looks[t, best]:.3f}}"
    print(f"{{tokenizer.itos[token]:14}} {{where}}  {{others}}")
"""
    if here.refusal:
        script = f"# {here.refusal}\n{scripts.open_model(here.loaded)}\n"
    return ["lmcore.probes.translating:translate", model, "lmcore.corpora.french_say:say"], script


def table(here: Here) -> pd.DataFrame:
    """A row a written word."""
    if here.refusal:
        return pd.DataFrame()
    drawn, looks, itos = shown(here), here.looks, here.loaded.tokenizer.itos
    best = looks.argmax(axis=1)
    log_probs = here.made.log_probs[np.arange(len(here.tokens)), list(here.tokens)]
    return pd.DataFrame(
        {
            "word": list(here.words),
            "p": np.exp(log_probs),
            "looks most at": [drawn.source[s] for s in best],
            "with": looks.max(axis=1),
            "second choice": [itos[row[1]] if len(row) > 1 else "" for row in drawn.alt_ids],
            "its p": [float(row[1]) if len(row) > 1 else None for row in drawn.alt_probs],
        }
    )
