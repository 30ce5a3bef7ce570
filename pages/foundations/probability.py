"""Foundations / Probability: a language model is a probability distribution over sequences of tokens."""

from fractions import Fraction

import numpy as np
import streamlit as st

from lmcore.figures.chain import factor_bars, two_paths, underflow_curves
from lmcore.figures.numbers import small
from lmcore.figures.outcomes import line_of_outcomes, outcome_bars
from lmcore.probes import chain
from lmcore.tokenizers.word import split
from pages.shared import lesson, long_text, models, probability, texts
from pages.shared import probability_numbers as numbers
from pages.shared import probability_says as says
from pages.shared.likelihood import likelihood_bench, moved_p
from pages.shared.probability import STEPS, WORLDS
from pages.shared.view import View, choice, number, text, whole

PAGE = "probability"
BENCH = f"{PAGE}.bench"
PLAIN = {"displayModeBar": False}
MAX_ROWS = 24  # tokens drawn, a row each
SEEN = {"coin": "A coin: heads", "word": "A word: “mouse” after “the”"}

view = View(
    PAGE,
    {
        "world": choice("coin", list(WORLDS)),
        "length": whole(3, 1, max(world.most for world in WORLDS.values())),
        "heads": number(0.5, 0, 1),
        "model": text(models.DEFAULT, 80),
        "prompt": text("Once there was a girl named Mia who had a tiny clock.", 2000),
        "text": text(texts.DEFAULT, 80),
        "judge": text("count-mouse-2", 80),
        "first": text("the mouse ate the cheese", 500),
        "second": text("the cheese ate the mouse", 500),
        "seen": choice("coin", list(SEEN)),
        "tries": whole(10, 1, 200),
        "hits": whole(7, 0, 200),
        "p": number(0.5, 0, 1),
    },
)

lesson.idea(
    "Probability",
    "A language model gives every sequence of tokens a number from 0 to 1, its probability: higher for what is more "
    "natural.",
    r"p(x_1, \dots, x_L) = \prod_{i=1}^{L} p(x_i \mid x_1, \dots, x_{i-1})",
    {"x_i": "the token at place $i$", "L": "how many there are", r"\mid": "given that these came before"},
)

# ---- from a coin to sentences: all outcomes sum to 1 --------------------------------------------------------------

world = WORLDS[view["world"]]
if view["length"] > world.most:
    view.set(length=world.most)
heads = round(view["heads"] * STEPS)
if view["heads"] != heads / STEPS:
    view.set(heads=heads / STEPS)
controls = st.columns([5, 3, 3], vertical_alignment="bottom", gap="medium")
with controls[0]:
    st.segmented_control(
        "What comes out of", list(WORLDS), format_func=lambda w: WORLDS[w].title, key=view.key("world"), required=True
    )
with controls[1]:
    st.slider(world.step, 1, world.most, key=view.key("length"))
if view["world"] == "coin":
    with controls[2]:
        st.slider("p(H): heads", 0.0, 1.0, step=1 / STEPS, key=view.key("heads"))

outcomes, total = probability.outcomes(view["world"], view["length"], heads)
names = [says.spelled(words, view["world"]) for words, _ in outcomes]
probs = [float(p) for _, p in outcomes]
n_top = len(names) if len(names) <= 12 else 8
rest = sum((p for _, p in outcomes[n_top:]), Fraction(0))
st.markdown(
    f"**All {len(outcomes):,} outcomes, laid end to end, fill the line from 0 to 1:** {says.summed(outcomes, total)}, "
    "exactly, in fractions."
)
st.plotly_chart(line_of_outcomes(names, probs, theme=lesson.theme()), key=f"{PAGE}.line", config=PLAIN)
bars = outcome_bars(
    names[:n_top], probs[:n_top], [says.written(p) for _, p in outcomes[:n_top]],
    rest=(f"the {len(names) - n_top:,} others", float(rest), small(float(rest))) if n_top < len(names) else None,
    theme=lesson.theme(),
)  # fmt: skip
st.plotly_chart(bars, key=f"{PAGE}.outcomes", config=PLAIN)

lesson.try_this(
    view,
    [
        ("Bend the coin: heads 3 times in 4", {"world": "coin", "heads": 0.75, "length": 3}),
        ("Throw a die twice", {"world": "die", "length": 2}),
        ("Every sentence of a toy language", {"world": "mouse", "length": 11}),
        ("Score nonsense below", {"model": "count-mouse-2", "prompt": "cheese the ate mouse the"}),
    ],
)
lesson.what_you_see(says.outcomes(view["world"], outcomes, heads))

# ---- the chain rule: one factor a token ---------------------------------------------------------------------------

st.subheader("One factor a token", anchor=False)
controls = st.columns([2, 4], vertical_alignment="bottom")
with controls[0]:
    loaded = models.picker("Model", view, "model")
with controls[1]:
    typed = long_text.first_of(st.text_input("A sentence", key=view.key("prompt")))
tokenizer = loaded.tokenizer
ids = tuple(tokenizer.encode(typed))
tokens = [tokenizer.itos[token] for token in ids]
lesson.say_unknown(tokenizer, typed)
unrolled = probability.unrolled(loaded, ids)
if not ids:
    st.info(
        "Type a sentence. Where nothing stands, nothing is multiplied: the empty product is 1.", icon=":material/info:"
    )
