"""From counts to probabilities: by hand on five sentences, against slow dictionaries, and against a known language."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.batches import Tokens
from lmcore.corpora import mouse
from lmcore.models import smoothing
from lmcore.models.ngram import NGram, NGramConfig, contexts
from lmcore.models.smoothing import SMOOTHINGS, Estimate
from lmcore.tokenizers import sentences
from tests.models.by_dictionary import Slow

MKN = "modified-kneser-ney"

# By hand ------------------------------------------------------------------------------------------------------------

LINES = b"""the cat saw the mouse
the mouse ate
a mouse ate the cat
a cat slept
the mouse slept
"""
WORDS, READ = sentences.read(LINES, 100)  # <s> <unk> </s> a ate cat mouse saw slept the


def five_lines(order: int) -> Estimate:
    return NGram(NGramConfig(len(WORDS), order, MKN)).fit(Tokens(READ.ids, READ.starts, separate=True)).estimate


def p(estimate: Estimate, text: str) -> float:
    """p of the last word after those before it and no others, as `dense` and as `probs` have it."""
    *context, word = [WORDS.index(w) for w in text.split()]
    estimate = replace(estimate, levels=estimate.levels[: len(context) + 1])
    columns = [np.array([token]) for token in context]
    found = float(estimate.probs(columns, np.array([word]))[0])
    assert estimate.dense(columns, 1)[0, word] == pytest.approx(found, rel=1e-12)
    return found


def counted(estimate: Estimate, order: int) -> dict[str, int]:
    table = estimate.levels[order - 1].table
    texts = [" ".join(WORDS[t] for t in gram) for gram in table.grams().tolist()]
    return dict(zip(texts, table.counts.tolist(), strict=True))


def gamma(estimate: Estimate, context: str) -> float:
    ids = [WORDS.index(w) for w in context.split()]
    level = estimate.levels[len(ids)]
    row = level.table.find(level.table.key([np.array([t]) for t in ids or (0,)]))[0]
    return float(level.gamma[row])


# What `lmplz --order n --discount_fallback` (KenLM, Heafield et al. 2013) says of the same five lines.
LMPLZ: dict[int, str] = {
    1: """
-1.146128 <unk>|-0.748188 </s>|-0.748188 the|-1.0211893 cat|-0.97003675 saw|-0.8635814 mouse|-1.1113659 ate
-1.1113659 a|-1.1113659 slept
""",
    2: """
-1.1883258 <unk>|-0.6764423 </s>|-0.82930374 the|-1.067282 cat|-0.9727259 saw|-1.067282 mouse|-0.9727259 ate
-0.9727259 a|-1.067282 slept|-0.5764676 cat </s>|-0.6362686 mouse </s>|-0.46948147 ate </s>|-0.26797253 slept </s>
-0.908485 <s> the|-0.27839628 saw the|-0.5163746 ate the|-0.62334985 the cat|-0.5689508 a cat|-0.6833912 cat saw
-1.1464633 the mouse|-0.5689508 a mouse|-0.5702984 mouse ate|-0.592777 <s> a|-0.7083416 cat slept
-0.7961978 mouse slept
""",
    3: """
