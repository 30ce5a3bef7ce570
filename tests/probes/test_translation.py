"""chrF and BLEU as sacrebleu has them, beside the same computed by hand."""

from __future__ import annotations

import math
from collections import Counter

import nltk.translate.bleu_score as nltk_bleu
import pytest

from lmcore.probes import translation


def test_chrf_by_hand():
    """ "abc" for "abd": of the letters 2 of 3 are right, of the pairs 1 of 2, of the triples none of 1; the longer
    runs are in neither. F with beta 2 of equal precision and recall is that same number, averaged over the orders.
    """
    assert translation.chrf(["abc"], ["abd"]) == pytest.approx(100 * (2 / 3 + 1 / 2 + 0) / 3)
    assert translation.chrf_of("abc", "abd") == pytest.approx(100 * (2 / 3 + 1 / 2 + 0) / 3)


def test_chrf_weighs_recall_twice():
    """ "ab" for "abcd": of the letters precision 1, recall 1/2, of the pairs 1 and 1/3; "ab" has no longer runs. Over
    the two orders that is 1 and 5/12, and F = (1 + 2²) · 1 · 5/12 / (2² · 1 + 5/12).
    """
    assert translation.chrf(["ab"], ["abcd"]) == pytest.approx(100 * 5 * (5 / 12) / (4 + 5 / 12))


def test_bleu_by_hand():
    """Of 9 words 7 are right, of the pairs 5 of 8, of the triples 4 of 7, of the runs of four 3 of 6."""
    found, target = "le petit chat noir dort sur le lit rouge", "le petit chat noir dort sur la table rouge"
    precisions = []
    for n in (1, 2, 3, 4):
        runs = [Counter(zip(*(text.split()[i:] for i in range(n)), strict=False)) for text in (found, target)]
        precisions.append(sum((runs[0] & runs[1]).values()) / sum(runs[0].values()))
    assert precisions == [7 / 9, 5 / 8, 4 / 7, 3 / 6]
    by_hand = math.exp(sum(math.log(p) for p in precisions) / 4)  # equally long: no brevity penalty
    assert translation.bleu([found], [target]) == pytest.approx(100 * by_hand)
    assert nltk_bleu.corpus_bleu([[target.split()]], [found.split()]) == pytest.approx(by_hand)


def test_a_corpus_that_is_right():
    scores = translation.scores(["Le chat dort ici ce soir.", "Qu'est-ce qu'il mange ?"] * 2,
                                ["Le chat dort ici ce soir.", "Qu'est-ce qu'il mange ?"] * 2)  # fmt: skip
    assert (scores.n, scores.exact) == (4, 1)
    assert scores.chrf == pytest.approx(100)
    assert scores.bleu == pytest.approx(100)


def test_exact_is_to_the_letter():
    assert translation.exact(["Oui.", "oui.", "Oui"], ["Oui."] * 3) == pytest.approx(1 / 3)


def test_any_script_and_nothing_at_all():
    scores = translation.scores(["", "שלום", "<b>🙂</b>"], ["x", "שלום", "y"])
    assert 0 <= scores.chrf <= 100
    assert 0 <= scores.bleu <= 100


@pytest.mark.parametrize(("found", "targets"), [([], []), (["a"], []), (["a"], ["a", "b"])])
def test_nonsense_is_refused(found, targets):
    with pytest.raises(ValueError, match="translations"):
        translation.scores(found, targets)