else:
    picture, units = st.columns([5, 3], gap="large")
    with picture:
        rows = factor_bars(
            tokens[:MAX_ROWS], unrolled.factors[:MAX_ROWS], unrolled.log_sums[:MAX_ROWS], theme=lesson.theme()
        )
        st.plotly_chart(rows, key=f"{PAGE}.factors", config=PLAIN)
        if len(ids) > MAX_ROWS:
            st.caption(f"The first {MAX_ROWS} of {len(ids):,} tokens are drawn; The numbers have all.")
    with units:
        says.show_units(unrolled)
    lesson.what_you_see(says.factors(unrolled, tokens))

# ---- product against sum of logs ----------------------------------------------------------------------------------

st.subheader("Why everybody adds logarithms", anchor=False)
corpus = texts.picker("A long text, read by the same model", view.key("text"))
passage, long = probability.passage(corpus, loaded)
in_float32 = chain.running_products(long.factors, np.float32)
read = [tokenizer.itos[token] for token in passage]
dead = chain.dies_at(in_float32), chain.dies_at(long.products)
if passage:
    curves = underflow_curves(
        long.log_sums, [("float32", in_float32, dead[0]), ("float64", long.products, dead[1])], theme=lesson.theme()
    )
    st.plotly_chart(curves, key=f"{PAGE}.underflow", config=PLAIN)
    lesson.what_you_see(says.underflow(long, *dead))

# ---- two sentences ------------------------------------------------------------------------------------------------

st.subheader("Two sentences", anchor=False)
controls = st.columns([2, 3, 3], vertical_alignment="bottom")
with controls[0]:
    judge = models.picker("Judged by", view, "judge")
with controls[1]:
    first = long_text.first_of(st.text_input("The first", key=view.key("first")), 500)
with controls[2]:
    second = long_text.first_of(st.text_input("The second", key=view.key("second")), 500)
pair = [tuple(judge.tokenizer.encode(sentence)) for sentence in (first, second)]
lesson.say_unknown(judge.tokenizer, f"{first} {second}")
paths = [probability.unrolled(judge, sentence) for sentence in pair]
parting = chain.parting(*pair)
spelled = [[judge.tokenizer.itos[token] for token in sentence] for sentence in pair]
if any(pair):
    st.plotly_chart(
        two_paths(
            (spelled[0], paths[0].log_sums), (spelled[1], paths[1].log_sums), parting, theme=lesson.theme()
        ),
        key=f"{PAGE}.paths", config=PLAIN,
    )  # fmt: skip
lesson.what_you_see(says.odds(spelled, paths, parting) + says.truth(split(first), split(second)))

# ---- maximum likelihood -------------------------------------------------------------------------------------------

st.subheader("Maximum likelihood", anchor=False)
st.markdown(
    "Turn it round: the outcomes are known, and the probability is to be found. Move p until what was seen is as "
    "probable as it can be."
)
controls = st.columns([4, 3, 3], vertical_alignment="bottom", gap="medium")
with controls[0]:
    st.segmented_control("What was seen", list(SEEN), format_func=SEEN.__getitem__, key=view.key("seen"), required=True)
with controls[1]:
    tries = st.slider("How many times it was tried", 1, 200, key=view.key("tries"))
if view["seen"] == "coin":
    if view["hits"] > tries:
        view.set(hits=tries)
    with controls[2]:
        hits = st.slider("Heads among them", 0, tries, key=view.key("hits"))
else:
    hits = probability.mice(tries)


def on_p() -> None:
    """The slider was let go: the view follows."""
    if (p := moved_p(BENCH)) is not None:
        view.set(p=p)


event = "heads" if view["seen"] == "coin" else "mouse"
likelihood_bench(hits, tries, event, p=view["p"], key=BENCH, on_p=on_p)
lesson.what_you_see(says.best_p(view["p"], hits, tries, event))

lesson.predict(
    PAGE,
    "You add one more token to a sentence, one that fits very well. Can the probability of the whole grow?",
    ["Yes, when the token fits well", "No, it can only stay or fall"],
    1,
    "Every factor is at most 1, and a product with it is never larger than before. So longer texts have smaller "
    "probabilities, and texts of different lengths are compared by the perplexity, an average a token.",
)
with st.expander("Go further", icon=":material/tune:"):
    says.show_bases()

lesson.the_code(
    PAGE,
    [
        "lmcore.probes.sequences:every_sequence", "lmcore.probes.chain:chain", "lmcore.probes.chain:running_products",
        "lmcore.probes.chain:surprise", "lmcore.probes.likelihood:log_likelihood",
    ],
    numbers.script(
        view["world"], view["length"], heads, loaded, typed, (corpus, len(passage)), judge, (first, second),
        (hits, tries, view["p"]),
    ),
)  # fmt: skip
lesson.the_numbers(
    PAGE,
    lambda: numbers.pick(
        {
            "All outcomes": lambda: numbers.outcomes(outcomes, view["world"]),
            "One factor a token": lambda: numbers.chained(tokens, unrolled),
            "A long text": lambda: numbers.long_text(read, long, (in_float32, long.products)),
            "Two sentences": lambda: numbers.two(spelled, paths),
            "Likelihood": lambda: numbers.curves(hits, tries),
        }
    ),
    note="Every picture of this page has its table.",
)  # fmt: skip
view.publish()