-1.1883258 <unk>|-0.6764423 </s>|-0.82930374 the|-1.067282 cat|-0.9727259 saw|-1.067282 mouse|-0.9727259 ate
-0.9727259 a|-1.067282 slept|-0.5654459 cat </s>|-0.5731839 mouse </s>|-0.44937533 ate </s>|-0.48273692 slept </s>
-0.85617596 <s> the|-0.24103205 saw the|-0.48935568 ate the|-0.83032286 the cat|-0.5333932 a cat
-0.65776014 cat saw|-0.83032286 the mouse|-0.5333932 a mouse|-0.83305216 mouse ate|-0.7956288 <s> a
-0.67883515 cat slept|-0.73799413 mouse slept|-0.41341788 the cat </s>|-0.5225019 the mouse </s>
-0.3688993 mouse ate </s>|-0.17748839 cat slept </s>|-0.17748839 mouse slept </s>|-0.104004845 cat saw the
-0.38506374 mouse ate the|-0.6187637 <s> the cat|-0.24116342 ate the cat|-0.40185314 <s> a cat
-0.44375336 the cat saw|-0.39015618 <s> the mouse|-0.24116342 saw the mouse|-0.40185314 <s> a mouse
-0.6196003 the mouse ate|-0.24151392 a mouse ate|-0.21842743 a cat slept|-0.58825755 the mouse slept
""",
}
# The same program's backoff weights.
LMPLZ_WEIGHTS = {
    2: {"<s>": -0.079181254, "the": -0.079181254, "cat": -0.25527254, "mouse": -0.24454866, "slept": -0.23408322},
    3: {
        "<s>": -0.026872177, "the": -0.07058106, "cat": -0.30103, "mouse": -0.17069621, "slept": -0.07058106,
        "<s> the": -0.30103, "the mouse": -0.30103, "<s> a": -0.30103,
    },
}  # fmt: skip


@pytest.mark.parametrize("order", [1, 2, 3])
def test_five_lines_agree_with_kenlm(order: int) -> None:
    estimate = five_lines(order)
    for log10, text in (entry.split(" ", 1) for entry in LMPLZ[order].strip().replace("\n", "|").split("|")):
        assert math.log10(p(estimate, text)) == pytest.approx(float(log10), abs=1e-6), text
    for context, log10 in LMPLZ_WEIGHTS.get(order, {}).items():
        assert math.log10(gamma(estimate, context)) == pytest.approx(log10, abs=1e-6), context


def test_order_1_by_hand() -> None:
    estimate = five_lines(1)
    # The longest order counts as it is. 24 tokens: </s> 5, the 5, mouse 4, saw 1, a ate slept 2 each, cat 3
    assert counted(estimate, 1) == {"</s>": 5, "a": 2, "ate": 2, "cat": 3, "mouse": 4, "saw": 1, "slept": 2, "the": 5}
    # seen once: 1 word (saw), twice: 3 (a, ate, slept), three times: 1 (cat), four times: 1 (mouse)
    # Y = n1 / (n1 + 2 n2) = 1 / (1 + 6) = 1/7
    # D1 = 1 - 2 Y n2/n1 = 1 - 2/7 · 3 = 1/7;  D2 = 2 - 3 Y n3/n2 = 2 - 3/7 · 1/3 = 13/7;  D3 = 3 - 4 Y n4/n3 = 17/7
    D = (Fraction(1, 7), Fraction(13, 7), Fraction(17, 7))
    assert estimate.levels[0].discounts == pytest.approx([float(d) for d in D])
    assert not estimate.levels[0].stand_in
    # gamma = (1 · 1/7 + 3 · 13/7 + 4 · 17/7) / 24 = (108/7) / 24 = 9/14
    assert gamma(estimate, "") == pytest.approx(9 / 14)
    # 10 tokens in the vocabulary, 9 of them can come (not <s>): p(<unk>) = 9/14 · 1/9 = 1/14
    assert p(estimate, "<unk>") == pytest.approx(float(Fraction(1, 14)))
    # p(saw) = (1 - 1/7) / 24 + 1/14 = 1/28 + 1/14 = 3/28
    assert p(estimate, "saw") == pytest.approx(float(Fraction(3, 28)))
    # p(the) = (5 - 17/7) / 24 + 1/14 = 3/28 + 1/14 = 5/28
    assert p(estimate, "the") == pytest.approx(float(Fraction(5, 28)))


def test_order_2_by_hand() -> None:
    estimate = five_lines(2)
    # Below the longest order: in how many different company. "the" 5 times, but after <s>, saw and ate: 3.
    unigrams = {"</s>": 4, "a": 1, "ate": 1, "cat": 2, "mouse": 2, "saw": 1, "slept": 2, "the": 3}
    assert counted(estimate, 1) == unigrams
    # n1 = 3, n2 = 3, n3 = 1, n4 = 1: Y = 3/9 = 1/3
    # D1 = 1 - 2/3 · 3/3 = 1/3;  D2 = 2 - 3/3 · 1/3 = 5/3;  D3 = 3 - 4/3 · 1/1 = 5/3
    assert estimate.levels[0].discounts == pytest.approx([1 / 3, 5 / 3, 5 / 3])
    # gamma = (3 · 1/3 + 3 · 5/3 + 2 · 5/3) / 16 = (28/3) / 16 = 7/12, so p(<unk>) = 7/12 · 1/9 = 7/108
    assert p(estimate, "<unk>") == pytest.approx(7 / 108)
    # p(cat) = (2 - 5/3) / 16 + 7/108 = 1/48 + 7/108 = 37/432
    assert p(estimate, "cat") == pytest.approx(37 / 432)
    # Bigrams as they are: 11 once, 4 twice (<s> a, mouse ate, slept </s>, the cat), 2 three times... by the table:
    times = list(counted(estimate, 2).values())
    assert [times.count(r) for r in (1, 2, 3, 4)] == [10, 4, 2, 0]
    # Y = 10 / 18 = 5/9;  D1 = 1 - 10/9 · 4/10 = 5/9;  D2 = 2 - 15/9 · 2/4 = 7/6;  D3 = 3 - 0 = 3
    assert estimate.levels[1].discounts == pytest.approx([5 / 9, 7 / 6, 3])
    # after "the" came cat twice and mouse 3 times: gamma = (7/6 + 3) / 5 = 5/6
    assert gamma(estimate, "the") == pytest.approx(5 / 6)
    # p(cat | the) = (2 - 7/6) / 5 + 5/6 · 37/432 = 1/6 + 185/2592 = 617/2592
    assert p(estimate, "the cat") == pytest.approx(617 / 2592)
    # nothing is left of 3 - 3: p(mouse | the) = 0/5 + 5/6 · 37/432 = 185/2592
    assert p(estimate, "the mouse") == pytest.approx(185 / 2592)


def test_order_3_by_hand() -> None:
    estimate = five_lines(3)
    # Unigrams in company as at order 2, so p(<unk>) = 7/108 and p(cat) = p(mouse) = 37/432.
    assert p(estimate, "<unk>") == pytest.approx(7 / 108)
    assert p(estimate, "cat") == pytest.approx(37 / 432)
    # p(the) = (3 - 5/3) / 16 + 7/108 = 1/12 + 7/108 = 4/27;  p(</s>) = (4 - 5/3) / 16 + 7/108 = 7/48 + 7/108 = 91/432
    assert p(estimate, "the") == pytest.approx(4 / 27)
    assert p(estimate, "</s>") == pytest.approx(91 / 432)
    # Bigrams in company: "the mouse" came after <s> and saw: 2. What begins with <s> keeps its count: "<s> the" 3.
    bigrams = counted(estimate, 2)
    assert (bigrams["the mouse"], bigrams["the cat"], bigrams["<s> the"], bigrams["<s> a"]) == (2, 2, 3, 2)
    assert [list(bigrams.values()).count(r) for r in (1, 2, 3, 4)] == [10, 5, 1, 0]
    # Y = 10/20 = 1/2;  D1 = 1 - 1 · 5/10 = 1/2;  D2 = 2 - 3/2 · 1/5 = 17/10;  D3 = 3 - 0 = 3
    assert estimate.levels[1].discounts == pytest.approx([1 / 2, 17 / 10, 3])
    assert not estimate.levels[1].stand_in
    # after "the": cat 2, mouse 2; gamma = 2 · 17/10 / 4 = 17/20
    # p(cat | the) = (2 - 17/10) / 4 + 17/20 · 37/432 = 3/40 + 629/8640 = 1277/8640
    assert p(estimate, "the cat") == pytest.approx(1277 / 8640)
    # after <s>: a 2, the 3; gamma = (17/10 + 3) / 5 = 47/50; p(the | <s>) = (3 - 3) / 5 + 47/50 · 4/27 = 94/675
    assert gamma(estimate, "<s>") == pytest.approx(47 / 50)
    assert p(estimate, "<s> the") == pytest.approx(94 / 675)
    # Trigrams as they are: 17 once, 1 twice ("<s> the mouse"), none three times: 1/2, 1, 3/2 stand in.
    trigrams = list(counted(estimate, 3).values())
    assert [trigrams.count(r) for r in (1, 2, 3)] == [17, 1, 0]
    assert estimate.levels[2].stand_in
    assert estimate.levels[2].discounts == (0.5, 1.0, 1.5)
    # after "<s> the": cat 1, mouse 2; gamma = (1/2 + 1) / 3 = 1/2
    # p(cat | <s> the) = (1 - 1/2) / 3 + 1/2 · 1277/8640 = 1/6 + 1277/17280 = 4157/17280
    assert gamma(estimate, "<s> the") == pytest.approx(1 / 2)
    assert p(estimate, "<s> the cat") == pytest.approx(4157 / 17280)
    # p(mouse | <s> the) = (2 - 1) / 3 + 1/2 · 1277/8640 = 5760/17280 + 1277/17280 = 7037/17280
    assert p(estimate, "<s> the mouse") == pytest.approx(7037 / 17280)
    # "the saw" never came, so it is backed off to the word alone: 17/20 · p(saw) = 17/20 · 23/216
    assert p(estimate, "the saw") == pytest.approx(float(Fraction(17, 20) * Fraction(23, 216)))
    # after "saw a", never seen, nothing is taken and nothing known: p(cat | saw a) = p(cat | a)
    assert p(estimate, "saw a cat") == p(estimate, "a cat")
    # an unknown word after "<s> the": 1/2 · 17/20 · 7/108;  after an unknown word: as after nothing
    assert p(estimate, "<s> the <unk>") == pytest.approx(0.5 * 17 / 20 * 7 / 108)
    assert p(estimate, "the <unk> cat") == pytest.approx(37 / 432)


# Against dictionaries -----------------------------------------------------------------------------------------------

SMALL_V = 6


def separate(lines: list[list[int]]) -> Tokens:
    lengths = np.array([len(line) for line in lines])
    ids = np.array([token for line in lines for token in line], np.int32)
    return Tokens(ids, np.cumsum(lengths) - lengths, separate=True)


lines_of_ids = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=7), min_size=1, max_size=9)


@pytest.mark.parametrize("name", SMOOTHINGS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(lines_of_ids, st.integers(1, 5), st.data())
def test_every_smoothing_is_its_formula(name: str, lines: list[list[int]], order: int, data: st.DataObject) -> None:
    k = 0.25 if name == "add-k" else 0.0
    model = NGram(NGramConfig(SMALL_V, order, name, k)).fit(separate(lines))
    slow = Slow(lines, SMALL_V, order, name, Fraction(k), model.weights.tolist())
    text = data.draw(st.sampled_from(lines) | st.lists(st.integers(1, SMALL_V - 1), max_size=6))
    rows = np.exp(model.log_probs(text).astype(np.float64))
    for t in range(len(text) + 1):
        context = tuple(text[max(0, t - order + 1) : t])
        expected = [float(slow.p(word, context)) for word in range(1, SMALL_V)]
        np.testing.assert_allclose(rows[t, 1:], expected, rtol=2e-6, atol=1e-12)
    if "discount" in name or "kneser" in name:
        for level, D in zip(model.estimate.levels, slow.discounts, strict=True):
            assert level.discounts == pytest.approx([float(d) for d in D])


# Against a language that is known -----------------------------------------------------------------------------------


def known() -> tuple[Tokens, np.ndarray, list[str], float]:
    """Every sentence of the mouse, its probability, the vocabulary, and the language's entropy in nats."""
    listed = mouse.enumerate_sentences()
    words, read = sentences.read("\n".join(" ".join(words) for words, _ in listed).encode(), 100)
    probs = np.array([float(p) for _, p in listed])
    return Tokens(read.ids, read.starts, separate=True), probs, words, float(-(probs * np.log(probs)).sum())


