"""Foundations / Tokens: a model never sees text, only the indices of tokens."""

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.figures.tokens import tokens_per_word
from lmcore.probes import cuts, script_costs
from lmcore.tokenizers.bpe import MIN_VOCAB
from lmcore.tokenizers.char import FIRST_CHAR
from lmcore.tokenizers.word import UNK, UNK_ID
from pages.shared import lesson, long_text, texts, tokenized, tokens_page
from pages.shared.bpe_merges import bpe_merges, merges_step
from pages.shared.token_cuts import MAX_DRAWN, Shown, token_cuts
from pages.shared.tokens_page import KINDS
from pages.shared.view import View, choice, text, whole

PAGE = "tokens"
MERGES = f"{PAGE}.merges-bench"
MAX_TYPED = 400
PLAYS = "shakespeare-1mb"

view = View(
    PAGE,
    {
        "text": text(texts.DEFAULT, 80),
        "typed": text("The cat hugged the catfish 🐱", MAX_TYPED),
        "merges": choice(1000, tokenized.N_MERGES),
        "step": whole(60, 0, max(tokenized.N_MERGES)),
        "vocabulary": choice("word", list(KINDS)),
        "find": text("", 60),
        "word": text("unbreakable", 60),
        "min_count": whole(1, 1, 1000),
    },
)

lesson.idea(
    "Tokens",
    "A model never sees text. A tokenizer cuts the text and looks every token up in a vocabulary; the model gets the "
    "indices, answers with indices, and the same table turns them back into text.",
    r"\text{encode}(\text{text}) = (i_1, \dots, i_L), \quad 0 \le i < V, \qquad "
    r"\text{decode}(\text{encode}(\text{text})) = \text{text}^{*}",
    {
        "*": "but for words, which forget the spaces and what they do not know",
        "i_1, \\dots, i_L": "the indices",
        "L": "the number of tokens",
        "V": "the size of the vocabulary",
    },
)


def counted(n: int, what: str) -> str:
    """1 word, 2 words."""
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def keep_short() -> None:
    """A text that is too long is cut, and the page says so."""
    typed = st.session_state[view.key("typed")]
    st.session_state[f"{PAGE}.too_long"] = len(typed) if len(typed) > MAX_TYPED else 0
    view.set(typed=typed[:MAX_TYPED])


controls = st.columns([4, 3, 6], vertical_alignment="bottom")
with controls[0]:
    corpus = texts.picker("Learn the vocabulary from", view.key("text"))
with controls[1]:
    st.segmented_control(
        "Merges for the pieces", tokenized.N_MERGES, format_func="{:,}".format, key=view.key("merges"), required=True
    )
with controls[2]:
    st.text_area("Your text", key=view.key("typed"), height=74, on_change=keep_short)
if n_typed := st.session_state.pop(f"{PAGE}.too_long", 0):
    st.caption(f"You typed {n_typed:,} characters; the first {MAX_TYPED} are kept.")
typed = view["typed"][:MAX_TYPED]

try:
    letters, pieces = tokenized.chars_of(corpus), tokenized.merges_of(corpus, view["merges"])
    words_at_least = view["min_count"]
    try:
        words = tokenized.words_of(corpus, words_at_least)
    except ValueError as refusal:  # no word stands there so often
        lesson.refuse(str(refusal))
        words_at_least = 1
        words = tokenized.words_of(corpus)
except ValueError as refusal:
    lesson.refuse(str(refusal))
    view.publish()
    st.stop()
trained = {"char": letters, "word": words, "bpe": pieces}
history = pieces.history
n_merges = history.counts.size
if len(corpus.text) > tokenized.MAX_CHARS:
    st.caption(f"The first {tokenized.MAX_CHARS:,} of its {len(corpus.text):,} characters are used.")

found = {"byte": cuts.cut_bytes(typed)} | {kind: cuts.cut(typed, each.tokenizer) for kind, each in trained.items()}
halves = {i: letters.tokenizer.itos[i] for i in range(1, FIRST_CHAR)}
token_cuts(
    typed,
    [
        Shown("Bytes", found["byte"], 256, tokenized.byte_counts(corpus)),
        Shown("Characters", found["char"], letters.tokenizer.vocab_size, letters.counts, halves),
        Shown("Words", found["word"], words.tokenizer.vocab_size, words.counts, {UNK_ID: UNK}, gaps=True),
        Shown("Pieces", found["bpe"], pieces.tokenizer.vocab_size, pieces.counts),
    ],
    key=f"{PAGE}.cuts",
)
st.caption(
    f"Of each cut at most {MAX_DRAWN} tokens are drawn. · is a space, ↵ a newline; equal indices have equal colours. "
    "Pieces are what models use: byte pairs joined again and again."
)

