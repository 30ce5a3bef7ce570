"""Counting / Markov chains: the future depends on the present only."""

import streamlit as st

from lmcore.figures.markov import approach_curve, next_beside, percent, shares_beside
from lmcore.probes.markov import distance
from pages.shared import lesson, long_text, markov_numbers, markov_says, texts
from pages.shared.counted import MAX_CHARS, counts_of
from pages.shared.markov import LENGTHS, MOST_STATES, approach_of, chain_of, drawn_of, ending, rows_of, script
from pages.shared.markov_chain import locked_place, markov_chain, valid
from pages.shared.view import View, choice, number, text, token_list, whole

PAGE = "markov-chains"
STAGE = f"{PAGE}.stage"
KINDS = {"char": "Characters", "word": "Words"}
PLAYS = "shakespeare-1mb"
MAX_TYPED = 200
OPENING_STEPS = 9  # that the walk takes by itself when the page is opened

view = View(
    PAGE,
    {
        "text": text("mouse", 80),
        "tokenizer": choice("word", list(KINDS)),
        "shown": whole(14, 3, MOST_STATES),
        "least": number(0.03, 0, 0.5),
        "locked": token_list(2),  # row and column of the matrix, both one more than they are; 0 for all of it
        "one": text("I am going to the", MAX_TYPED),
        "two": text("the mouse ate the", MAX_TYPED),
        "seed": whole(1, 0, 9999),
    },
)

lesson.idea(
    "Markov chains",
    "The Markov assumption: the future depends on the present only. After “I am going to the …” people think of a "
    "store or a park; a first-order model has forgotten all but “the”, and says what it says after every “the”.",
    r"p(x_t \mid x_1, \dots, x_{t-1}) = p(x_t \mid x_{t-1}) = \dfrac{c(x_{t-1}, x_t)}{c(x_{t-1})}",
    {"x_t": "the next token", "x_{t-1}": "the token now", "c": "how often it stands in the text"},
)

controls = st.columns([3, 2, 2], vertical_alignment="bottom")
with controls[0]:
    corpus = texts.picker("Text", view.key("text"), default="mouse")
with controls[1]:
    st.segmented_control("Tokens", list(KINDS), format_func=KINDS.__getitem__, key=view.key("tokenizer"), required=True)
with controls[2]:
    st.slider("Most used tokens shown", 3, MOST_STATES, key=view.key("shown"))

kind = view["tokenizer"]
try:
    tokenizer, model, n_tokens = counts_of(corpus, kind)
    chain, found = chain_of(corpus, kind)
except ValueError as refusal:
    lesson.refuse(str(refusal))
    view.publish()
    st.stop()
if len(corpus.text) > MAX_CHARS:
    st.caption(f"The first {MAX_CHARS:,} characters are counted; the text has {len(corpus.text):,}.")
drawn = drawn_of(corpus, kind, view["shown"])
part, names = drawn.part, drawn.names
K, n_other = part.counts.size, int((chain.counts > 0).sum()) - len(names)
other = "other words" if kind == "word" else "others"
labels = [*names, *([other] if part.others else [])]
chips = [*map(lesson.chip, names), *([f"*{other}*"] if part.others else [])]


# ---- the stage ----


def on_locked() -> None:
    """A row, a column or a cell was locked or let go: the view follows."""
    place = locked_place(STAGE, K)
    view.set(locked=() if place is None else (place[0] + 1, place[1] + 1))


# A lock is a place in the matrix: in another matrix it would be another word's.
picture = (corpus.sha256, kind, view["shown"])
before = st.session_state.get(f"{PAGE}.picture", (picture, ()))
if before[0] != picture and before[1] == view["locked"]:
    view.set(locked=())
st.session_state[f"{PAGE}.picture"] = (picture, view["locked"])
asked = tuple(at - 1 for at in view["locked"])
locked = markov_chain(
    part, names, drawn.order, drawn.rings, least=view["least"], seed=view["seed"],
    locked=(asked[0], asked[1]) if len(asked) == 2 and valid((asked[0], asked[1]), K) else None,
    key=STAGE, other_name=other, opening=OPENING_STEPS if view.untouched else 0, on_locked=on_locked,
)  # fmt: skip
st.caption(
    "Row: the token now. Column: the next one. Each row sums to 100 percent, written where there is room. "
    + (f"*{other.capitalize()}* stands for the {n_other:,} that are not shown. " if part.others else "")
    + "A line is an edge of the graph, as wide as it is probable"
    + (f"; those below {percent(view['least'])} are walked, but not drawn." if view["least"] > 0 else ".")
)

the = names.index("the") if "the" in names else 0
lesson.try_this(
    view,
    [
        (f"What comes after {lesson.chip(names[the])}?", {"locked": (the + 1, 0)}),
        (
            "Shakespeare, letter by letter",
            {"text": PLAYS, "tokenizer": "char", "shown": 16, "least": 0.08, "locked": ()},
        ),
        ("A book, where most words are “other”", {"text": "tales", "tokenizer": "word", "shown": 12, "locked": ()}),
        ("Only the strong edges", {"least": 0.2}),
    ],
)
row = locked[0] if locked and locked[0] >= 0 else the
lesson.what_you_see(markov_says.of_row(part, row, chips))
lesson.predict(
    PAGE,
    f"You let the walk run for a very long time. How often does it come by {lesson.chip(names[the])}?",
    [
        "It depends on where it began",
        "As often as it stands in the text",
        "As often as every other token",
    ],
    1,
    f"The text has it {chain.counts[part.tokens[the]]:,} times in {n_tokens:,} tokens, "
    f"{percent(chain.frequencies[part.tokens[the]])}; a long walk spends {percent(found.probs[part.tokens[the]])} of "
    "its steps there. Why the two are the same stands below.",
)