def cross_entropy(model: NGram, text: Tokens, probs: np.ndarray) -> float:
    """- Σ p(s) ln q(s) over all sentences: nats a sentence."""
    with np.errstate(divide="ignore"):
        logs = np.log(model.estimate.probs(contexts(text, model.config.order), text.ids))
    return float(-(probs * np.add.reduceat(logs, text.starts)).sum())


def told(n: int, words: list[str], seed: int = 3) -> Tokens:
    read = sentences.encode(mouse.generate(n, seed).encode(), words)
    return Tokens(read.ids, read.starts, separate=True)


# Stupid backoff is left out: its rows sum to more than 1, so it may promise every sentence more than the language has.
@pytest.mark.parametrize("name", [name for name in SMOOTHINGS if name != "stupid-backoff"])
@pytest.mark.parametrize("n", [30, 3000])
def test_no_estimate_beats_the_language_itself(name: str, n: int) -> None:
    text, probs, words, entropy = known()
    counted_text = told(n, words)
    found = [
        cross_entropy(NGram(NGramConfig(len(words), order, name)).fit(counted_text), text, probs)
        for order in range(1, 6)
    ]
    assert min(found) >= entropy
    if name != "mle":  # which makes what it never saw impossible
        assert max(found) < math.inf
    if name != "mle" and n == 3000:
        assert found[2] < found[1] < found[0]  # three words tell more than two, two more than one