lesson.try_this(
    view,
    [
        ("A word it never saw", {"typed": "The mouse was flabbergasted."}),
        ("Five scripts and a family", {"typed": "Hello καλημέρα مرحبا नमस्ते 你好 👨\u200d👩\u200d👧\u200d👦"}),
        (
            "Learn from Shakespeare",
            {"text": PLAYS, "merges": 4000, "typed": "To be, or not to be: that is the question."},
        ),
        ("Undo every merge", {"step": 0}),
    ],
)
sizes = {kind: cut.ids.size for kind, cut in found.items()}
n_unknown = int((found["word"].ids == UNK_ID).sum())
lesson.what_you_see(
    f"The same text is {counted(len(typed), 'character')}, {counted(sizes['byte'], 'byte')}, "
    f"{counted(sizes['word'], 'word')} and {counted(sizes['bpe'], 'piece')}. "
    "Few kinds of token make long sequences, many kinds make short ones: "
    f"{letters.tokenizer.vocab_size:,} characters against {words.tokenizer.vocab_size:,} words. "
    + (f"The words do not have {n_unknown} of yours, and each becomes {lesson.chip(UNK)}. " if n_unknown else "")
    + "Words also forget the spaces, so only the other three give back exactly what you typed."
)
st.caption(
    "The order of a vocabulary means nothing; here it is sorted, and pieces follow in the order in which they were "
    "learnt. Some books count from 1, code counts from 0. Models in use have about 50,000 tokens or more: GPT-2 has "
    "50,257."
)
n_capitals = len(pieces.tokenizer.encode(typed.upper()))
lesson.predict(
    PAGE,
    "You write the same sentence in capitals. What happens to the number of pieces?",
    ["It stays as it is", "It grows", "It shrinks"],
    1 if n_capitals > sizes["bpe"] else 2 if n_capitals < sizes["bpe"] else 0,
    "The pieces were learnt from how this text is written. Words in capitals are rare in it, so few of their pairs "
    f"were ever joined. Yours has {sizes['bpe']} pieces, in capitals {n_capitals}.",
)


# ---- merge by merge ----

st.subheader("Pieces, merge by merge", anchor=False, divider="gray")
st.markdown(
    "Begin with bytes. Find the pair of neighbours that stands in the text most often, make it one new token, and do "
    "it again. That is byte pair encoding; pairs never reach over the end of a word."
)


def on_step() -> None:
    """The slider was let go: the view follows."""
    if (step := merges_step(MERGES, n_merges)) is not None:
        view.set(step=step)


step = bpe_merges(typed, history, step=min(view["step"], n_merges), key=MERGES, on_step=on_step)
if n_merges < view["merges"]:
    st.caption(f"After {n_merges:,} merges no pair is left that stands in this text twice, so learning stopped.")


# ---- what a vocabulary buys ----

st.subheader("How many tokens is a word?", anchor=False, divider="gray")
n_written = tokenized.n_written_words(corpus)
steps = np.unique(np.append(np.geomspace(1, max(1, n_merges), 24).astype(int) - 1, [step, n_merges]))
rates = history.n_tokens[steps] / n_written
marks = [
    (name, each.tokenizer.vocab_size, each.n_tokens / n_written)
    for name, each in (("characters", letters), ("words and marks", words))
]
figure = tokens_per_word(
    history.vocab_sizes[steps].tolist(), rates.tolist(), marks,
    at=int(np.searchsorted(steps, step)), theme=lesson.theme(),
)  # fmt: skip
st.plotly_chart(figure, key=f"{PAGE}.rates", config={"displayModeBar": False})
st.caption(
    f"Measured on the whole text, {n_written:,} words as people count them. A word takes {rates[0]:.3g} bytes, "
    f"{history.n_tokens[step] / n_written:.3g} pieces after {step:,} merges (the ring, where the slider stands), and "
    f"{rates[-1]:.3g} after all {n_merges:,}. A larger vocabulary means shorter sequences, and a larger table that the "
    "model has to learn."
)
lesson.the_numbers(
    f"{PAGE}-rates",
    lambda: pd.DataFrame(
        {
            "cut": ["pieces"] * steps.size + [name for name, *_ in marks],
            "merges": [*steps.tolist(), *[None] * len(marks)],
            "vocabulary": [*history.vocab_sizes[steps].tolist(), *[size for _, size, _ in marks]],
            "tokens per word": [*rates.tolist(), *[rate for *_, rate in marks]],
        }
    ),
    title="The numbers of this curve",
)