# ---- the limit ----

st.subheader("Two sentences, one last word", anchor=False, divider="gray")
st.markdown(
    "The bars are what the chain says comes next. Change what you like before the last word: they stay. The orange "
    "marks are what followed when the words before it were heard too."
)
sides = st.columns(2, gap="large")
typed, endings = [], []
for side, name, asks in zip(sides, ("one", "two"), ("A sentence", "Another one"), strict=True):
    with side:
        typed.append(long_text.first_of(st.text_input(asks, key=view.key(name)), MAX_TYPED))
        endings.append(ending(model, tokenizer.encode(typed[-1])))
tokens = rows_of(endings)
for side, each in zip(sides, endings, strict=True):
    with side:
        if each.last is None:
            st.info("Nothing typed: there is no present to depend on.", icon=":material/block:")
            continue
        here = lesson.chip(tokenizer.itos[each.last])
        if not each.tokens.size:
            st.info(
                f"Nothing ever followed {here} in this text, so the chain has no row for it.", icon=":material/block:"
            )
            continue
        at = dict(zip(each.tokens.tolist(), each.probs.tolist(), strict=True))
        longer = {i: each.longer_probs[t] for i, t in enumerate(tokens) if t in each.longer_probs}
        heard = lesson.chip((" " if kind == "word" else "").join(tokenizer.itos[t] for t in each.longer))
        st.markdown(
            f"After {here}; " + (f"marked: after {heard}" if each.longer else "the text has no longer end of it")
        )
        st.plotly_chart(
            next_beside(
                [tokenizer.itos[t] for t in tokens], [at.get(t, 0.0) for t in tokens],
                longer if each.longer else None, theme=lesson.theme(),
            ),
            key=f"{PAGE}.{'one' if side is sides[0] else 'two'}-bars", config={"displayModeBar": False},
        )  # fmt: skip
unknown = list(dict.fromkeys(word for sentence in typed for word in tokenizer.unknown(sentence)))
said = markov_says.of_endings(endings, unknown)
if said:
    st.caption(said)


# ---- where a long walk ends ----

st.subheader("Where a long walk ends up", anchor=False, divider="gray")
st.markdown(
    "Walk on, and forget where you began: the share of the steps at each token settles. That is the **stationary "
    r"distribution** $\pi$, the one that a step leaves as it is: $\pi P = \pi$, with $P$ the matrix of all "
    f"{int((chain.counts > 0).sum()):,} tokens of the text."
)
far = distance(found.probs, chain.frequencies)
small = "0" if far < 1e-12 else f"{far:.2g}"
visits, far_after = approach_of(corpus, kind, view["seed"])
left, right = st.columns(2, gap="large")
with left:
    st.markdown("**Bars: a long walk. Orange marks: the text.** The share of each token.")
    top = part.tokens[:12]
    st.plotly_chart(
        shares_beside(
            [tokenizer.itos[t] for t in top], found.probs[top].tolist(), chain.frequencies[top].tolist(),
            theme=lesson.theme(),
        ),
        key=f"{PAGE}.shares", config={"displayModeBar": False},
    )  # fmt: skip
with right:
    st.markdown("**A walk comes near it.** How far its own visits still are from the bars.")
    st.plotly_chart(
        approach_curve(LENGTHS, far_after, theme=lesson.theme()),
        key=f"{PAGE}.approach", config={"displayModeBar": False},
    )  # fmt: skip
st.markdown(
    f"The total variation distance between $\\pi$ and the plain frequencies is **{small}**: "
    "between 0 (the same) and 1 (nothing in common), it is the most by which they can differ about anything. It is so "
    "small because of what is counted: every token of the text is once the token *now* and once the token *next*. As "
    "much leads away from a word as leads to it, so the frequencies are in balance already. Only the first token is "
    "never next, and only the last never now."
)
for sentence in markov_says.habits(chain, found, tokenizer):
    st.markdown(sentence)
st.caption(
    f"A walk of 10,000 steps is still {far_after[-1]:.2g} away; ten times closer takes about a hundred times as many "
    f"steps. The distribution itself is not walked but computed: {found.n_steps:,} "
    + ("step" if found.n_steps == 1 else "steps")
    + " of a lazy walk, which tosses a coin before each step and stays on tails. That settles for every text, also "
    "where the plain one would jump to and fro for ever, and it settles on the same distribution."
)

with st.expander("Go further", icon=":material/tune:"):
    st.slider("Draw edges from this probability on", 0.0, 0.5, step=0.01, key=view.key("least"))
    st.number_input("Seed of the walks", 0, 9999, key=view.key("seed"), help="The same seed walks the same way.")
    st.caption(
        "The walk on the stage begins as a passage of the text begins. It treats all other tokens as one, as if the "
        "text had been written so; the long walk below it keeps all of them apart."
    )

lesson.the_code(
    PAGE,
    ["lmcore.probes.markov:chain_of", "lmcore.probes.markov:most_used", "lmcore.probes.markov:stationary",
     "lmcore.probes.markov:walk"],
    script(corpus, kind, view["shown"], view["seed"], MAX_CHARS),
)  # fmt: skip
lesson.the_numbers(
    PAGE,
    lambda: markov_numbers.pick(
        {
            "The matrix": lambda: markov_numbers.matrix(part, labels),
            "Two sentences": lambda: markov_numbers.after(endings, tokenizer),
            "The long walk": lambda: markov_numbers.long_walk(chain, found, visits, tokenizer),
            "The way there": lambda: markov_numbers.approach(far_after),
        }
    ),
    note="What the pictures show; what is 0 is left out, and of long tables the first 1,000 rows stand here.",
)
view.publish()