def test_with_more_sentences_it_comes_near_what_five_words_can_tell() -> None:
    text, probs, words, entropy = known()
    # The best that any model of order 5 can do: its exact probabilities, the words weighted as the language says them.
    columns = contexts(text, 5)
    of_sentence = np.repeat(np.arange(probs.size), np.diff(np.append(text.starts, text.ids.size)))
    share: dict[tuple[int, ...], float] = {}
    for *gram, sentence in zip(*(c.tolist() for c in columns), text.ids.tolist(), of_sentence.tolist(), strict=True):
        for key in (tuple(gram), (*gram[:-1], -1)):
            share[key] = share.get(key, 0.0) + float(probs[sentence])
    best = -sum(q * math.log(q / share[*gram[:-1], -1]) for gram, q in share.items() if gram[-1] >= 0)
    assert entropy < best < entropy + 0.2  # what stands more than four words back is lost
    found = [
        cross_entropy(NGram(NGramConfig(len(words), 5, MKN)).fit(told(n, words)), text, probs)
        for n in (100, 1_000, 10_000)
    ]
    gaps = [value - best for value in found]
    assert all(later < earlier / 3 for earlier, later in pairwise(gaps)), gaps
    assert 0 < gaps[-1] < 0.05


# Jelinek-Mercer -----------------------------------------------------------------------------------------------------