# ---- the vocabulary ----

st.subheader("The vocabulary", anchor=False, divider="gray")
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.segmented_control(
        "Tokens", list(KINDS), format_func=KINDS.__getitem__, key=view.key("vocabulary"), required=True
    )
    sought = st.text_input("Find a token or an index", key=view.key("find"), max_chars=60)
kind = view["vocabulary"]
table = tokenized.table_of(corpus, kind, trained[kind], merges=view["merges"], min_count=words_at_least)
rows = tokens_page.search(table, sought)
if len(rows):
    st.dataframe(
        rows.head(tokens_page.MAX_ROWS),
        hide_index=True,
        height=320,
        key=f"{PAGE}.vocabulary-table",
        column_config={"index": st.column_config.NumberColumn(width="small")},
    )
else:
    st.info("No token has that in it.", icon=":material/search_off:")
more = (
    f", the first {tokens_page.MAX_ROWS:,} of them shown: search for the others"
    if len(rows) > tokens_page.MAX_ROWS
    else ""
)
st.caption(
    f"{len(rows):,} of {len(table):,} tokens{more}. Index 0 is the start token: no text is ever cut into it. "
    + {
        "char": "Indices 1 to 16 are hex digits: a character that was never seen is spelled by its bytes.",
        "word": f"Index {UNK_ID} stands for every word that is not in the table.",
        "bpe": f"The 256 bytes come first, up to index {MIN_VOCAB - 1}; then one token for each merge.",
    }[kind]
)


# ---- words it has never seen ----

st.subheader("A word it has never seen", anchor=False, divider="gray")
unseen = long_text.first_of(st.text_input("A word", key=view.key("word")), 60)
if unseen.strip():
    for kind, each in trained.items():
        ids = each.tokenizer.encode(unseen)
        spelled = " ".join(lesson.chip(each.tokenizer.itos[i]) for i in ids[:60])
        st.markdown(f"**{KINDS[kind]}**, {len(ids)}: {spelled}{' …' if len(ids) > 60 else ''}")
    unknown = words.tokenizer.unknown(unseen)
    st.caption(
        f"A word tokenizer has one answer for all words it does not have: {lesson.chip(UNK)}. What it was is lost, in "
        "reading and in writing. Characters and pieces can spell anything."
        if unknown
        else "The text has every word of this. Try one that it does not have."
    )


# ---- other scripts ----

st.subheader("What other scripts cost", anchor=False, divider="gray")
paid = script_costs.costs({kind: each.tokenizer for kind, each in trained.items()})
st.table(tokens_page.costs_table(paid), border="horizontal")
share = {cost.language: cost.tokens["bpe"] / cost.characters for cost in paid[:8]}
cheapest, dearest = min(share, key=share.__getitem__), max(share, key=share.__getitem__)
st.caption(
    f"All cut by what was learnt from this text. {cheapest} takes {share[cheapest]:.2g} pieces a character, {dearest} "
    f"{share[dearest]:.2g}. Who pays by the token pays for the script, and a model that reads so many tokens at once "
    "reads less of it. The family is one picture made of seven characters."
)

with st.expander("Go further", icon=":material/tune:"):
    st.number_input("How often a word must stand in the text to be a token", 1, 1000, key=view.key("min_count"))
    n_lost = int(words.counts[UNK_ID])
    st.caption(
        f"With {words_at_least:,} there are {words.tokenizer.vocab_size:,} tokens, and {n_lost:,} of the text's own "
        f"{words.n_tokens:,} are read as {lesson.chip(UNK)}. Rare words are what a model learns worst, so large word "
        "vocabularies are cut like this."
    )

lesson.the_code(
    PAGE,
    ["lmcore.tokenizers.word:WordTokenizer", "lmcore.tokenizers.bpe:BPETokenizer", "lmcore.probes.merges:replay"],
    tokens_page.script(corpus, typed, view["merges"], words_at_least, step, steps.tolist()),
)
lesson.the_numbers(
    PAGE,
    lambda: tokens_page.tokens_drawn(typed, found, trained),
    note="Every token of the four cuts, in the order of the text.",
)
view.publish()