def likelihood(weights: np.ndarray, shares: np.ndarray, seen: np.ndarray, uniform: float) -> float:
    total = 0.0
    for row, there in zip(shares.tolist(), seen.tolist(), strict=True):
        p = uniform
        for weight, share, was_seen in zip(weights.tolist(), row, there, strict=True):
            p = weight * share + (1 - weight) * p if was_seen else p
        total += math.log(p)
    return total


def test_the_share_of_one_order_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two held-out tokens, one that the counts gave 1 and one that they gave 0; 4 tokens, so uniform is 1/4.
    shares, seen = np.array([[1.0], [0.0]]), np.ones((2, 1), dtype=bool)
    # likelihood (λ + (1 - λ)/4) · (1 - λ)/4: its derivative is 0 where 3/4 (1 - λ) = λ + (1 - λ)/4, so λ = 1/3
    assert smoothing.learn_weights(shares, seen, 0.25) == pytest.approx([1 / 3], abs=1e-3)
    # One round from 1/2: the first token came from the counts with (1/2) / (1/2 + 1/8) = 4/5, the second never: 2/5
    monkeypatch.setattr(smoothing, "ROUNDS", 1)
    assert smoothing.learn_weights(shares, seen, 0.25) == pytest.approx([2 / 5])
    # A context never seen is no evidence: a third token changes nothing
    shares, seen = np.vstack([shares, [[0.0]]]), np.vstack([seen, [[False]]])
    assert smoothing.learn_weights(shares, seen, 0.25) == pytest.approx([2 / 5])


def test_two_orders_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # One held-out token: the bigrams gave it 1/2, the unigrams 1/4, uniform 1/8; both shares begin at 1/2.
    # p1 = 1/2 · 1/4 + 1/2 · 1/8 = 3/16;  p2 = 1/2 · 1/2 + 1/2 · 3/16 = 11/32
    # from the bigrams with (1/4) / (11/32) = 8/11; if not (3/11), from the unigrams with (1/8) / (3/16) = 2/3
    monkeypatch.setattr(smoothing, "ROUNDS", 1)
    found = smoothing.learn_weights(np.array([[1 / 4, 1 / 2]]), np.ones((1, 2), dtype=bool), 1 / 8)
    assert found == pytest.approx([2 / 3, 8 / 11])


def test_the_held_out_text_never_becomes_less_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    shares = rng.random((200, 4)) * (rng.random((200, 4)) < 0.6)
    seen = rng.random((200, 4)) < 0.8
    shares[~seen] = 0
    found = []
    for rounds in range(40):
        monkeypatch.setattr(smoothing, "ROUNDS", rounds)
        found.append(likelihood(smoothing.learn_weights(shares, seen, 0.01), shares, seen, 0.01))
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(found))
    assert found[-1] > found[0] + 1
    monkeypatch.setattr(smoothing, "ROUNDS", 500)
    monkeypatch.setattr(smoothing, "SETTLED", 0.0)
    best = smoothing.learn_weights(shares, seen, 0.01)
    for j in range(4):  # and no single share can be moved for the better
        for step in (-0.02, 0.02):
            other = best.copy()
            other[j] = np.clip(other[j] + step, 1e-6, 1 - 1e-6)
            assert likelihood(other, shares, seen, 0.01) <= likelihood(best, shares, seen, 0.01) + 1e-9


def test_shares_are_learnt_on_text_that_was_not_counted() -> None:
    # A text that never repeats but in its words: the pairs seen before say nothing of those to come
    rng = np.random.default_rng(1)
    text = Tokens(rng.integers(1, 40, 3000).astype(np.int32), np.array([0]))
    random = NGram(NGramConfig(40, 3, "jelinek-mercer")).fit(text)
    assert random.weights[2] < 0.1
    often = Tokens(np.tile(np.arange(1, 40, dtype=np.int32), 80), np.array([0]))
    sure = NGram(NGramConfig(40, 3, "jelinek-mercer")).fit(often).weights
    assert sure[2] + (1 - sure[2]) * sure[1] > 0.99  # one word back tells as much as two: they divide it
